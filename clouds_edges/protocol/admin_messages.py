"""The messages of an operator's connection, version 3.

It greets as an admin, with the token of the operator or of a player who has the role, and is told
`OperatorWelcome`. Then it says `Ask`, and gets one `Answered` with the same id; several may be
under way at once.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Discriminator

from clouds_edges.protocol.admin import Question
from clouds_edges.protocol.admin_answers import Answer
from clouds_edges.protocol.messages import Id, Refused


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Ask(_Message):
    """A question of an operator; the answer comes under the same id."""

    kind: Literal["ask"] = "ask"
    id: Id
    question: Annotated[Question, Discriminator("kind")]


class OperatorWelcome(_Message):
    """The greeting is accepted, and this connection may ask."""

    kind: Literal["operator_welcome"] = "operator_welcome"
    protocol: int
    server: str


class Answered(_Message):
    """The answer to a question."""

    kind: Literal["answered"] = "answered"
    id: Id
    answer: Annotated[Answer, Discriminator("kind")]


OperatorServerMessage: TypeAlias = OperatorWelcome | Answered | Refused
"""What a server says to an operator; `Refused` of a greeting, or of what is no question."""

"""Text frames to messages and back."""

from __future__ import annotations

import json
from typing import Annotated, Any, Final, TypeVar

from pydantic import Discriminator, TypeAdapter, ValidationError
from pydantic_core import from_json

from clouds_edges.eventsourcing.decider import CommandId
from clouds_edges.protocol.admin_messages import Ask, OperatorServerMessage
from clouds_edges.protocol.messages import LONGEST_ID, ClientMessage, ServerMessage

_CLIENT: Final[TypeAdapter[ClientMessage]] = TypeAdapter(
    Annotated[ClientMessage, Discriminator("kind")]
)
_SERVER: Final[TypeAdapter[ServerMessage]] = TypeAdapter(
    Annotated[ServerMessage, Discriminator("kind")]
)
_ASK: Final[TypeAdapter[Ask]] = TypeAdapter(Ask)
_OPERATOR_SERVER: Final[TypeAdapter[OperatorServerMessage]] = TypeAdapter(
    Annotated[OperatorServerMessage, Discriminator("kind")]
)

M = TypeVar("M")


class MalformedFrame(ValueError):
    """A frame that is no message: no JSON, an unknown kind, a field too many or a wrong value.

    `id` is the id of the order it may have been meant as, or None.
    """

    def __init__(self, reason: str, command_id: CommandId | None = None) -> None:
        super().__init__(reason)
        self.id = command_id


class OperatorsOnly(MalformedFrame):
    """A frame asks, on a connection of a player, what only an operator may ask."""


def parse_client_frame(frame: str | bytes) -> ClientMessage:
    """Read what a client sent.

    Raises:
        OperatorsOnly: It is a question of an operator; nothing more of it was read.
        MalformedFrame: With the first thing that is wrong, and where.
    """
    try:
        return _parse_strictly(_CLIENT, frame)
    except MalformedFrame as error:
        if _kind_in(frame) != Ask.model_fields["kind"].default:
            raise
        message = "only the operator of this server may ask that"
        raise OperatorsOnly(message, error.id) from error


def parse_question_frame(frame: str | bytes) -> Ask:
    """Read what an operator sent after the greeting.

    Raises:
        MalformedFrame: With the first thing that is wrong, and where.
    """
    return _parse_strictly(_ASK, frame)


def parse_server_frame(frame: str | bytes) -> ServerMessage:
    """Read what a server sent.

    Raises:
        MalformedFrame: With the first thing that is wrong, and where.
    """
    return _parse(_SERVER, _text(frame))


def parse_answer_frame(frame: str | bytes) -> OperatorServerMessage:
    """Read what a server sent to an operator.

    Raises:
        MalformedFrame: With the first thing that is wrong, and where.
    """
    return _parse(_OPERATOR_SERVER, _text(frame))


def format_frame(message: ClientMessage | ServerMessage | Ask | OperatorServerMessage) -> str:
    """Write a message as one text frame of JSON."""
    return message.model_dump_json()


def json_schemas() -> dict[str, dict[str, Any]]:
    """The JSON Schema of everything a client, an operator and a server may say."""
    return {
        "client": _CLIENT.json_schema(),
        "server": _SERVER.json_schema(),
        "operator": _ASK.json_schema(),
        "server_to_operator": _OPERATOR_SERVER.json_schema(),
    }


def _parse_strictly(adapter: TypeAdapter[M], frame: str | bytes) -> M:
    """Read a frame in which no key is said twice: two readers could take different ones for true.

    RFC 8259 section 4 leaves open which of them counts, so the id of such a frame does not either.
    """
    text = _text(frame)
    parsed = _parse(adapter, text)
    try:
        _KEYS.decode(text)
    except ValueError as error:
        raise MalformedFrame(str(error)) from error
    return parsed


def _parse(adapter: TypeAdapter[M], text: str) -> M:
    try:
        return adapter.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "frame"
        message = f"{where}: {first['msg']}"
        raise MalformedFrame(message, _id_in(text)) from error


def _text(frame: str | bytes) -> str:
    if isinstance(frame, bytes):
        message = "frame: messages are text, this is binary"
        raise MalformedFrame(message)
    return frame


def _id_in(frame: str) -> CommandId | None:
    match _value_of(frame):
        case {"id": str(command_id)} if 0 < len(command_id) <= LONGEST_ID:
            return CommandId(command_id)
        case _:
            return None


def _kind_in(frame: str | bytes) -> object:
    match _value_of(frame):
        case {"kind": kind}:
            return kind
        case _:
            return None


def _value_of(frame: str | bytes) -> object:
    """The JSON value, or None for what is none."""
    try:
        return from_json(frame)
    except ValueError:
        return None


def _check_keys(pairs: list[tuple[str, object]]) -> None:
    if len(dict(pairs)) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        message = f"{twice}: this key is there twice"
        raise ValueError(message)


_KEYS: Final = json.JSONDecoder(object_pairs_hook=_check_keys)

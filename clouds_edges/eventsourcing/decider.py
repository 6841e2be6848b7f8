"""The pure core: a decider turns a command and a state into events, and events into a state.

This, `personal` and `text_form` are all that a domain may import of the package. The shape is
Jérémie Chassaing's "Functional Event Sourcing Decider" (2021).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, ClassVar, Generic, NewType, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

StreamName = NewType("StreamName", str)
"""A category, and behind a slash which one of them: `game/k3v9…`; one aggregate's events."""

CommandId = NewType("CommandId", str)
"""Chosen by who gives the command; a repeat with the same id has no second effect."""

C = TypeVar("C")
C_co = TypeVar("C_co", covariant=True)
E = TypeVar("E")
S = TypeVar("S")


class Actor(Protocol):
    """Whoever gives a command: a person, a bot, a process."""

    @property
    def id(self) -> str:
        """What the events are signed with."""


A = TypeVar("A", bound=Actor)
A_co = TypeVar("A_co", bound=Actor, covariant=True)


@dataclass(frozen=True, slots=True)
class Issued(Generic[C_co, A_co]):
    """A command as it was given: by whom, when, and with which dice.

    The world is in here so that `decide` needs none: `at` is aware and in UTC, `seed` is 128
    random bits from which a decision draws whatever it leaves to chance.
    """

    command: C_co
    by: A_co
    at: datetime
    id: CommandId
    seed: int = 0
    cause: str | None = None
    """The event that led to this command, as `stream@version`; None for a person's own wish."""


class Refused(Exception):
    """The state forbids the command. One subclass a reason; nothing is recorded."""

    code: ClassVar[str] = "refused"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Decider(Generic[C, A, E, S]):
    """One kind of aggregate.

    `decide` returns what happens, or raises `Refused`; it changes nothing. `evolve` applies what
    has happened; it never fails and never decides. `initial` is the state before the first event.
    """

    initial: S
    decide: Callable[[Issued[C, A], S], Sequence[E]]
    evolve: Callable[[S, E], S]

    def fold(self, events: Iterable[E], state: S | None = None) -> S:
        """The state after these events, from `initial` or from a state reached before."""
        return reduce(self.evolve, events, self.initial if state is None else state)

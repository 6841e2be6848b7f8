"""A lamp: the smallest domain that has something to decide."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal, TypeAlias

from clouds_edges.eventsourcing.codec import Codec
from clouds_edges.eventsourcing.decider import CommandId, Decider, Issued, Refused, StreamName
from clouds_edges.eventsourcing.store import Append, digest

NOON: Final = datetime(2026, 7, 1, 12, 0, 0, 123_456, tzinfo=UTC)
HALL: Final = StreamName("lamp/hall")
ATTIC: Final = StreamName("lamp/attic")


@dataclass(frozen=True, slots=True)
class Somebody:
    id: str


ANN: Final = Somebody("ann")
BOB: Final = Somebody("bob")


@dataclass(frozen=True, slots=True)
class Switch:
    """Turn the lamp on or off; refused when it is so already."""

    on: bool
    kind: Literal["switch"] = "switch"


@dataclass(frozen=True, slots=True)
class Flash:
    """Turn the lamp on and off again: two events, or none."""

    kind: Literal["flash"] = "flash"


@dataclass(frozen=True, slots=True)
class Look:
    """Ask for nothing."""

    kind: Literal["look"] = "look"


@dataclass(frozen=True, slots=True)
class TurnedOn:
    kind: Literal["turned_on"] = "turned_on"


@dataclass(frozen=True, slots=True)
class TurnedOff:
    kind: Literal["turned_off"] = "turned_off"


@dataclass(frozen=True, slots=True)
class Labelled:
    label: str
    rooms: tuple[str, ...] = ()
    kind: Literal["labelled"] = "labelled"


Command: TypeAlias = Switch | Flash | Look
Event: TypeAlias = TurnedOn | TurnedOff | Labelled

CODEC: Final[Codec[Event]] = Codec(Event)


class NothingToDo(Refused):
    """The lamp is on, or off, already."""

    code = "nothing_to_do"


@dataclass(frozen=True, slots=True)
class Lamp:
    on: bool = False
    switched: int = 0


def decide(issued: Issued[Command, Somebody], lamp: Lamp) -> list[Event]:
    match issued.command:
        case Switch(on):
            if on == lamp.on:
                message = "the lamp is so already"
                raise NothingToDo(message)
            return [TurnedOn() if on else TurnedOff()]
        case Flash():
            return [TurnedOff(), TurnedOn()] if lamp.on else [TurnedOn(), TurnedOff()]
        case Look():
            return []


def evolve(lamp: Lamp, event: Event) -> Lamp:
    match event:
        case TurnedOn():
            return Lamp(on=True, switched=lamp.switched + 1)
        case TurnedOff():
            return Lamp(on=False, switched=lamp.switched + 1)
        case Labelled():
            return lamp


LAMP_DECIDER: Final[Decider[Command, Somebody, Event, Lamp]] = Decider(
    initial=Lamp(), decide=decide, evolve=evolve
)


def issued(command: Command, command_id: str, by: Somebody = ANN) -> Issued[Command, Somebody]:
    return Issued(command, by, NOON, CommandId(command_id))


def to_append(  # noqa: PLR0913 - an append has as many parts
    *events: Event,
    stream: StreamName = HALL,
    after: int = 0,
    by: Somebody = ANN,
    command_id: str = "first",
    body: object = "",
    at: datetime = NOON,
    cause: str | None = None,
) -> Append[Event]:
    """An append of these events; all that a test does not name is the same for all."""
    return Append(
        stream, after, events, by.id, CommandId(command_id), digest(stream, body), at, cause
    )

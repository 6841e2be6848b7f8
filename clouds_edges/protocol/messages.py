"""The messages, version 3: what a client may say, and what a server answers and tells.

A client greets first (`Hello`), then gives orders and watches streams. Every order gets one
answer: `Accepted`, `Duplicate` or `Refused`. What happens reaches every watcher as `Happened`,
in the order of the log and without a gap; a lobby is first shown whole, as `LobbyIs`. Whether
the server takes orders at all is told to everybody, as `FrozenIs`, and who was forgotten, as
`ForgottenAre`.

Whatever the server says of a stream at a version comes with the head of its chain there: that is
a receipt. A client shows its receipts when it comes back (`CheckReceipts`, `Watch.head`), and is
told by `HistoryDiffers` when the server does not have what it said before.
"""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum
from typing import Annotated, Final, Literal, TypeAlias

from annotated_types import Ge, Le, MaxLen
from pydantic import BaseModel, ConfigDict, Discriminator, Field, StringConstraints

from clouds_edges.domain.actors import Player
from clouds_edges.domain.game import commands as game_commands
from clouds_edges.domain.game import events as game_events
from clouds_edges.domain.ids import PlayerId
from clouds_edges.domain.lobby import commands as lobby_commands
from clouds_edges.domain.lobby import events as lobby_events
from clouds_edges.domain.lobby.state import Lobby
from clouds_edges.domain.players import commands as players_commands
from clouds_edges.domain.players import events as players_events
from clouds_edges.eventsourcing.decider import CommandId, StreamName

PROTOCOL_VERSION: Final = 3

LARGEST_GREETING: Final = 4 * 1024
"""Bytes a client may send in one frame before it is known."""
LARGEST_FRAME: Final = 16 * 1024
"""Bytes a client may send in one frame after the greeting."""

LONGEST_ID: Final = 64
MOST_RECEIPTS: Final = 32
"""Receipts in one frame: with the longest names that streams may have they fit."""
LARGEST_VERSION: Final = 2**63 - 1
_LARGEST_PROTOCOL: Final = 1_000_000
"""So that the number fits where the server names it: a close reason has 123 bytes."""


class CloseCode(IntEnum):
    """Why the server ends a connection; below 4000 in the meaning of IANA's registry of them."""

    STOPPING = 1001
    FAILED = 1011
    TOO_MANY = 1013
    UPDATE_NEEDED = 4001
    NO_GREETING = 4002
    TOO_SLOW = 4003
    TOO_MANY_MISTAKES = 4004
    FORGOTTEN = 4005
    REVOKED = 4006


Token: TypeAlias = Annotated[str, StringConstraints(max_length=128)]
"""The secret of a client, or of the operator."""
Stream: TypeAlias = Annotated[StreamName, StringConstraints(min_length=1, max_length=LONGEST_ID)]
Id: TypeAlias = Annotated[CommandId, StringConstraints(min_length=1, max_length=LONGEST_ID)]
Head: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""The hash of a stream's event, which stands for everything up to it."""
DeviceId: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}$")]
"""A device of a player, that is, a token, of which this says nothing."""
Command: TypeAlias = Annotated[
    game_commands.PublicCommand | lobby_commands.PublicCommand | players_commands.PublicCommand,
    Discriminator("kind"),
]
Event: TypeAlias = Annotated[
    game_events.Event | lobby_events.Event | players_events.Event, Discriminator("kind")
]


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _is_none(value: object) -> bool:
    return value is None


def _is_player(role: object) -> bool:
    return role == "player"


def _is_empty(text: object) -> bool:
    return not text


class Hello(_Message):
    """The first frame. The token is the client's own secret; `name` signs a new player up.

    A `code` lets a new token in as one more device of the player who was given it; `device` is
    what this one is called in the player's list.
    With the `role` of an admin a connection does not play, but looks after the server; see
    `admin_messages`.
    """

    kind: Literal["hello"] = "hello"
    protocol: Annotated[int, Ge(0), Le(_LARGEST_PROTOCOL)]
    token: Token
    name: Annotated[str, StringConstraints(max_length=200)] | None = None
    client: Annotated[str, StringConstraints(max_length=64)] = ""
    role: Literal["player", "admin"] = Field(default="player", exclude_if=_is_player)
    device: Annotated[str, StringConstraints(max_length=64)] = Field(
        default="", exclude_if=_is_empty
    )
    code: Annotated[str, StringConstraints(max_length=16)] | None = Field(
        default=None, exclude_if=_is_none
    )


class GiveOrder(_Message):
    """A command to one aggregate; sent again with the same id it has no second effect."""

    kind: Literal["give_order"] = "give_order"
    id: Id
    stream: Stream
    command: Command


class Watch(_Message):
    """Tell me what has happened in this stream since version `after`, and from now on.

    `head` is what the stream's chain had reached there; if it had not, `HistoryDiffers` is all
    the answer there is.
    """

    kind: Literal["watch"] = "watch"
    stream: Stream
    after: Annotated[int, Ge(0)] = 0
    head: Head | None = Field(default=None, exclude_if=_is_none)


class Unwatch(_Message):
    """Tell me no more of this stream."""

    kind: Literal["unwatch"] = "unwatch"
    stream: Stream


class Receipt(_Message):
    """What the server has said: this stream's chain had this head at this version."""

    stream: Stream
    version: Annotated[int, Ge(1), Le(LARGEST_VERSION)]
    head: Head


class CheckReceipts(_Message):
    """Say so if you do not have this any more; a `HistoryDiffers` for each that differs."""

    kind: Literal["check_receipts"] = "check_receipts"
    receipts: Annotated[tuple[Receipt, ...], MaxLen(MOST_RECEIPTS)]


class AskRecord(_Message):
    """How have I done so far?"""

    kind: Literal["ask_record"] = "ask_record"


class AskDevices(_Message):
    """On which devices am I signed up?"""

    kind: Literal["ask_devices"] = "ask_devices"


class AskDeviceCode(_Message):
    """Let me sign up one more device: a `DeviceCodeIs` answers."""

    kind: Literal["ask_device_code"] = "ask_device_code"


class RevokeDevice(_Message):
    """Let nobody in any more with the token of this device of mine; `DevicesAre` answers.

    Its connections end. To sign out is to revoke the device that one is at.
    """

    kind: Literal["revoke_device"] = "revoke_device"
    device: DeviceId


DeviceWish: TypeAlias = AskDevices | AskDeviceCode | RevokeDevice
"""What a player asks about their devices."""


class Welcome(_Message):
    """The greeting is accepted; `player` is who the token belongs to.

    `now` is the server's time, by which the clocks of games run.
    """

    kind: Literal["welcome"] = "welcome"
    protocol: int
    server: str
    player: Player
    now: datetime | None = None


class Accepted(_Message):
    """The order took effect and is on disk: the stream is at `version`, its chain at `head`."""

    kind: Literal["accepted"] = "accepted"
    id: Id
    stream: Stream
    version: int
    head: str


class Duplicate(_Message):
    """The order took effect before; this is its first answer."""

    kind: Literal["duplicate"] = "duplicate"
    id: Id
    stream: Stream
    version: int
    head: str


class Refused(_Message):
    """The order had no effect; after trouble with the store, its repeat tells whether it had one.

    `id` is None when this does not answer an order, or the frame had none that could be read.
    """

    kind: Literal["refused"] = "refused"
    id: Id | None
    code: str
    sentence: str
    version: int | None = None


class Told(_Message):
    """One event as watchers see it."""

    version: int
    at: datetime
    by: str
    event: Event


class Happened(_Message):
    """Events of one stream in order; the stream is at `version` after them.

    Without events it says that the watcher has missed nothing up to `version`. `head` is what
    the chain of a game has reached there; it is None where not everybody may see everything,
    because a hash lets who knows the rest of an event try out what is kept from them.
    """

    kind: Literal["happened"] = "happened"
    stream: Stream
    version: int
    events: tuple[Told, ...]
    head: str | None = Field(default=None, exclude_if=_is_none)


class HistoryDiffers(_Message):
    """The stream is not what the client was told before: it lost events, or has others.

    `receipt` is what the client has shown, `version` is where the stream is now. A wish to watch
    from where it differs is not granted.
    """

    kind: Literal["history_differs"] = "history_differs"
    receipt: Receipt
    version: int
    sentence: str


class LobbyIs(_Message):
    """A whole lobby at one version; what happens afterwards follows as events."""

    kind: Literal["lobby_is"] = "lobby_is"
    stream: Stream
    version: int
    lobby: Lobby


class FrozenIs(_Message):
    """Whether the server is frozen, and since when it is so; None is no reason: it goes on.

    Told after the greeting while it is frozen, and to everybody when that changes. Nothing is
    recorded in between, and no clock runs.
    """

    kind: Literal["frozen_is"] = "frozen_is"
    reason: str | None
    since: datetime


class ForgottenAre(_Message):
    """These players were forgotten: nobody is to show any more what they were called.

    Told to everybody when it happens, and before a lobby or a game in which they sit. The name
    in its place is "forgotten " and the first twelve characters of the id.
    """

    kind: Literal["forgotten_are"] = "forgotten_are"
    players: tuple[PlayerId, ...]


class RecordIs(_Message):
    """The finished games of the player who asked."""

    kind: Literal["record_is"] = "record_is"
    played: int
    won: int
    drawn: int
    lost: int
    boxes: int


class DeviceRow(_Message):
    """A device: since when it is signed up, and when it was here last, to the hour."""

    id: DeviceId
    name: str
    since: datetime | None
    seen: datetime | None
    is_this: bool


class DevicesAre(_Message):
    """The devices of the player who asked, in the order in which they came."""

    kind: Literal["devices_are"] = "devices_are"
    devices: tuple[DeviceRow, ...]


class DeviceCodeIs(_Message):
    """A code for one more device of the player who asked: good once, and until then."""

    kind: Literal["device_code_is"] = "device_code_is"
    code: str
    until: datetime


ClientMessage: TypeAlias = (
    Hello | GiveOrder | Watch | Unwatch | CheckReceipts | AskRecord | DeviceWish
)
ServerMessage: TypeAlias = (
    Welcome
    | Accepted
    | Duplicate
    | Refused
    | Happened
    | HistoryDiffers
    | LobbyIs
    | FrozenIs
    | ForgottenAre
    | RecordIs
    | DevicesAre
    | DeviceCodeIs
)

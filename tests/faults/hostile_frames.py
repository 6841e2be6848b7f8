"""What a client makes of a server that says what cannot be: golden frames, changed by chance."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from clouds_edges.client.app import CloudsEdgesApp
from clouds_edges.client.connection import Connection
from clouds_edges.client.place import Place
from clouds_edges.domain.actors import Player, Seat
from clouds_edges.domain.game.events import GameStarted
from clouds_edges.domain.ids import MAIN_LOBBY
from clouds_edges.domain.lobby.events import SeatsFilled
from clouds_edges.domain.lobby.state import Lobby, Table
from clouds_edges.eventsourcing.decider import CommandId, StreamName
from clouds_edges.protocol.frames import format_frame, parse_client_frame
from clouds_edges.protocol.messages import (
    PROTOCOL_VERSION,
    CloseCode,
    Event,
    Happened,
    Hello,
    LobbyIs,
    Told,
    Watch,
    Welcome,
)
from tests.faults.hostile_text import HOSTILE
from tests.protocol.messages import ANN, AT, BOARD, BOB, GAME, GAME_STREAM, HEAD

PATIENCE: Final = 20.0
FOLLOWED: Final = "that was all"
"""What a client ends with that has followed everything."""
_GOLDEN: Final = Path(__file__).parents[1] / "golden" / "frames" / "server"
_NUMBERS: Final = (-1, 0, 1, 2, 3, 7, 99, 2**31, 2**63, -(10**30))
_TEXTS: Final = (
    *HOSTILE,
    *("", " ", "quit", "a1h", "b3h", "c9v", "z99h", "x" * 300, "lobby/main", GAME_STREAM),
    *(ANN.id, BOB.id, GAME, "PT0S", "-P1D", "P999999999D", "resigned", "time_ran_out"),
    *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2026-01-01T00:00:00"),
)
_SEATS: Final = (Seat(ANN), Seat(BOB))
_TABLE: Final = Table(GAME, BOARD, 2, private=False, invite=None, taken=_SEATS)
_OF_LOBBY: Final = ("game_opened", "seat", "game_c", "game_expired")


async def told(seed: int, frames: int) -> str | None:
    """The sentence with which a client ends that is told these many frames."""
    dice = random.Random(seed)  # noqa: S311 - so that a seed tells the same again
    async with _telling(dice, frames) as url:
        ids = count()
        connection = Connection(url, "token", new_id=lambda: CommandId(f"order-{next(ids)}"))
        app = CloudsEdgesApp(connection, place=Place(url))
        async with asyncio.timeout(PATIENCE):
            ended = await app.run_async(headless=True)
    assert ended is None or isinstance(ended, str)
    return ended


@asynccontextmanager
async def _telling(dice: random.Random, frames: int) -> AsyncIterator[str]:
    async def converse(socket: ServerConnection) -> None:
        while True:
            try:
                frame = await socket.recv()
            except ConnectionClosed:
                return
            match parse_client_frame(frame):
                case Hello():
                    await socket.send(format_frame(_welcome(ANN)))
                case Watch(stream=stream) if stream == MAIN_LOBBY:
                    lobby = LobbyIs(stream=MAIN_LOBBY, version=1, lobby=Lobby({GAME: _TABLE}))
                    await socket.send(format_frame(lobby))
                    filled = SeatsFilled(GAME, BOARD, private=False, taken=_SEATS, first=0)
                    await socket.send(format_frame(_happened(MAIN_LOBBY, 2, filled)))
                case Watch(after=0):
                    started = GameStarted(BOARD, private=False, seats=_SEATS, first=0)
                    await socket.send(format_frame(_happened(GAME_STREAM, 1, started)))
                    for changed in _changed_frames(dice, frames):
                        await socket.send(changed)
                    await socket.close(CloseCode.UPDATE_NEEDED, FOLLOWED)
                case _:
                    pass

    async with serve(converse, "127.0.0.1", 0, compression=None) as server:
        host, port = next(iter(server.sockets)).getsockname()
        yield f"ws://{host}:{port}"


def _welcome(player: Player) -> Welcome:
    return Welcome(protocol=PROTOCOL_VERSION, server="0.1.0", player=player, now=AT)


def _happened(stream: StreamName, version: int, event: Event) -> Happened:
    one = Told(version=version, at=AT, by=ANN.id, event=event)
    return Happened(stream=stream, version=version, events=(one,), head=HEAD)


def _changed_frames(dice: random.Random, frames: int) -> list[str]:
    """Frames that mostly come at the version at which they would be followed."""
    golden = sorted(_GOLDEN.glob("*.json"))
    versions = Counter({GAME_STREAM: 1, MAIN_LOBBY: 2})
    changed = []
    for _ in range(frames):
        frame = json.loads(dice.choice(golden).read_text())
        for _ in range(dice.randrange(3)):
            _change(frame, dice)
        if frame.get("kind") == "happened" and dice.random() < 0.9:
            _put_next(frame, versions)
        changed.append(json.dumps(frame))
    return changed


def _put_next(frame: dict[str, Any], versions: Counter[StreamName]) -> None:
    events = frame.get("events")
    if not isinstance(events, list) or not events or not isinstance(events[0], dict):
        return
    event = events[0].get("event")
    kind = str(event.get("kind")) if isinstance(event, dict) else ""
    stream = MAIN_LOBBY if kind.startswith(_OF_LOBBY) and kind != "game_claimed" else GAME_STREAM
    versions[stream] += 1
    frame["stream"], frame["version"] = stream, versions[stream]
    events[0]["version"] = versions[stream]


def _change(value: Any, dice: random.Random) -> None:  # noqa: ANN401 - whatever JSON there is
    """Change something in an object or a list, mostly into another of its type."""
    keys: list[Any] = list(value) if isinstance(value, dict) else list(range(len(value)))
    if not keys:
        return
    key = dice.choice(keys)
    inner = value[key]
    if isinstance(inner, dict | list) and inner and dice.random() < 0.9:
        _change(inner, dice)
    elif isinstance(inner, list):
        inner.extend(inner or [None])
    elif dice.random() < 0.1:
        del value[key]
    elif key != "kind":
        value[key] = _other(inner, dice)


def _other(value: Any, dice: random.Random) -> Any:  # noqa: ANN401 - as above
    match value:
        case bool():
            return not value
        case int() | float():
            return dice.choice(_NUMBERS)
        case str():
            return dice.choice(_TEXTS)
        case _:
            return dice.choice((*_NUMBERS, *_TEXTS, None, True, 0.5))

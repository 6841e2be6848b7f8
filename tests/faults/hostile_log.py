"""F25: a log with texts in it that the policy refuses, as another program may have written it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import apsw

from clouds_edges.application.system import KEYS
from clouds_edges.application.vocabulary import CODEC, AnyEvent
from clouds_edges.domain.actors import Player, Seat
from clouds_edges.domain.game.events import GameEnded, GameStarted, LineDrawn
from clouds_edges.domain.ids import (
    MAIN_LOBBY,
    OPERATIONS,
    PLAYERS,
    GameId,
    InviteCode,
    PlayerId,
    game_stream,
)
from clouds_edges.domain.lobby.events import GameOpened
from clouds_edges.domain.operations.events import ServerFrozen
from clouds_edges.domain.players.events import PlayerSignedUp
from clouds_edges.eventsourcing.decider import CommandId, StreamName
from clouds_edges.eventsourcing.keyring import KeyFile
from clouds_edges.eventsourcing.sqlite import SQLiteStore
from clouds_edges.eventsourcing.store import Append
from clouds_edges.rules import Board, Ending, Outcome, parse_line
from tests.faults.hostile_text import HOSTILE, Words

NOW: Final = datetime(2026, 7, 1, 12, tzinfo=UTC)
BOARD: Final = Board(2, 2)
GAME: Final = game_stream(GameId("game00000001"))
PLAYER: Final = PlayerId("player000001")
"""Who has signed up first."""


async def write_log(folder: Path, words: Words) -> StreamName:
    """Write a log into an empty folder, one event of which is damaged; the stream that is."""
    damaged = game_stream(GameId(words("game00000002")))
    with closing(KeyFile(folder / KEYS)) as keys:
        async with SQLiteStore(folder / "events.db", CODEC.sealed_by(keys)) as store:
            for stream, events in _history(words, damaged):
                by, command = words("player000001"), CommandId(words(f"command {stream}"))
                await store.append(Append(stream, 0, tuple(events), by, command, b"", NOW))
    with closing(apsw.Connection(str(folder / "events.db"))) as log:
        log.execute("UPDATE events SET kind = ? WHERE stream = ?", (words("future"), damaged))
    return damaged


def _history(words: Words, damaged: StreamName) -> Sequence[tuple[StreamName, Sequence[AnyEvent]]]:
    people = [_player(f"player{number:06}", words) for number in range(1, len(HOSTILE) + 1)]
    seats = tuple(map(Seat, people[:2]))
    started = GameStarted(BOARD, private=False, seats=seats, first=0)
    invite = InviteCode(words("k3v9m2"))
    opened = GameOpened(GameId("open00000001"), BOARD, 2, True, invite, seats[:1])  # noqa: FBT003 - as it is written
    over = GameEnded(Outcome(Ending.RESIGNED, (0, 0), (0,)))
    return (
        (PLAYERS, [PlayerSignedUp(player) for player in people]),
        (MAIN_LOBBY, [opened]),
        (GAME, [started, LineDrawn(0, parse_line("a1h")), over]),
        (damaged, [started]),
        (OPERATIONS, [ServerFrozen(words("backup"))]),
    )


def _player(player: str, words: Words) -> Player:
    return Player(PlayerId(player), words("Ann"), words("🐘"), words("#8fbf5a"))

"""A log as a busy server leaves it: sign-ups, a lobby, and a hundred 5x5 games at once."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Final, cast

from clouds_edges.application.vocabulary import CODEC, AnyCommand, AnyEvent
from clouds_edges.domain.actors import Actor, BotLevel, Guest, Player, Process, Seat
from clouds_edges.domain.game.commands import DrawLine, Resign, StartGame
from clouds_edges.domain.game.decider import GAME_DECIDER
from clouds_edges.domain.game.events import GameStarted
from clouds_edges.domain.ids import (
    MAIN_LOBBY,
    PLAYERS,
    GameId,
    PlayerId,
    game_id,
    game_stream,
    player_id,
)
from clouds_edges.domain.lobby.commands import CancelGame, CloseGame, JoinGame, OpenGame
from clouds_edges.domain.lobby.decider import LOBBY_DECIDER
from clouds_edges.domain.players.commands import Rename, SignUp
from clouds_edges.domain.players.decider import PLAYERS_DECIDER
from clouds_edges.eventsourcing.decider import C, CommandId, Issued, StreamName
from clouds_edges.eventsourcing.sqlite import opened
from clouds_edges.eventsourcing.sqlite_writer import Writer, end_of
from clouds_edges.eventsourcing.store import Append, Appended, digest
from clouds_edges.rules import Board

BOARD: Final = Board(5, 5)
_SINCE: Final = datetime(2026, 1, 1, tzinfo=UTC)
_LIVE_GAMES: Final = 100
_PLAYS: Final = 40
_AT_ONCE: Final = 4000
_FEWEST_PLAYERS: Final = 100


def write_big_log(path: Path, events: int) -> None:
    """Make an event log of at least so many events, the same each time; 12,000 take a second."""
    nobody = cast("asyncio.Future[Appended[AnyEvent]]", None)  # the writer only hands it back
    with closing(opened(path, "OFF")) as connection:
        writer, appends = Writer(connection, CODEC), big_log()
        while (missing := events - end_of(connection)) > 0:
            some = islice(appends, min(missing, _AT_ONCE))
            answers = writer.commit([(append, nobody) for append in some])
            assert all(isinstance(answer, Appended) for _, answer in answers), answers[0]


def big_log(seed: int = 7) -> Iterator[Append[AnyEvent]]:
    """What such a server is asked to record, without end, in the order of the log."""
    town = _Town(random.Random(seed))  # noqa: S311 - the same town again
    while True:
        yield from town.next()


@dataclass(frozen=True, slots=True)
class _Step:
    """What a seat does in a game, and what comes of it."""

    seat: int
    command: _Spoken
    events: tuple[AnyEvent, ...]


class _Spoken(str):
    """A command's representation; saves making the same one a million times."""

    __slots__ = ()
    __repr__ = str.__str__


@dataclass(slots=True)
class _Live:
    """A game that has begun, and what will be done in it."""

    game: GameId
    players: tuple[PlayerId, ...]
    steps: Iterator[_Step]


class _Town:
    """Everybody who plays, and all that goes on."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._position = 0
        self._commands = 0
        self._at = _SINCE
        self._versions: Counter[StreamName] = Counter()
        self._players = PLAYERS_DECIDER.initial
        self._lobby = LOBBY_DECIDER.initial
        self._everybody: list[PlayerId] = []
        self._playing: Counter[PlayerId] = Counter()
        self._live: list[_Live] = []
        self._plays = [[_play(first, chance) for _ in range(_PLAYS)] for first in (0, 1)]

    def next(self) -> Iterator[Append[AnyEvent]]:
        """A line in some game; now and then a new game, or a new player."""
        if len(self._everybody) < _FEWEST_PLAYERS:
            yield self._sign_up()
        elif len(self._live) < _LIVE_GAMES:
            if self._chance.random() < 0.1:
                yield self._sign_up()
                yield self._rename()
            yield from self._begin()
        else:
            yield from self._go_on(self._chance.randrange(len(self._live)))

    def _sign_up(self) -> Append[AnyEvent]:
        me = player_id(self._seed())
        self._everybody.append(me)
        return self._in_players(SignUp(f"Player {len(self._everybody)}"), Guest(me))

    def _rename(self) -> Append[AnyEvent]:
        number = self._chance.randrange(len(self._everybody))
        me = self._players.by_id[self._everybody[number]]
        return self._in_players(Rename(f"Renamed {number}"), me)

    def _begin(self) -> Iterator[Append[AnyEvent]]:
        """Open a game; most are joined or against a bot, some are cancelled."""
        opener, guest = self._free_players()
        chance, seed = self._chance.random(), self._seed()
        game = game_id(seed)
        if chance < 0.1:
            bot = self._chance.choice(list(BotLevel))
            yield self._in_lobby(OpenGame(BOARD, bots=(bot,)), opener, seed)
            yield self._start(game, (opener.id, PlayerId(f"bot-{bot}")), first=0)
            return
        yield self._in_lobby(OpenGame(BOARD), opener, seed)
        if chance < 0.15:
            yield self._in_lobby(CancelGame(game), opener)
            return
        yield self._in_lobby(JoinGame(game), guest)
        yield self._start(game, (opener.id, guest.id), first=1)

    def _start(self, game: GameId, players: tuple[PlayerId, ...], first: int) -> Append[AnyEvent]:
        self._playing.update(players)
        self._live.append(_Live(game, players, iter(self._chance.choice(self._plays[first]))))
        command = StartGame(BOARD, private=False, seats=self._lobby.tables[game].taken, first=first)
        me, cause = Process("start-game"), f"{MAIN_LOBBY}@{self._versions[MAIN_LOBBY]}"
        events = GAME_DECIDER.decide(self._issued(command, me, 0), None)
        command_id = f"start-game:{self._position}:0"
        return self._append(game_stream(game), events, me.id, command, command_id, cause)

    def _go_on(self, place: int) -> Iterator[Append[AnyEvent]]:
        live = self._live[place]
        step = next(live.steps, None)
        if step is not None:
            yield self._append(
                game_stream(live.game), step.events, live.players[step.seat], step.command
            )
            return
        del self._live[place]
        self._playing.subtract(live.players)
        cause = f"{game_stream(live.game)}@{self._versions[game_stream(live.game)]}"
        yield self._in_lobby(CloseGame(live.game), Process("close-game"), cause=cause)

    def _free_players(self) -> tuple[Player, Player]:
        """Two who may sit down: neither is in as many games as the lobby allows."""
        while True:
            two = self._chance.sample(self._everybody, 2)
            if all(self._playing[one] < 2 for one in two):
                return self._players.by_id[two[0]], self._players.by_id[two[1]]

    def _in_players(self, command: SignUp | Rename, by: Actor) -> Append[AnyEvent]:
        events = PLAYERS_DECIDER.decide(self._issued(command, by, self._seed()), self._players)
        self._players = PLAYERS_DECIDER.fold(events, self._players)
        return self._append(PLAYERS, events, by.id, command)

    def _in_lobby(
        self,
        command: OpenGame | JoinGame | CancelGame | CloseGame,
        by: Actor,
        seed: int = 0,
        cause: str | None = None,
    ) -> Append[AnyEvent]:
        events = LOBBY_DECIDER.decide(self._issued(command, by, seed), self._lobby)
        self._lobby = LOBBY_DECIDER.fold(events, self._lobby)
        return self._append(MAIN_LOBBY, events, by.id, command, cause=cause)

    def _append(  # noqa: PLR0913, PLR0917 - an append has as many parts
        self,
        stream: StreamName,
        events: Sequence[AnyEvent],
        by: str,
        command: AnyCommand | _Spoken,
        command_id: str | None = None,
        cause: str | None = None,
    ) -> Append[AnyEvent]:
        self._commands += 1
        self._at += timedelta(seconds=2 * self._chance.random())
        version = self._versions[stream]
        self._versions[stream] += len(events)
        self._position += len(events)
        return Append(
            stream,
            version,
            tuple(events),
            by,
            CommandId(command_id or f"{self._commands}"),
            digest(stream, command),
            self._at,
            cause,
        )

    def _issued(self, command: C, by: Actor, seed: int) -> Issued[C, Actor]:
        return Issued(command, by, self._at, CommandId(""), seed)

    def _seed(self) -> int:
        return self._chance.getrandbits(128)


def _play(first: int, chance: random.Random) -> list[_Step]:
    """All that is done in one game between two seats; in a twentieth of them one resigns."""
    seats = tuple(Seat(Player(PlayerId(f"{seat}"), f"{seat}", "", "")) for seat in range(2))
    started = GameStarted(BOARD, private=False, seats=seats, first=first)
    game = GAME_DECIDER.fold([started])
    lines = list(BOARD.lines)
    chance.shuffle(lines)
    resigns_at = chance.randrange(20 * len(lines))
    steps = []
    for number, line in enumerate(lines):
        assert game is not None
        if game.outcome is not None:
            break
        command = Resign() if number == resigns_at else DrawLine(line)
        issued = Issued(command, game.to_draw, _SINCE, CommandId(""))
        events = tuple(GAME_DECIDER.decide(issued, game))
        steps.append(_Step(game.position.seat_to_draw, _Spoken(repr(command)), events))
        game = GAME_DECIDER.fold(events, game)
    return steps

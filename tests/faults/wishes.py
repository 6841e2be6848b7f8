"""What somebody in a simulation may want to do next, sensible or not."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Final, TypeAlias

from clouds_edges.domain.actors import BotLevel, Player
from clouds_edges.domain.game.clock import Clock
from clouds_edges.domain.game.commands import (
    AcceptDraw,
    ClaimGame,
    DeclineDraw,
    DrawLine,
    OfferDraw,
    Resign,
)
from clouds_edges.domain.game.state import Game
from clouds_edges.domain.ids import MAIN_LOBBY, PLAYERS, InviteCode, game_stream
from clouds_edges.domain.lobby.commands import (
    AcceptInvite,
    CancelGame,
    JoinGame,
    LeaveGame,
    OpenGame,
)
from clouds_edges.domain.lobby.state import Lobby
from clouds_edges.domain.players.commands import Rename
from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.protocol.messages import Command
from clouds_edges.rules import Board

Wish: TypeAlias = tuple[StreamName, Command]

_ENOUGH: Final = 2
"""Tables at which nobody wants to sit at another, as a rule."""
_LARGEST_SIDE: Final = 3


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody knows when they decide."""

    me: Player
    lobby: Lobby
    games: Mapping[StreamName, Game | None]
    invites: list[InviteCode]


def wish(chance: Random, seen: Seen) -> Wish | None:
    """Something to ask for; None when there is nothing to do but wait."""
    drawn = chance.random()
    if drawn < 0.02:
        return PLAYERS, Rename(f"{seen.me.name[:8]} {chance.randrange(10)}")
    if drawn < 0.1:
        return _mischief(chance, seen)
    moves = list(_moves(chance, seen))
    if moves and drawn < 0.8:
        return chance.choice(moves)
    if len(seen.lobby.tables_of(seen.me.id)) < _ENOUGH:
        return _seat(chance, seen)
    return None


def _seat(chance: Random, seen: Seen) -> Wish:
    """Join a game, or open one."""
    free = [
        table.game
        for table in seen.lobby.tables.values()
        if not (table.is_playing or table.private or table.seats_player(seen.me.id))
    ]
    if free and chance.random() < 0.9:
        return MAIN_LOBBY, JoinGame(chance.choice(free))
    if seen.invites and chance.random() < 0.5:
        return MAIN_LOBBY, AcceptInvite(chance.choice(seen.invites))
    board = Board(chance.randint(1, _LARGEST_SIDE), chance.randint(1, _LARGEST_SIDE))
    seats = chance.choice((2, 2, 2, 3))
    bots = chance.choices(tuple(BotLevel), k=chance.choice((0, 0, 0, 1, seats - 1)))
    clock = None
    if chance.random() < 0.3:
        clock = Clock(
            timedelta(seconds=chance.randint(2, 8)), timedelta(seconds=chance.randint(0, 1))
        )
    private = chance.random() < 0.2
    return MAIN_LOBBY, OpenGame(board, seats, private, tuple(bots), clock=clock)


def _moves(chance: Random, seen: Seen) -> Iterator[Wish]:
    """A line where it is one's turn, and the answers to offers and absences."""
    for stream, game in seen.games.items():
        if game is None or game.outcome is not None or not game.seats_of(seen.me.id):
            continue
        if game.to_draw.id == seen.me.id:
            yield stream, DrawLine(chance.choice(game.position.free_lines))
        if game.claimable_by(seen.me.id):
            yield stream, ClaimGame()
        if game.offer is not None:
            answer = AcceptDraw if chance.random() < 0.5 else DeclineDraw
            yield stream, answer(game.offer.id)


def _mischief(chance: Random, seen: Seen) -> Wish | None:
    """What is refused most often, or ends things early."""
    tables = list(seen.lobby.tables.values())
    if not tables:
        return None
    table = chance.choice(tables)
    stream, lines = game_stream(table.game), table.board.lines
    wanted: list[Wish] = [
        (stream, DrawLine(chance.choice(lines))),
        (stream, OfferDraw()),
        (stream, ClaimGame()),
        (MAIN_LOBBY, JoinGame(table.game)),
        (MAIN_LOBBY, LeaveGame(table.game)),
        (MAIN_LOBBY, CancelGame(table.game)),
    ]
    if table.seats_player(seen.me.id):
        wanted += [(stream, Resign()), (stream, OfferDraw())]
    return chance.choice(wanted)

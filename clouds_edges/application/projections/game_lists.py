"""Lists of games: open, live, finished, somebody's own; newest first, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Connection, or_, select

from clouds_edges.application.projections.games import GAMES, SEATS, GameState, Result
from clouds_edges.application.projections.paging import Page, checked_limit, page_of, parse_cursor
from clouds_edges.domain.actors import BotLevel, Player, Seat
from clouds_edges.domain.ids import GameId, PlayerId
from clouds_edges.eventsourcing.recorded import from_microseconds
from clouds_edges.eventsourcing.rows import Row, find
from clouds_edges.rules import Board, Ending

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class SeatTaken:
    """Who sits in a seat; in a finished game also what came of it."""

    seat: Seat
    boxes: int | None
    result: Result | None


@dataclass(frozen=True, slots=True)
class ListedGame:
    """A game as lists show it; `taken` holds as many seats as are taken."""

    game: GameId
    state: GameState
    board: Board
    seats: int
    private: bool
    taken: tuple[SeatTaken, ...]
    opened_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    ending: Ending | None


@dataclass(frozen=True, slots=True)
class SeatedIn:
    """The games of a player, perhaps only those against somebody, or with a result for them."""

    player: PlayerId
    opponent: PlayerId | None = None
    result: Result | None = None


@dataclass(frozen=True, slots=True)
class GameFilter:
    """Which games are wanted; all, where nothing is said."""

    states: frozenset[GameState] = frozenset(GameState)
    board: Board | None = None
    seated: SeatedIn | None = None


def list_games(
    rows: Connection,
    wanted: GameFilter,
    viewer: PlayerId | None,
    cursor: str | None = None,
    limit: int = 20,
) -> Page[ListedGame]:
    """A page of games, newest first, behind the one that ended with this cursor.

    Private games are shown to those who have a seat in them; `viewer` is None for the operator,
    who sees all.

    Raises:
        UnknownCursor: The cursor is none.
    """
    limit = checked_limit(limit)
    conditions = [*_conditions(wanted), *_visible_to(viewer)]
    if cursor is not None:
        conditions.append(GAMES.c.place < parse_cursor(cursor))
    query = select(GAMES).where(*conditions).order_by(GAMES.c.place.desc()).limit(limit + 1)
    found = [dict(row) for row in rows.execute(query).mappings()]
    games = zip((row["place"] for row in found), _with_seats(rows, found), strict=True)
    return page_of(list(games), limit)


def _conditions(wanted: GameFilter) -> Iterator[ColumnElement[bool]]:
    yield GAMES.c.state.in_(sorted(wanted.states))
    if wanted.board is not None:
        yield GAMES.c.rows == wanted.board.rows
        yield GAMES.c.cols == wanted.board.cols
    if wanted.seated is not None:
        mine = select(SEATS.c.place).where(SEATS.c.player == wanted.seated.player)
        if wanted.seated.result is not None:
            mine = mine.where(SEATS.c.result == wanted.seated.result)
        yield GAMES.c.place.in_(mine)
        if wanted.seated.opponent is not None:
            yield _seats(wanted.seated.opponent)


def _visible_to(viewer: PlayerId | None) -> Iterator[ColumnElement[bool]]:
    if viewer is not None:
        yield or_(~GAMES.c.private, _seats(viewer))


def _seats(player: PlayerId) -> ColumnElement[bool]:
    """Whether a player has a seat in a game."""
    return GAMES.c.place.in_(select(SEATS.c.place).where(SEATS.c.player == player))


def _with_seats(rows: Connection, games: list[Row]) -> Iterator[ListedGame]:
    seats: dict[str, list[Row]] = {row["game"]: [] for row in games}
    for seat in sorted(find(rows, SEATS.c.game, seats), key=itemgetter("seat")):
        seats[seat["game"]].append(seat)
    for row in games:
        yield ListedGame(
            game=GameId(row["game"]),
            state=GameState(row["state"]),
            board=Board(row["rows"], row["cols"]),
            seats=row["seats"],
            private=row["private"],
            taken=tuple(map(_seat_taken, seats[row["game"]])),
            opened_at=from_microseconds(row["opened_at"]),
            started_at=_moment(row["started_at"]),
            ended_at=_moment(row["ended_at"]),
            ending=None if row["ending"] is None else Ending(row["ending"]),
        )


def _seat_taken(row: Row) -> SeatTaken:
    player = Player(PlayerId(row["player"]), row["name"], row["avatar"], row["colour"])
    return SeatTaken(
        Seat(player, None if row["bot"] is None else BotLevel(row["bot"])),
        row["boxes"],
        None if row["result"] is None else Result(row["result"]),
    )


def _moment(at: int | None) -> datetime | None:
    return None if at is None else from_microseconds(at)

"""Every game there is or was, and who sits in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import itemgetter
from typing import TYPE_CHECKING, Final, Self

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    update,
)

from clouds_edges.domain.forgotten import forgotten_name
from clouds_edges.domain.game.events import GameEnded, GameStarted
from clouds_edges.domain.ids import GameId, PlayerId, game_in
from clouds_edges.domain.lobby.events import (
    GameCancelled,
    GameExpired,
    GameOpened,
    SeatLeft,
    SeatsFilled,
    SeatTaken,
)
from clouds_edges.domain.players.events import PlayerForgotten
from clouds_edges.eventsourcing.recorded import microseconds
from clouds_edges.eventsourcing.rows import Row, find, replace
from clouds_edges.rules import Ending

if TYPE_CHECKING:
    from clouds_edges.application.vocabulary import AnyEvent
    from clouds_edges.domain.actors import Seat
    from clouds_edges.eventsourcing.recorded import Recorded
    from clouds_edges.rules import Board, Outcome

TABLES: Final = MetaData()
GAMES: Final = Table(
    "games",
    TABLES,
    Column("game", Text, primary_key=True),
    Column("place", BigInteger, nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("cols", Integer, nullable=False),
    Column("seats", Integer, nullable=False),
    Column("private", Boolean, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("ending", Text),
    Index("by_state", "state", "place"),
)
"""`place` is the position in the log at which the game came up: newer games have higher ones."""
SEATS: Final = Table(
    "seats",
    TABLES,
    Column("game", Text, primary_key=True),
    Column("seat", Integer, primary_key=True),
    Column("place", BigInteger, nullable=False),
    Column("player", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("avatar", Text, nullable=False),
    Column("colour", Text, nullable=False),
    Column("bot", Text),
    Column("boxes", Integer),
    Column("result", Text),
    Index("by_player", "player", "place"),
)
FORGOTTEN: Final = Table("forgotten", TABLES, Column("player", Text, primary_key=True))
"""Whoever was forgotten: an event that was on its way meanwhile may bring the name back."""


class GameState(StrEnum):
    """How far a game has come."""

    OPEN = "open"
    LIVE = "live"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Result(StrEnum):
    """What a finished game is for a seat."""

    WON = "won"
    DRAWN = "drawn"
    LOST = "lost"


_UNPLAYED: Final[Mapping[type, tuple[GameState, Ending | None]]] = {
    GameCancelled: (GameState.CANCELLED, Ending.CANCELLED),
    GameExpired: (GameState.EXPIRED, None),
}


class Games:
    """A row a game, and a row for each seat that is taken."""

    name: Final = "games"
    tables: Final = TABLES
    events: Final = (
        GameOpened,
        SeatTaken,
        SeatLeft,
        SeatsFilled,
        GameCancelled,
        GameExpired,
        GameStarted,
        GameEnded,
        PlayerForgotten,
    )

    def apply(self, batch: Sequence[Recorded[AnyEvent]], rows: Connection) -> None:
        """Follow the games that these events are about."""
        begin = 0
        for place, recorded in enumerate(batch):
            if isinstance(recorded.event, PlayerForgotten):
                _fold(batch[begin:place], rows)
                _forget(recorded.event.player, rows)
                begin = place + 1
        _fold(batch[begin:], rows)


def _fold(batch: Sequence[Recorded[AnyEvent]], rows: Connection) -> None:
    fold = _Fold.of({_game_of(recorded) for recorded in batch}, rows)
    for recorded in batch:
        fold.apply(recorded)
    fold.write(rows)


def _forget(player: PlayerId, rows: Connection) -> None:
    """Nobody is to know any more under which names a player sat, a neighbour's included."""
    replace(rows, FORGOTTEN.c.player, [player], [{"player": player}])
    seats = update(SEATS).where(SEATS.c.player == player)
    rows.execute(seats.values(name=forgotten_name(player)))


def _without_forgotten(seats: list[Row], rows: Connection) -> list[Row]:
    found = find(rows, FORGOTTEN.c.player, {seat["player"] for seat in seats})
    names = {row["player"]: forgotten_name(row["player"]) for row in found}
    return [seat | {"name": names.get(seat["player"], seat["name"])} for seat in seats]


@dataclass(slots=True)
class _Fold:
    """The rows of some games, in memory while a batch is applied to them."""

    before: list[str]
    games: dict[str, Row]
    seats: dict[str, list[Row]]

    @classmethod
    def of(cls, ids: set[GameId], rows: Connection) -> Self:
        games = {str(row["game"]): row for row in find(rows, GAMES.c.game, ids)}
        seats: dict[str, list[Row]] = {game: [] for game in games}
        for row in sorted(find(rows, SEATS.c.game, games), key=itemgetter("seat")):
            seats[row["game"]].append(row)
        return cls([*games], games, seats)

    def write(self, rows: Connection) -> None:
        replace(rows, GAMES.c.game, self.before, list(self.games.values()))
        seats = [
            row | {"game": game, "seat": number, "place": self.games[game]["place"]}
            for game, taken in self.seats.items()
            for number, row in enumerate(taken)
        ]
        replace(rows, SEATS.c.game, self.before, _without_forgotten(seats, rows))

    def apply(self, recorded: Recorded[AnyEvent]) -> None:
        event, game, at = recorded.event, _game_of(recorded), microseconds(recorded.at)
        match event:
            case GameOpened(board=board, private=private, taken=taken):
                self._add(recorded, board, event.seats, private=private)
                self.seats[game] = [_seat_row(seat) for seat in taken]
            case GameStarted(board=board, private=private, seats=taken):
                if game not in self.games:
                    self._add(recorded, board, len(taken), private=private)
                self.games[game] |= {"state": GameState.LIVE, "started_at": at}
                self.seats[game] = [_seat_row(seat) for seat in taken]
            case _ if game not in self.games:
                pass  # where a game came up cannot be read
            case SeatTaken(seat=seat):
                self.seats[game].append(_seat_row(seat))
            case SeatLeft(player=player):
                self.seats[game] = [row for row in self.seats[game] if row["player"] != player]
            case SeatsFilled():
                self.games[game] |= {"state": GameState.LIVE}
            case GameCancelled() | GameExpired():
                self._end(game, at, *_UNPLAYED[type(event)])
            case GameEnded(outcome):
                self._end(game, at, GameState.FINISHED, outcome.ending)
                self.seats[game] = [
                    row | _result(outcome, number) for number, row in enumerate(self.seats[game])
                ]
            case _:
                pass

    def _add(
        self, recorded: Recorded[AnyEvent], board: Board, seats: int, *, private: bool
    ) -> None:
        game = _game_of(recorded)
        self.games[game] = {
            "game": game,
            "place": recorded.position,
            "state": GameState.OPEN,
            "rows": board.rows,
            "cols": board.cols,
            "seats": seats,
            "private": private,
            "opened_at": microseconds(recorded.at),
            "started_at": None,
            "ended_at": None,
            "ending": None,
        }

    def _end(self, game: GameId, at: int, state: GameState, ending: Ending | None) -> None:
        self.games[game] |= {"state": state, "ended_at": at, "ending": ending}


def _game_of(recorded: Recorded[AnyEvent]) -> GameId:
    """The game that an event of a lobby or of a game is about."""
    match recorded.event:
        case (
            GameOpened(game=game)
            | SeatTaken(game=game)
            | SeatLeft(game=game)
            | SeatsFilled(game=game)
            | GameCancelled(game=game)
            | GameExpired(game=game)
        ):
            return game
        case _:
            return game_in(recorded.stream)


def _seat_row(seat: Seat) -> Row:
    """What is stored of who sits in a seat: here, and only here, under a name."""
    return {
        "player": seat.player.id,
        "name": seat.player.name,
        "avatar": seat.player.avatar,
        "colour": seat.player.colour,
        "bot": seat.bot,
        "boxes": None,
        "result": None,
    }


def _result(outcome: Outcome, seat: int) -> Row:
    if not outcome.winners:
        return {"boxes": outcome.scores[seat]}
    won = Result.DRAWN if outcome.is_draw else Result.WON
    result = won if seat in outcome.winners else Result.LOST
    return {"boxes": outcome.scores[seat], "result": result}

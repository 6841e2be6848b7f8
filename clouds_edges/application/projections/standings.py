"""How each player has done in finished games between people or against bots."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import Boolean, Column, Connection, Index, Integer, MetaData, Table, Text, select

from clouds_edges.application.projections.paging import checked_limit
from clouds_edges.domain.game.events import GameEnded, GameStarted
from clouds_edges.domain.ids import PlayerId
from clouds_edges.eventsourcing.rows import Row, find, replace

if TYPE_CHECKING:
    from clouds_edges.application.vocabulary import AnyEvent
    from clouds_edges.domain.actors import Seat
    from clouds_edges.eventsourcing.recorded import Recorded
    from clouds_edges.rules import Outcome

TABLES: Final = MetaData()
_SEATS: Final = Table(
    "seats",
    TABLES,
    Column("stream", Text, primary_key=True),
    Column("seat", Integer, primary_key=True),
    Column("player", Text, nullable=False),
    Column("is_bot", Boolean, nullable=False),
)
"""Who sits where, until the game ends."""
STANDINGS: Final = Table(
    "standings",
    TABLES,
    Column("player", Text, primary_key=True),
    Column("is_bot", Boolean, nullable=False),
    Column("played", Integer, nullable=False),
    Column("won", Integer, nullable=False),
    Column("drawn", Integer, nullable=False),
    Column("lost", Integer, nullable=False),
    Column("boxes", Integer, nullable=False),
    Index("best_first", "is_bot", "won", "drawn"),
)


@dataclass(frozen=True, slots=True)
class Standing:
    """Finished games of one player, and the boxes closed in them."""

    played: int = 0
    won: int = 0
    drawn: int = 0
    lost: int = 0
    boxes: int = 0


class Standings:
    """A row a player; games at one keyboard have no winner and are not counted."""

    name: Final = "standings"
    tables: Final = TABLES
    events: Final = (GameStarted, GameEnded)

    def apply(self, batch: Sequence[Recorded[AnyEvent]], rows: Connection) -> None:
        """Keep who sits where until the end of a game, then count it for each."""
        seats: dict[str, list[Row]] = defaultdict(list)
        for row in find(rows, _SEATS.c.stream, {one.stream for one in batch}):
            seats[row["stream"]].append(row)
        before = [*seats]
        counted: list[tuple[Row, Outcome]] = []
        for recorded in batch:
            match recorded.event:
                case GameStarted(seats=taken) if not _is_at_one_keyboard(taken):
                    seats[recorded.stream] = _seat_rows(recorded.stream, taken)
                case GameEnded(outcome):
                    counted += [(row, outcome) for row in seats.pop(recorded.stream, ())]
                case _:
                    pass
        staying = [row for taken in seats.values() for row in taken]
        replace(rows, _SEATS.c.stream, before, staying)
        _count(counted, rows)


def standing_of(rows: Connection, player: PlayerId) -> Standing:
    """What a player has reached so far."""
    found = rows.execute(select(STANDINGS).where(STANDINGS.c.player == player)).mappings().first()
    return Standing() if found is None else _standing(dict(found))


def standings_by_id(rows: Connection, players: Collection[PlayerId]) -> dict[PlayerId, Standing]:
    """What these players have reached; who has finished no game is left out."""
    found = find(rows, STANDINGS.c.player, players)
    return {PlayerId(row["player"]): _standing(row) for row in found}


def best_standings(rows: Connection, limit: int = 20) -> tuple[tuple[PlayerId, Standing], ...]:
    """Who has won most; then who has drawn most, then who has lost least. Bots do not count."""
    order = (
        STANDINGS.c.won.desc(),
        STANDINGS.c.drawn.desc(),
        STANDINGS.c.lost,
        STANDINGS.c.boxes.desc(),
        STANDINGS.c.player,
    )
    people = select(STANDINGS).where(~STANDINGS.c.is_bot)
    found = rows.execute(people.order_by(*order).limit(checked_limit(limit))).mappings()
    return tuple((PlayerId(row["player"]), _standing(dict(row))) for row in found)


def _is_at_one_keyboard(seats: Sequence[Seat]) -> bool:
    people = [seat.player.id for seat in seats if seat.bot is None]
    return len(set(people)) < len(people)


def _seat_rows(stream: str, seats: Sequence[Seat]) -> list[Row]:
    return [
        {"stream": stream, "seat": number, "player": seat.player.id, "is_bot": seat.bot is not None}
        for number, seat in enumerate(seats)
    ]


def _count(ended: Sequence[tuple[Row, Outcome]], rows: Connection) -> None:
    """Add a finished game for each of these seats."""
    players = {row["player"] for row, _ in ended}
    standings = {row["player"]: row for row in find(rows, STANDINGS.c.player, players)}
    before = [*standings]
    for seat, outcome in ended:
        player, number = seat["player"], seat["seat"]
        so_far = standings.get(player) or _nothing_yet(seat)
        won = outcome.winner == number
        drawn = outcome.is_draw and number in outcome.winners
        standings[player] = so_far | {
            "played": so_far["played"] + 1,
            "won": so_far["won"] + won,
            "drawn": so_far["drawn"] + drawn,
            "lost": so_far["lost"] + (not won and not drawn),
            "boxes": so_far["boxes"] + outcome.scores[number],
        }
    replace(rows, STANDINGS.c.player, before, list(standings.values()))


def _nothing_yet(seat: Row) -> Row:
    return {"player": seat["player"], "is_bot": seat["is_bot"]} | asdict(Standing())


def _standing(row: Row) -> Standing:
    return Standing(row["played"], row["won"], row["drawn"], row["lost"], row["boxes"])

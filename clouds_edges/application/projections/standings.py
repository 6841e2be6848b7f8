"""How each player has done in finished games between people or against bots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from clouds_edges.domain.game.events import GameEnded, GameStarted

if TYPE_CHECKING:
    import apsw

    from clouds_edges.application.system import AnyEvent
    from clouds_edges.domain.ids import PlayerId
    from clouds_edges.eventsourcing.recorded import Recorded
    from clouds_edges.rules import Outcome


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
    events: Final = (GameStarted, GameEnded)
    tables: Final = """
        CREATE TABLE IF NOT EXISTS seats (
            stream TEXT NOT NULL, seat INTEGER NOT NULL, player TEXT NOT NULL,
            PRIMARY KEY (stream, seat)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS standings (
            player TEXT PRIMARY KEY, played INTEGER NOT NULL, won INTEGER NOT NULL,
            drawn INTEGER NOT NULL, lost INTEGER NOT NULL, boxes INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
    """

    def apply(self, recorded: Recorded[AnyEvent], rows: apsw.Connection) -> None:
        """Keep who sits where until the end of a game, then count it for each."""
        match recorded.event:
            case GameStarted(seats=seats):
                players = [seat.player.id for seat in seats]
                people = [seat.player.id for seat in seats if seat.bot is None]
                if len(set(people)) == len(people):
                    rows.executemany(
                        "INSERT INTO seats VALUES (?, ?, ?)",
                        [(recorded.stream, seat, player) for seat, player in enumerate(players)],
                    )
            case GameEnded(outcome):
                taken = rows.execute(
                    "DELETE FROM seats WHERE stream = ? RETURNING seat, player", (recorded.stream,)
                )
                for seat, player in taken.fetchall():
                    _count(str(player), int(str(seat)), outcome, rows)
            case _:
                pass


def standing_of(player: PlayerId, rows: apsw.Connection) -> Standing:
    """What a player has reached so far."""
    found = rows.execute(
        "SELECT played, won, drawn, lost, boxes FROM standings WHERE player = ?", (player,)
    ).get
    return Standing() if found is None else Standing(*found)


def _count(player: str, seat: int, outcome: Outcome, rows: apsw.Connection) -> None:
    won = outcome.winner == seat
    drawn = outcome.is_draw and seat in outcome.winners
    rows.execute(
        "INSERT INTO standings VALUES (:player, 1, :won, :drawn, :lost, :boxes) "
        "ON CONFLICT DO UPDATE SET played = played + 1, won = won + :won, "
        "drawn = drawn + :drawn, lost = lost + :lost, boxes = boxes + :boxes",
        {
            "player": player,
            "won": won,
            "drawn": drawn,
            "lost": not won and not drawn,
            "boxes": outcome.scores[seat],
        },
    )

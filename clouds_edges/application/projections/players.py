"""Everybody who has signed up, by id and by name."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from sqlalchemy import BigInteger, Column, Connection, MetaData, Table, Text, select

from clouds_edges.application.projections.paging import Page, checked_limit
from clouds_edges.domain.actors import Player
from clouds_edges.domain.forgotten import forgotten_name
from clouds_edges.domain.ids import PlayerId
from clouds_edges.domain.players.events import PlayerForgotten, PlayerRenamed, PlayerSignedUp
from clouds_edges.domain.players.names import skeleton
from clouds_edges.eventsourcing.recorded import from_microseconds, microseconds
from clouds_edges.eventsourcing.rows import Row, find, replace

if TYPE_CHECKING:
    from clouds_edges.application.vocabulary import AnyEvent
    from clouds_edges.eventsourcing.recorded import Recorded

TABLES: Final = MetaData()
PLAYERS: Final = Table(
    "players",
    TABLES,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("folded", Text, nullable=False, index=True),
    Column("avatar", Text, nullable=False),
    Column("colour", Text, nullable=False),
    Column("signed_up_at", BigInteger, nullable=False),
)


class Match(StrEnum):
    """Where in a name the text that is searched for has to be."""

    PREFIX = "prefix"
    CONTAINS = "contains"


@dataclass(frozen=True, slots=True)
class KnownPlayer:
    """A player under the name of this moment."""

    player: Player
    signed_up_at: datetime


class Players:
    """A row a player."""

    name: Final = "players"
    tables: Final = TABLES
    events: Final = (PlayerSignedUp, PlayerRenamed, PlayerForgotten)

    def apply(self, batch: Sequence[Recorded[AnyEvent]], rows: Connection) -> None:
        """Follow who there is, and how everybody is called."""
        found = find(rows, PLAYERS.c.id, {_player_of(one.event) for one in batch})
        known = {str(row["id"]): row for row in found}
        before = [*known]
        for recorded in batch:
            match recorded.event:
                case PlayerSignedUp(player):
                    known[player.id] = {
                        "id": player.id,
                        **_named(player.name),
                        "avatar": player.avatar,
                        "colour": player.colour,
                        "signed_up_at": microseconds(recorded.at),
                    }
                case PlayerRenamed(player=me, name=name) if me in known:
                    known[me] = known[me] | _named(name)
                case PlayerForgotten(player=me) if me in known:
                    known[me] = known[me] | _named(forgotten_name(me))
                case _:
                    pass
        replace(rows, PLAYERS.c.id, before, list(known.values()))


def players_by_id(rows: Connection, ids: Collection[PlayerId]) -> dict[PlayerId, KnownPlayer]:
    """Those of these players who have signed up."""
    found = map(_known_player, find(rows, PLAYERS.c.id, ids))
    return {one.player.id: one for one in found}


def search_players(
    rows: Connection, text: str, match: Match = Match.PREFIX, after: str = "", limit: int = 20
) -> Page[KnownPlayer]:
    """Players whose names begin with a text, or hold it, in the order of their names.

    Case does not count, nor does anything else that names may not differ in alone. The page begins
    behind the name `after`; what it names as the next is its last name.
    """
    limit = checked_limit(limit)
    column, wanted = PLAYERS.c.folded, skeleton(text)
    condition = (
        column.startswith(wanted, autoescape=True)
        if match is Match.PREFIX
        else column.contains(wanted, autoescape=True)
    )
    is_behind = column > skeleton(after)
    query = select(PLAYERS).where(condition, is_behind).order_by(column).limit(limit + 1)
    found = [_known_player(dict(row)) for row in rows.execute(query).mappings()]
    page = tuple(found[:limit])
    return Page(page, page[-1].player.name if len(found) > limit else None)


def _player_of(event: AnyEvent) -> PlayerId | None:
    match event:
        case PlayerSignedUp(player):
            return player.id
        case PlayerRenamed(player=me) | PlayerForgotten(player=me):
            return me
        case _:
            return None


def _named(name: str) -> Row:
    """All columns in which a player's name is stored."""
    return {"name": name, "folded": skeleton(name)}


def _known_player(row: Row) -> KnownPlayer:
    player = Player(PlayerId(row["id"]), row["name"], row["avatar"], row["colour"])
    return KnownPlayer(player, from_microseconds(row["signed_up_at"]))

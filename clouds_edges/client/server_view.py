"""What the client knows of the server: a fold of what the connection tells."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from clouds_edges.client.connection import Status, StatusChanged
from clouds_edges.client.follow import followed
from clouds_edges.client.forgotten import lobby_without
from clouds_edges.client.streams import HistoryLost
from clouds_edges.domain.ids import MAIN_LOBBY
from clouds_edges.domain.lobby import events as lobby_events
from clouds_edges.domain.lobby.decider import LOBBY_DECIDER
from clouds_edges.protocol.messages import (
    DeviceCodeIs,
    DevicesAre,
    ForgottenAre,
    FrozenIs,
    Happened,
    LobbyIs,
    RecordIs,
    Refused,
)

if TYPE_CHECKING:
    from clouds_edges.client.connection import Update
    from clouds_edges.domain.actors import Player
    from clouds_edges.domain.ids import PlayerId
    from clouds_edges.domain.lobby.state import Lobby, Table


@dataclass(frozen=True, slots=True)
class ServerView:
    """The server as last heard of; what is None has not been told yet."""

    status: Status = Status.CONNECTING
    sentence: str = "connecting"
    player: Player | None = None
    lobby: Lobby | None = None
    record: RecordIs | None = None
    frozen: FrozenIs | None = None
    """Why the server takes no order, and since when; None while it does."""
    losses: tuple[HistoryLost, ...] = ()
    """What the server turned out to have lost or changed, one of each stream."""
    forgotten: frozenset[PlayerId] = frozenset()
    """Players whose names are not to be shown any more; `lobby` has placeholders for them."""

    @property
    def my_tables(self) -> tuple[Table, ...]:
        """The games, open or in play, in which the player has a seat."""
        if self.player is None or self.lobby is None:
            return ()
        return self.lobby.tables_of(self.player.id)


def seen(view: ServerView, update: Update, player: Player | None) -> ServerView:
    """The view after one update; `player` is who the server says one is."""
    match update:
        case StatusChanged(status, sentence):
            player = player or view.player
            frozen = None if status is Status.ONLINE else view.frozen  # else it is told anew
            return replace(view, status=status, sentence=sentence, player=player, frozen=frozen)
        case LobbyIs():
            lobby = lobby_without(update.lobby, view.forgotten)
            return replace(view, lobby=lobby, player=view.player or player)
        case ForgottenAre(players=players):
            view = _forgetful(view, frozenset(players))
        case FrozenIs(reason=reason):
            view = replace(view, frozen=None if reason is None else update)
        case RecordIs():
            return replace(view, record=update)
        case Happened():
            return _followed(view, update)
        case HistoryLost(stream):
            others = tuple(lost for lost in view.losses if lost.stream != stream)
            return replace(view, losses=(*others, update))
        case Refused() | DevicesAre() | DeviceCodeIs():
            pass
    return view


def begun(before: ServerView, after: ServerView) -> tuple[Table, ...]:
    """The player's games that have begun in between; none when the lobby is first seen."""
    if before.lobby is None:
        return ()
    waiting = {table.game: table.is_playing for table in before.lobby.tables.values()}
    return tuple(
        table
        for table in after.my_tables
        if table.is_playing and not waiting.get(table.game, False)
    )


def ended(before: ServerView, after: ServerView) -> bool:
    """Whether a game of the player ended in between."""
    going = {table.game for table in after.my_tables}
    return any(table.is_playing and table.game not in going for table in before.my_tables)


def expired(before: ServerView, after: ServerView, update: Update) -> tuple[Table, ...]:
    """The player's open games that nobody joined for too long."""
    if not isinstance(update, Happened) or before.lobby is after.lobby:
        return ()
    events = [told.event for told in update.events]
    gone = {event.game for event in events if isinstance(event, lobby_events.GameExpired)}
    return tuple(table for table in before.my_tables if table.game in gone)


def _forgetful(view: ServerView, players: frozenset[PlayerId]) -> ServerView:
    forgotten = view.forgotten | players
    lobby = None if view.lobby is None else lobby_without(view.lobby, forgotten)
    return replace(view, lobby=lobby, forgotten=forgotten)


def _followed(view: ServerView, happened: Happened) -> ServerView:
    if happened.stream != MAIN_LOBBY or view.lobby is None:
        return view
    lobby = view.lobby
    for told in happened.events:
        if isinstance(told.event, lobby_events.Event):
            lobby = followed(LOBBY_DECIDER, lobby, told.event)
    return replace(view, lobby=lobby_without(lobby, view.forgotten))

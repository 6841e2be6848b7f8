"""Who watches what: each recorded event is encoded once and queued to every watcher.

And to everybody, whatever they watch: whether the server is frozen, and who was forgotten.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import contextmanager
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Final, cast

from clouds_edges.domain.game.events import GameStarted
from clouds_edges.domain.ids import OPERATIONS, PLAYERS, category_of
from clouds_edges.domain.lobby.events import GameOpened
from clouds_edges.domain.operations.events import ServerFrozen
from clouds_edges.domain.permissions import may_watch
from clouds_edges.domain.players.events import PlayerForgotten
from clouds_edges.domain.visibility import event_as_seen_by
from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.protocol.frames import format_frame
from clouds_edges.protocol.messages import ForgottenAre, FrozenIs, Happened, Told

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from clouds_edges.application.vocabulary import AnyEvent
    from clouds_edges.domain.ids import PlayerId
    from clouds_edges.eventsourcing.decider import StreamName
    from clouds_edges.eventsourcing.feed import Feed
    from clouds_edges.eventsourcing.recorded import Checkpoint, Recorded
    from clouds_edges.protocol.messages import Event
    from clouds_edges.server.outbox import Outbox

_LOG: Final = logging.getLogger(__name__)
_RETRY: Final = 1.0
"""Seconds after which a log that could not be read is tried again."""


class Watcher:
    """One client's view of one stream: every event behind a version, once and in order.

    Until `begin` says where the view starts, events are held back.
    """

    def __init__(self, player: PlayerId, outbox: Outbox) -> None:
        self._player = player
        self._outbox = outbox
        self._version: int | None = None
        self._held: list[Recorded[AnyEvent]] = []
        self._is_barred = False

    def begin(self, version: int) -> None:
        """Tell what was held back behind this version, and from now on everything."""
        self._version = version
        held, self._held = self._held, []
        self.tell(held, None)

    def tell(self, run: Sequence[Recorded[AnyEvent]], frame: str | None) -> None:
        """Queue a run of events; `frame` is the run as everybody may see it, if there is such."""
        if self._version is None:
            self._held.extend(run)
            return
        news = [recorded for recorded in run if recorded.version > (self._version or 0)]
        self._is_barred = self._is_barred or any(self._bars(one.event) for one in news)
        if self._is_barred:
            return
        if not news:
            return
        self._version = news[-1].version
        if frame is None or len(news) < len(run):
            frame = format_frame(happened(news, self._player))
        self._outbox.put(frame)

    def _bars(self, event: AnyEvent) -> bool:
        """Whether a private game starts here without the player, who had a seat and left it."""
        return isinstance(event, GameStarted) and not may_watch(self._player, event)


class Hub:
    """Follows the feed, and tells the watchers of each stream."""

    def __init__(
        self,
        feed: Feed[AnyEvent],
        frozen: FrozenIs | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Begin; `frozen` is how it is where `run` begins, or None if the server is not frozen."""
        self._feed = feed
        self._frozen = frozen
        self._pause = pause
        self._everybody: set[Outbox] = set()
        self._watchers: dict[StreamName, set[Watcher]] = {}

    @contextmanager
    def telling(self, outbox: Outbox) -> Iterator[None]:
        """Tell a client that the server is frozen, when that changes, and who is forgotten."""
        if self._frozen is not None:
            outbox.put(format_frame(self._frozen))
        self._everybody.add(outbox)
        try:
            yield
        finally:
            self._everybody.discard(outbox)

    def add(self, stream: StreamName, watcher: Watcher) -> None:
        """Let a watcher hear of a stream."""
        self._watchers.setdefault(stream, set()).add(watcher)

    def remove(self, stream: StreamName, watcher: Watcher) -> None:
        """Let a watcher hear no more of a stream."""
        watchers = self._watchers.get(stream, set())
        watchers.discard(watcher)
        if not watchers:
            self._watchers.pop(stream, None)

    async def run(self, after: Checkpoint) -> None:
        """Tell of everything behind a checkpoint, until cancelled.

        While the log cannot be read it waits, and goes on behind what it has told.
        """
        while True:
            try:
                async for batch in self._feed.follow(after):
                    self._tell(batch)
                    after = batch[-1].position
            except StoreUnavailable as trouble:
                _LOG.warning("who watches is told later: %s", trouble)
                await self._pause(_RETRY)

    def _tell(self, batch: Sequence[Recorded[AnyEvent]]) -> None:
        for stream, events in groupby(batch, attrgetter("stream")):
            if stream == OPERATIONS:
                self._tell_whether_frozen([*events][-1])
                continue
            if stream == PLAYERS:
                self._tell_forgotten([one.event for one in events])
                continue
            watchers = self._watchers.get(stream)
            if not watchers:
                continue
            run = list(events)
            is_for_all = not any(isinstance(one.event, GameOpened) for one in run)
            frame = format_frame(happened(run, None)) if is_for_all else None
            for watcher in watchers:
                watcher.tell(run, frame)

    def _tell_whether_frozen(self, last: Recorded[AnyEvent]) -> None:
        reason = last.event.reason if isinstance(last.event, ServerFrozen) else None
        told = FrozenIs(reason=reason, since=last.at)
        self._frozen = None if reason is None else told
        self._tell_everybody(told)

    def _tell_forgotten(self, events: Sequence[AnyEvent]) -> None:
        forgotten = tuple(one.player for one in events if isinstance(one, PlayerForgotten))
        if forgotten:
            self._tell_everybody(ForgottenAre(players=forgotten))

    def _tell_everybody(self, message: FrozenIs | ForgottenAre) -> None:
        frame = format_frame(message)
        for outbox in self._everybody:
            outbox.put(frame)


def happened(run: Sequence[Recorded[AnyEvent]], player: PlayerId | None) -> Happened:
    """One or more events of one stream, as this player, or (None) everybody, may see them."""
    told = tuple(
        Told(version=one.version, at=one.at, by=one.by, event=_visible(one.event, player))
        for one in run
    )
    last = run[-1]
    head = last.hash.hex() if category_of(last.stream) == "game" else None
    return Happened(stream=last.stream, version=last.version, events=told, head=head)


def _visible(event: AnyEvent, player: PlayerId | None) -> Event:
    if isinstance(event, GameOpened) and player is not None:
        return event_as_seen_by(player, event)
    return cast("Event", event)  # the others, those of operations, nobody can watch

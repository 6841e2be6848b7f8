"""What must hold after a simulation, however it went: I1 to I4, and I6 to I9 of the design.

Each check yields sentences about what does not; none is what there has to be.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final, TypeAlias, cast

from clouds_edges.application.vocabulary import AnyEvent
from clouds_edges.domain.game import events as game_events
from clouds_edges.domain.game.decider import GAME_DECIDER
from clouds_edges.domain.game.events import GameEnded, GameStarted
from clouds_edges.domain.ids import GameId, category_of, game_in
from clouds_edges.domain.lobby import events as lobby_events
from clouds_edges.domain.lobby.decider import LOBBY_DECIDER
from clouds_edges.domain.lobby.events import (
    GameCancelled,
    GameClosed,
    GameExpired,
    GameOpened,
    SeatsFilled,
)
from clouds_edges.domain.visibility import event_as_seen_by, lobby_as_seen_by
from clouds_edges.eventsourcing.decider import CommandId, StreamName
from clouds_edges.eventsourcing.recorded import Recorded
from clouds_edges.protocol.messages import Accepted, Duplicate, Refused
from tests.faults.game_truth import lies_of_game
from tests.faults.journal import Answered, Journal, Order, View

_SLACK: Final = timedelta(seconds=3)
_NO_LONGER_OPEN: Final = (SeatsFilled, GameCancelled, GameExpired)

Log: TypeAlias = Sequence[Recorded[AnyEvent]]
Flaws: TypeAlias = Iterator[str]

_UNKNOWN_OUTCOME: Final = frozenset({"store_unavailable", "version_conflict"})
"""Refusals that do not say whether the order had an effect."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The log, what the clients know, and when which command was recorded, in seconds."""

    log: Log
    journal: Journal
    recorded_at: Mapping[tuple[str, CommandId], float]

    @property
    def end(self) -> int:
        """Where the log ends."""
        return len(self.log)


def flaws(evidence: Evidence) -> list[str]:
    """Everything that does not hold."""
    checks = (_surprises, _acknowledged, _effects, _order, _processes, _games, _clients)
    return [flaw for check in checks for flaw in check(evidence)]


def _surprises(evidence: Evidence) -> Flaws:
    yield from evidence.journal.surprises


def _acknowledged(evidence: Evidence) -> Flaws:
    """I1, and of I2 what answers say: what was accepted is there, what was refused is not."""
    heads = {(one.stream, one.version): one.hash for one in evidence.log}
    last = {(one.by, one.command_id): one for one in evidence.log}
    for order in evidence.journal.orders.values():
        effect = last.get((order.by, order.id))
        for answered in order.answers:
            answer = answered.answer
            match answer:
                case Accepted() | Duplicate():
                    if heads.get((answer.stream, answer.version), b"").hex() != answer.head:
                        yield f"I1: {order.id} of {order.by} was {answer.kind}, and is gone"
                    elif effect is not None and (effect.stream, effect.version) != (
                        answer.stream,
                        answer.version,
                    ):
                        yield f"I2: {order.id} of {order.by} was {answer.kind} as another event"
                    elif effect is None and order.commands[0].kind != "accept_draw":
                        yield f"I1: {order.id} of {order.by} was {answer.kind} without effect"
                case Refused():
                    yield from _refused_wrongly(order, answered, answer, evidence)
        is_first = [isinstance(one.answer, Accepted) for one in order.answers]
        if sum(is_first) > 1 and effect is not None:
            yield f"I2: {order.id} of {order.by} was accepted {sum(is_first)} times"


def _refused_wrongly(
    order: Order, answered: Answered, answer: Refused, evidence: Evidence
) -> Flaws:
    if answer.code in _UNKNOWN_OUTCOME:
        return
    if answer.code == "command_reused":
        if len(order.commands) == 1:
            yield f"I2: {order.id} of {order.by} was refused as another command"
        return
    at = evidence.recorded_at.get((order.by, order.id))
    if at is None:
        return
    if at < answered.asked:
        yield f"I2: {order.id} of {order.by} was refused ({answer.code}) after it was recorded"
    elif not order.is_echoed:
        yield f"I2: {order.id} of {order.by} was refused ({answer.code}), and is recorded"


def _effects(evidence: Evidence) -> Flaws:
    """I2: the events of a command are recorded together, once."""
    groups = groupby(evidence.log, lambda one: (one.by, one.command_id, one.stream))
    counts = Counter((by, command_id) for (by, command_id, _), _ in groups)
    for (by, command_id), count in counts.items():
        if count > 1:
            yield f"I2: {command_id} of {by} had {count} effects"


def _order(evidence: Evidence) -> Flaws:
    """I3: no holes, neither in the log nor in a stream."""
    versions: Counter[StreamName] = Counter()
    for place, one in enumerate(evidence.log, 1):
        versions[one.stream] += 1
        if one.position != place:
            yield f"I3: {one.name} is at position {one.position}, in place {place}"
        if one.version != versions[one.stream]:
            yield f"I3: {one.name} comes as number {versions[one.stream]} of its stream"


def _processes(evidence: Evidence) -> Flaws:
    """I7: every game whose seats are filled has begun once, and was closed once after its end."""
    seen: Counter[tuple[type, GameId]] = Counter()
    for one in evidence.log:
        match one.event:
            case GameStarted() | GameEnded():
                seen[type(one.event), game_in(one.stream)] += 1
            case SeatsFilled(game) | GameClosed(game):
                seen[type(one.event), game] += 1
            case _:
                pass
    pairs = ((SeatsFilled, GameStarted), (GameEnded, GameClosed))
    for cause, effect in pairs:
        for kind, game in tuple(seen):
            if kind in {cause, effect} and (seen[cause, game], seen[effect, game]) != (1, 1):
                counts = (
                    f"{seen[cause, game]} {cause.__name__}, {seen[effect, game]} {effect.__name__}"
                )
                yield f"I7: of {game} there are {counts}"


def _games(evidence: Evidence) -> Flaws:
    """I8."""
    for stream, events in by_stream(evidence.log).items():
        if category_of(stream) == "game":
            yield from (
                f"I8: {stream}: {lie}" for lie in lies_of_game([one.event for one in events])
            )


def _clients(evidence: Evidence) -> Flaws:
    """I9: what a client was told of a stream is a run of it."""
    streams = by_stream(evidence.log)
    for view in evidence.journal.all_views():
        events = streams.get(view.stream, [])
        yield from _differences(view, events)


def _differences(view: View, events: Log) -> Flaws:
    whose = f"I9: {view.viewer} in {view.stream}"
    shown = view.shown
    if shown is not None:
        before = (cast("lobby_events.Event", one.event) for one in events[: shown.version])
        fold = LOBBY_DECIDER.fold(before)
        if shown.lobby != lobby_as_seen_by(view.viewer, fold):
            yield f"{whose} was shown another lobby than that of version {shown.version}"
    begin = 0 if shown is None else shown.version
    for place, told in enumerate(view.told, begin):
        if told.version != place + 1 or place >= len(events):
            yield f"{whose} was told version {told.version} in place {place + 1} of {len(events)}"
            return
        one = events[place]
        event = one.event
        if isinstance(event, GameOpened):
            event = event_as_seen_by(view.viewer, event)
        if (told.event, told.at, told.by) != (event, one.at, one.by):
            yield f"{whose} was told {told}, but recorded is {one}"
            return


def unseen(journal: Journal, ends: Mapping[StreamName, int]) -> Flaws:
    """I9: what those who still look have not been told; it may be on its way."""
    for view in journal.views:
        end = ends.get(view.stream, 0)
        if view.is_current and view.version != end:
            yield f"I9: {view.viewer} was told {view.version} of {end} of {view.stream}"


def overdue(log: Log, now: datetime, open_for: timedelta) -> Flaws:
    """I7: what should have been called by now, because somebody's time is over.

    `open_for` is how long a game waits for people.
    """
    deadlines: list[tuple[str, datetime]] = []
    for stream, events in by_stream(log).items():
        if category_of(stream) == "game":
            game = GAME_DECIDER.fold(cast("game_events.Event", one.event) for one in events)
            if game is not None and game.runs_out is not None:
                deadlines.append((f"the clock of {stream}", game.runs_out))
            graces = {} if game is None else game.graces
            deadlines += [(f"a grace in {stream}", until) for until in graces.values()]
    opened = {one.event.game: one.at for one in log if isinstance(one.event, GameOpened)}
    gone = {one.event.game for one in log if isinstance(one.event, _NO_LONGER_OPEN)}
    deadlines += [(f"open game {it}", opened[it] + open_for) for it in opened if it not in gone]
    for what, deadline in deadlines:
        if deadline + _SLACK < now:
            yield f"I7: {what} is overdue, {deadline} is before {now}"


def by_stream(log: Log) -> dict[StreamName, list[Recorded[AnyEvent]]]:
    """The events of each stream, in their order."""
    streams: dict[StreamName, list[Recorded[AnyEvent]]] = {}
    for one in log:
        streams.setdefault(one.stream, []).append(one)
    return streams

"""The simulator's eyes: whatever is changed in what a simulation has left, is seen."""

import asyncio
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from clouds_edges.application.vocabulary import CODEC, AnyEvent
from clouds_edges.domain.game.events import (
    GameEnded,
    GameStarted,
    GraceEnded,
    LineDrawn,
    TimeRanOut,
)
from clouds_edges.domain.lobby.events import GameClosed, GameExpired
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.protocol.messages import Accepted, Refused
from tests.application.playing import house
from tests.faults.chance import chance_of
from tests.faults.honest_fold import wrong_rows, wrong_states
from tests.faults.invariants import Evidence, flaws, overdue, unseen
from tests.faults.journal import Answered, Journal, Order, View
from tests.faults.simulation import simulate_with_evidence
from tests.faults.virtual_loop import NothingLeft, VirtualLoop

Change = Callable[[Evidence], Evidence]


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    _, sound = simulate_with_evidence(6)
    return sound


def _first(evidence: Evidence, kind: type) -> int:
    return next(place for place, one in enumerate(evidence.log) if isinstance(one.event, kind))


def _without(evidence: Evidence, place: int) -> Evidence:
    return replace(evidence, log=[*evidence.log[:place], *evidence.log[place + 1 :]])


def _accepted(evidence: Evidence) -> Iterator[Order]:
    for order in evidence.journal.orders.values():
        if any(isinstance(one.answer, Accepted) for one in order.answers):
            yield order


def _forget_an_order(evidence: Evidence) -> Evidence:
    order = next(order for order in _accepted(evidence) if order.stream.startswith("game/"))
    log = [one for one in evidence.log if (one.by, one.command_id) != (order.by, order.id)]
    return replace(evidence, log=log)


def _change_a_hash(evidence: Evidence) -> Evidence:
    return replace(evidence, log=[replace(one, hash=b"other") for one in evidence.log])


def _refuse_what_is_recorded(evidence: Evidence) -> Evidence:
    order = next(_accepted(evidence))
    answer = Refused(id=order.id, code="not_your_turn", sentence="it is not")
    order.answers.append(Answered(evidence.recorded_at[order.by, order.id] + 1, answer))
    return evidence


def _accept_twice(evidence: Evidence) -> Evidence:
    order = next(_accepted(evidence))
    order.answers += [one for one in order.answers if isinstance(one.answer, Accepted)]
    return evidence


def _repeat_a_command(evidence: Evidence) -> Evidence:
    return replace(evidence, log=[*evidence.log, evidence.log[0]])


def _swap(evidence: Evidence) -> Evidence:
    first, second, *others = evidence.log
    return replace(evidence, log=[second, first, *others])


def _leave_a_game_open(evidence: Evidence) -> Evidence:
    return _without(evidence, _first(evidence, GameClosed))


def _begin_no_game(evidence: Evidence) -> Evidence:
    return _without(evidence, _first(evidence, GameStarted))


def _let_another_seat_draw(evidence: Evidence) -> Evidence:
    place = _first(evidence, LineDrawn)
    one = evidence.log[place]
    assert isinstance(one.event, LineDrawn)
    changed = replace(one, event=replace(one.event, seat=1 - one.event.seat))
    return replace(evidence, log=[*evidence.log[:place], changed, *evidence.log[place + 1 :]])


def _change_a_score(evidence: Evidence) -> Evidence:
    place = _first(evidence, GameEnded)
    one = evidence.log[place]
    assert isinstance(one.event, GameEnded)
    outcome = replace(one.event.outcome, scores=(9, 9))
    changed = replace(one, event=replace(one.event, outcome=outcome))
    return replace(evidence, log=[*evidence.log[:place], changed, *evidence.log[place + 1 :]])


def _told(evidence: Evidence) -> View:
    return next(view for view in evidence.journal.views if len(view.told) > 2)


def _tell_with_a_gap(evidence: Evidence) -> Evidence:
    del _told(evidence).told[1]
    return evidence


def _tell_twice(evidence: Evidence) -> Evidence:
    view = _told(evidence)
    view.told.insert(1, view.told[1])
    return evidence


def _tell_otherwise(evidence: Evidence) -> Evidence:
    view = _told(evidence)
    view.told[1] = view.told[1].model_copy(update={"by": "somebody"})
    return evidence


def _show_an_older_lobby(evidence: Evidence) -> Evidence:
    view = next(
        view
        for view in evidence.journal.all_views()
        if view.shown is not None and view.shown.version > 1
    )
    assert view.shown is not None
    view.shown = view.shown.model_copy(update={"version": view.shown.version - 1})
    return evidence


def _say_what_nobody_may(evidence: Evidence) -> Evidence:
    evidence.journal.surprises.append("I1: history is lost")
    return evidence


def test_nothing_is_wrong_with_what_was_left_as_it_is(evidence: Evidence) -> None:
    assert flaws(evidence) == []


@pytest.mark.parametrize(
    ("invariant", "change"),
    [
        ("I1", _forget_an_order),
        ("I1", _change_a_hash),
        ("I1", _say_what_nobody_may),
        ("I2", _refuse_what_is_recorded),
        ("I2", _accept_twice),
        ("I2", _repeat_a_command),
        ("I3", _swap),
        ("I7", _leave_a_game_open),
        ("I7", _begin_no_game),
        ("I8", _let_another_seat_draw),
        ("I8", _change_a_score),
        ("I9", _tell_with_a_gap),
        ("I9", _tell_twice),
        ("I9", _tell_otherwise),
        ("I9", _show_an_older_lobby),
    ],
)
def test_what_does_not_hold_is_seen(evidence: Evidence, invariant: str, change: Change) -> None:
    found = flaws(change(deepcopy(evidence)))

    assert invariant in {flaw.partition(":")[0] for flaw in found}


def test_a_client_that_is_told_no_more_is_seen(evidence: Evidence) -> None:
    view = deepcopy(_told(evidence))
    view.is_current = True
    journal = Journal(views=[view])

    assert list(unseen(journal, {view.stream: view.version})) == []
    assert list(unseen(journal, {view.stream: view.version + 1}))


def test_time_that_is_not_called_is_seen() -> None:
    _, sound = next(
        (figures, evidence)
        for figures, evidence in map(simulate_with_evidence, range(40))
        if {"time_ran_out", "game_expired", "grace_ended"} & figures.kinds
    )
    never = {TimeRanOut, GameEnded, GameExpired, GraceEnded, GameClosed}
    log = [one for one in sound.log if type(one.event) not in never]
    later = sound.log[-1].at + timedelta(days=1)

    assert any(overdue(log, later, timedelta(hours=1)))


async def test_states_and_rows_that_the_log_does_not_make_are_seen(tmp_path: Path) -> None:
    store = MemoryStore[AnyEvent](CODEC)
    async with house(store, tmp_path) as here:
        ann, bob = await here.sign_up("Ann"), await here.sign_up("Bob")
        await here.play_out(await here.start(ann, bob))
        await here.until_lobby(lambda lobby: not lobby.tables)
        log = await here.log()

        assert await wrong_states(here.system, log) == []
        assert await wrong_rows(here.system, log) == []
        assert await wrong_states(here.system, log[:-1]) != []
        assert len(await wrong_rows(here.system, log[:1])) == 4  # of each read model


class _Witness:
    """Somebody at work for ever, who notes what they come to."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    async def work(self) -> None:
        try:
            while True:
                await asyncio.sleep(1.0)
                self.notes.append("still here")
        finally:
            self.notes.append("tidied up")


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    virtual = VirtualLoop(chance_of("a test"))
    yield virtual
    virtual.run_until_complete(virtual.bury())
    virtual.close()


def test_a_life_that_is_ended_does_not_even_tidy_up(loop: VirtualLoop) -> None:
    witness = _Witness()

    async def end() -> None:
        life, _ = loop.begin_life(witness.work())
        await asyncio.sleep(2.5)
        loop.end_life(life)
        await asyncio.sleep(1000.0)

    loop.run_until_complete(end())

    assert witness.notes == ["still here"] * 2
    assert loop.time() == pytest.approx(1002.5)


def test_what_was_left_is_tidied_up_before_the_loop_is_closed(loop: VirtualLoop) -> None:
    witness = _Witness()

    async def end() -> None:
        life, _ = loop.begin_life(witness.work())
        await asyncio.sleep(0.5)
        loop.end_life(life)
        await loop.bury()

    loop.run_until_complete(end())

    assert witness.notes == ["tidied up"]


def test_a_wait_that_nobody_ends_is_an_error(loop: VirtualLoop) -> None:
    with pytest.raises(NothingLeft, match="everybody waits"):
        loop.run_until_complete(asyncio.Event().wait())

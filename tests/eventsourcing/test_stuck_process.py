"""A process that fails at an event: tried again, then parked, and nobody else has to wait."""

import logging
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from clouds_edges.eventsourcing.errors import StoreUnavailable, VersionConflict
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.process_file import Change, ProcessFile
from clouds_edges.eventsourcing.process_status import ProcessState
from clouds_edges.eventsourcing.sqlite import SQLiteStore
from clouds_edges.eventsourcing.stuck import MOST_TRIES, NotStuck, Stuck
from tests.eventsourcing.house import House
from tests.eventsourcing.lamp import ATTIC, CODEC, HALL, Event
from tests.eventsourcing.scribe import CELLAR, FIRST, PAUSES, Scribe, labels, wait_until_parked


def _stuck(tries: int, *, is_parked: bool) -> Stuck:
    return Stuck(HALL, FIRST, 1, tries, "LookupError: poison", is_parked, waiting=0)


async def test_an_event_that_fails_is_tried_again_at_growing_intervals(
    house: House, scribe: Scribe
) -> None:
    async with house.running(scribe.process) as runner:
        await house.happen(*labels("poison"))
        for tries, seconds in enumerate(PAUSES, 1):
            await house.clock.idle()
            assert house.clock.rests[-1] == seconds
            assert runner.status.stuck == (_stuck(tries, is_parked=False),)
            house.clock.advance(seconds - 0.5)
            await house.clock.idle()
            assert len(scribe.read) == tries
            house.clock.advance(0.5)
        await house.clock.idle()
        assert runner.status.stuck == (_stuck(MOST_TRIES, is_parked=True),)
        assert house.clock.rests[-1] is None
    assert scribe.read == ["poison"] * MOST_TRIES


async def test_a_failure_that_passes_is_no_more_seen(house: House, scribe: Scribe) -> None:
    async with house.running(scribe.process) as runner:
        await house.happen(*labels("poison", "second"))
        await house.clock.idle()
        scribe.is_cured = True
        house.clock.advance(1)
        await house.clock.idle()
        assert runner.status.stuck == ()
    assert scribe.read == ["poison", "poison", "second"]


async def test_a_conflict_is_a_failure_like_any_other(house: House, scribe: Scribe) -> None:
    house.troubles = [VersionConflict(ATTIC, 1, 2)]
    async with house.running(scribe.process) as runner:
        await house.happen(*labels("first"))
        await house.clock.idle()
        assert runner.status.state is ProcessState.FOLLOWING
        (stuck,) = runner.status.stuck
        assert stuck.error == "VersionConflict: lamp/attic is at version 2, not at 1"
        house.clock.advance(1)
        await house.clock.idle()
        assert runner.status.stuck == ()


async def test_a_store_in_trouble_is_no_try(house: House, scribe: Scribe) -> None:
    async with house.running(scribe.process) as runner:
        await house.happen(*labels("poison"))
        await house.clock.idle()
        scribe.is_cured = True
        house.troubles = [StoreUnavailable("the disk is full")] * 50
        while house.troubles:
            house.clock.advance(1)
            await house.clock.idle()
        (stuck,) = runner.status.stuck
        assert (stuck.tries, stuck.is_parked) == (1, False)
        house.clock.advance(1)
        await house.clock.idle()
        assert runner.status.stuck == ()


async def test_other_streams_go_on_and_later_events_of_the_stream_wait(
    house: House, scribe: Scribe
) -> None:
    async with house.running(scribe.process) as runner:
        await house.happen(*labels("poison", "second"))
        await house.happen(*labels("below"), stream=CELLAR)
        await house.happen(*labels("third"))
        await house.clock.idle()
        assert scribe.read == ["poison", "below"]
        await wait_until_parked(house)
        await house.happen(*labels("fourth"))
        await house.happen(*labels("below again"), stream=CELLAR)
        await house.clock.idle()
        assert scribe.read == ["poison", "below", *["poison"] * 5, "below again"]
        (stuck,) = runner.status.stuck
        assert (stuck.is_parked, stuck.waiting) == (True, 3)


async def test_what_is_parked_is_in_the_log_of_the_server(
    house: House, scribe: Scribe, caplog: pytest.LogCaptureFixture
) -> None:
    async with house.running(scribe.process):
        await house.happen(*labels("poison"))
        await house.clock.idle()
        assert "scribe on lamp/hall@1, try 1: LookupError: poison" in caplog.text
        await wait_until_parked(house)
    (parked,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert parked.getMessage() == "scribe on lamp/hall@1 is parked"
    assert parked.exc_info is not None


async def test_a_parked_event_is_retried_and_then_those_behind_it_in_order(
    house: House, scribe: Scribe
) -> None:
    async with house.running(scribe.process) as runner:
        await house.happen(*labels("poison", "second", "third"))
        await house.clock.idle()
        await wait_until_parked(house)
        scribe.is_cured = True
        scribe.read.clear()

        await runner.retry(HALL)
        await house.clock.idle()

        assert scribe.read == ["poison", "second", "third"]
        assert runner.status.stuck == ()
        await house.happen(*labels("fourth"))
    assert scribe.read == ["poison", "second", "third", "fourth"]
    assert [one.id for one in house.given] == [f"scribe:{n}:0" for n in (1, 2, 3, 4)]


async def test_a_retry_that_fails_begins_its_tries_anew(house: House, scribe: Scribe) -> None:
    async with house.running(scribe.process) as runner:
        await house.happen(*labels("poison"))
        await house.clock.idle()
        await wait_until_parked(house)
        await runner.retry(HALL)
        await house.clock.idle()
        (stuck,) = runner.status.stuck
        assert (stuck.tries, stuck.is_parked) == (1, False)
        await wait_until_parked(house)
        (stuck,) = runner.status.stuck
        assert (stuck.tries, stuck.is_parked) == (MOST_TRIES, True)


async def test_a_parked_event_is_skipped_and_those_behind_it_go_on(
    house: House, scribe: Scribe
) -> None:
    async with house.running(scribe.process) as runner:
        await house.happen(*labels("poison", "second", "poison too", "fourth"))
        await house.clock.idle()
        await wait_until_parked(house)
        scribe.read.clear()

        await runner.skip(HALL)
        await house.clock.idle()
        (stuck,) = runner.status.stuck
        assert (stuck.position, stuck.version, stuck.waiting) == (3, 3, 1)
        await runner.skip(HALL)
        await house.clock.idle()

        assert scribe.read == ["second", "poison too", "fourth"]
        assert runner.status.stuck == ()
    assert [one.id for one in house.given] == ["scribe:2:0", "scribe:4:0"]


async def test_only_where_a_process_is_stuck_there_is_something_to_retry(
    house: House, scribe: Scribe
) -> None:
    runner = house.runner(scribe.process)
    for act in (runner.retry, runner.skip):
        with pytest.raises(NotStuck, match="the process scribe is not stuck in lamp/hall"):
            await act(HALL)


async def test_everything_stuck_survives_a_restart(house: House, scribe: Scribe) -> None:
    async with house.running(scribe.process) as runner:
        await house.happen(*labels("poison", "second"))
        await house.happen(*labels("poison below"), stream=CELLAR)
        await house.clock.idle()
        await wait_until_parked(house)
        await house.happen(*labels("third"))
        await house.clock.idle()
        before = runner.status.stuck
        assert [one.waiting for one in before] == [2, 0]

    house.reopen_file()
    async with house.running(scribe.process) as runner:
        assert runner.status.stuck == before
        await house.happen(*labels("fourth"))
        await house.clock.idle()
        scribe.is_cured = True
        scribe.read.clear()
        await runner.skip(HALL)
        await runner.retry(CELLAR)
        await house.clock.idle()
        assert runner.status.stuck == ()

    assert sorted(scribe.read) == ["fourth", "poison below", "second", "third"]
    assert [one for one in scribe.read if one != "poison below"] == ["second", "third", "fourth"]
    house.reopen_file()
    async with house.running(scribe.process) as runner:
        assert runner.status.stuck == ()


async def test_what_is_tried_again_goes_on_at_once_after_a_restart(
    house: House, scribe: Scribe
) -> None:
    async with house.running(scribe.process):
        await house.happen(*labels("poison", "second"))
        await house.clock.idle()
        house.clock.advance(1)

    scribe.is_cured = True
    house.reopen_file()
    async with house.running(scribe.process) as runner:
        assert runner.status.stuck == ()
    assert scribe.read == ["poison"] * 3 + ["second"]


class _NotingFile(ProcessFile):
    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.chosen: list[bool] = []
        """Of every change that was saved, whether it was somebody's choice."""

    async def save(self, name: str, change: Change) -> None:
        await super().save(name, change)
        self.chosen.append(change.is_chosen)


@pytest.mark.parametrize("label", ["poison", "timer poison"])
async def test_a_skip_is_saved_as_somebodys_choice_and_nothing_else_is(
    memory: MemoryStore[Event], tmp_path: Path, scribe: Scribe, label: str
) -> None:
    house = House(memory, tmp_path / "processes.db")
    house.file.close()
    house.file = file = _NotingFile(house.path)
    async with house.running(scribe.process) as runner:
        await house.happen(*labels(label))
        await house.clock.idle()
        house.clock.advance(3600)
        await house.clock.idle()
        assert not any(file.chosen)
        file.chosen.clear()

        await runner.skip(HALL)
        await house.happen(*labels("second"))
        await house.clock.idle()
        assert file.chosen == [True, False]
    house.file.close()


async def test_what_waits_in_a_stream_that_became_unreadable_is_passed_over(
    tmp_path: Path, scribe: Scribe, caplog: pytest.LogCaptureFixture
) -> None:
    async with SQLiteStore(tmp_path / "events.db", CODEC) as store:
        house = House(store, tmp_path / "processes.db")
        async with house.running(scribe.process):
            await house.happen(*labels("poison", "second"))
            await house.happen(*labels("below"), stream=CELLAR)
        house.file.close()
    _tamper(tmp_path / "events.db")

    async with SQLiteStore(tmp_path / "events.db", CODEC) as store:
        house = House(store, tmp_path / "processes.db")
        async with house.running(scribe.process) as runner:
            pass
        house.file.close()
    assert runner.status.stuck == ()
    assert scribe.read == ["poison", "below"]
    assert "scribe passes over lamp/hall@1, which cannot be read any more" in caplog.text


def _tamper(path: Path) -> None:
    with closing(apsw.Connection(str(path))) as connection:
        connection.execute("UPDATE events SET kind = 'of_tomorrow' WHERE position = 1")

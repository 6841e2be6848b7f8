"""The disk fails at any call (F3): I1, I2 and I3 hold. Some 12 seconds."""

import logging
from pathlib import Path

import pytest

from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.eventsourcing.sqlite import SQLiteStore
from tests.eventsourcing.lamp import ATTIC, CODEC, HALL, Event, TurnedOff, TurnedOn, to_append
from tests.faults.disk import Asked, Call, disk_in_place
from tests.faults.io_errors import FailOnce, fail_at_every_call


async def test_a_failing_disk_takes_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    errors = await fail_at_every_call(tmp_path)

    assert errors.unsound == ()
    assert errors.lost == errors.doubled == errors.halved == errors.holes == 0
    assert errors.accepted_after_failed_sync == 0
    assert errors.unreadable == 0
    assert errors.writes > 100
    assert errors.syncs > 20
    assert errors.truncates >= 1
    assert errors.refused > errors.writes / 2


class Careless(SQLiteStore[Event]):
    """A store that makes nothing of a flush that failed."""

    def _look_after_file(self) -> None: ...


async def test_who_makes_nothing_of_a_failed_flush_goes_on_accepting(tmp_path: Path) -> None:
    """The control."""
    errors = await fail_at_every_call(tmp_path, Careless)

    assert errors.accepted_after_failed_sync > 50


async def test_after_a_failed_flush_the_log_is_for_reading_only(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with disk_in_place() as disk:
        async with SQLiteStore(tmp_path / "events.db", CODEC) as store:
            await store.append(to_append(TurnedOn()))
            disk.fault = _FailFirst(Call.SYNC)
            assert store.trouble is None

            with pytest.raises(StoreUnavailable, match="the disk of the server has failed"):
                await store.append(to_append(TurnedOff(), after=1, command_id="off"))

            assert store.trouble is not None
            with pytest.raises(StoreUnavailable, match="tell who runs the server"):
                await store.append(to_append(TurnedOn(), stream=ATTIC, command_id="attic"))
            assert len(await store.read_stream(HALL)) == 1
        (told,) = [one.getMessage() for one in caplog.records if one.levelno == logging.CRITICAL]
        assert "events.db could not be flushed to the disk (disk I/O error); what" in told
        assert "look after the disk, then start the server again" in told

        async with SQLiteStore(tmp_path / "events.db", CODEC) as store:
            await store.append(to_append(TurnedOff(), after=1, command_id="off"))
            assert store.trouble is None


async def test_after_a_failed_write_the_next_one_may_do(tmp_path: Path) -> None:
    with disk_in_place() as disk:
        async with SQLiteStore(tmp_path / "events.db", CODEC) as store:
            disk.fault = _FailFirst(Call.WRITE)
            with pytest.raises(StoreUnavailable, match="the event log cannot be written: "):
                await store.append(to_append(TurnedOn()))
            assert store.trouble is None
            assert (await store.append(to_append(TurnedOn()))).outcome.version == 1


async def test_a_log_is_not_opened_on_a_disk_that_fails(tmp_path: Path) -> None:
    with disk_in_place() as disk:
        disk.fault = _FailFirst(Call.SYNC)
        with pytest.raises(StoreUnavailable, match=r"the event log .* cannot be opened: "):
            SQLiteStore(tmp_path / "events.db", CODEC)


class _FailFirst:
    """Lets the first call of a kind fail."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._fail = FailOnce(1)

    def __call__(self, asked: Asked) -> None:
        if asked.call is self._call:
            self._fail(asked)

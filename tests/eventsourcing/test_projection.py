import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import apsw
import pytest

from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.eventsourcing.feed import Feed
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.projection import CheckpointFile, ProjectionRunner
from clouds_edges.eventsourcing.recorded import BEGINNING, Checkpoint, Recorded
from tests.eventsourcing.lamp import (
    Event,
    Labelled,
    TurnedOff,
    TurnedOn,
    to_append,
)


class _Switched:
    """How often each lamp was turned on; one event can be made to fail."""

    events: Final = (TurnedOn,)

    def __init__(self, name: str = "switched", fails_at: int | None = None) -> None:
        self.name = name
        self.tables = f"CREATE TABLE IF NOT EXISTS {name} (stream TEXT PRIMARY KEY, times INTEGER)"
        self._fails_at = fails_at

    def apply(self, recorded: Recorded[Event], rows: apsw.Connection) -> None:
        rows.execute(
            f"INSERT INTO {self.name} VALUES (?, 1) ON CONFLICT DO UPDATE SET times = times + 1",  # noqa: S608 - a name of ours
            (recorded.stream,),
        )
        if recorded.position == self._fails_at:
            message = "no idea what to do"
            raise LookupError(message)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[CheckpointFile]:
    file = CheckpointFile(tmp_path / "read-models.db")
    yield file
    file.close()


async def _switch(store: MemoryStore[Event], times: int, after: int = 0) -> None:
    for n in range(after, after + times):
        await store.append(to_append(TurnedOn(), after=n, command_id=f"{n}"))


async def _until(file: CheckpointFile, checkpoint: int, *names: str) -> None:
    async with asyncio.timeout(10):
        while any(file.load(n) < checkpoint for n in names):  # noqa: ASYNC110 - a file is mute
            await asyncio.sleep(0)


def _times(file: CheckpointFile, name: str = "switched") -> int:
    sql = f"SELECT coalesce(sum(times), 0) FROM {name}"  # noqa: S608 - a name of ours
    with file.lock:
        times: int = file.connection.execute(sql).get
    return times


async def _run(runner: ProjectionRunner[Event], file: CheckpointFile, upto: int, name: str) -> None:
    running = asyncio.ensure_future(runner.run())
    await _until(file, upto, name)
    running.cancel()
    await asyncio.wait([running])
    assert runner.failure is None


async def test_a_read_model_is_a_fold_of_the_log(
    memory: MemoryStore[Event], file: CheckpointFile
) -> None:
    await _switch(memory, 3)
    await _run(ProjectionRunner(_Switched(), file, Feed(memory)), file, 3, "switched")
    reading = file.reader()
    assert reading.execute("SELECT * FROM switched").get == ("lamp/hall", 3)
    with pytest.raises(apsw.ReadOnlyError):
        reading.execute("DELETE FROM switched")
    reading.close()


async def test_a_read_model_goes_on_where_it_was(
    memory: MemoryStore[Event], tmp_path: Path
) -> None:
    for round_ in range(3):
        await _switch(memory, 2, after=2 * round_)
        file = CheckpointFile(tmp_path / "read-models.db")
        runner = ProjectionRunner(_Switched(), file, Feed(memory))
        await _run(runner, file, 2 * round_ + 2, "switched")
        assert _times(file) == 2 * round_ + 2
        file.close()


async def test_a_deleted_read_model_is_built_again(
    memory: MemoryStore[Event], tmp_path: Path
) -> None:
    await _switch(memory, 700)
    for name in ("first.db", "second.db"):
        file = CheckpointFile(tmp_path / name)
        await _run(ProjectionRunner(_Switched(), file, Feed(memory)), file, 700, "switched")
        assert _times(file) == 700
        file.close()


async def test_a_failing_read_model_stops_alone_with_rows_and_checkpoint_together(
    memory: MemoryStore[Event], file: CheckpointFile, caplog: pytest.LogCaptureFixture
) -> None:
    feed = Feed(memory)
    await _switch(memory, 2)
    bad = ProjectionRunner(_Switched("bad", fails_at=4), file, feed)
    good = ProjectionRunner(_Switched("good"), file, feed)
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(runner.run()) for runner in (bad, good)]
        await _until(file, 2, "bad", "good")
        await memory.append(
            to_append(TurnedOn(), TurnedOn(), TurnedOn(), after=2, command_id="three")
        )
        await running[0]
        await _until(file, 5, "good")
        running[1].cancel()

    assert isinstance(bad.failure, LookupError)
    assert good.failure is None
    assert (_times(file, "bad"), file.load("bad")) == (2, 2)
    assert (_times(file, "good"), file.load("good")) == (5, 5)
    assert "the read model bad has stopped" in caplog.text


async def test_two_read_models_in_one_file_do_not_mix_their_transactions(
    memory: MemoryStore[Event], file: CheckpointFile, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    feed = Feed(memory)
    names = [f"model_{n}" for n in range(6)]
    runners = [
        ProjectionRunner(_Switched(name, fails_at=None if n % 2 else 150), file, feed)
        for n, name in enumerate(names)
    ]
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(runner.run()) for runner in runners]
        for n in range(200):
            await _switch(memory, 1, after=n)
            await asyncio.sleep(0)
        await _until(file, 200, *names[1::2])
        for task in running:
            task.cancel()

    for name in names[1::2]:
        assert _times(file, name) == 200
    for name in names[::2]:
        assert _times(file, name) == file.load(name) < 150


async def test_events_without_effect_are_passed_now_and_then(
    memory: MemoryStore[Event], file: CheckpointFile
) -> None:
    await memory.append(to_append(*[TurnedOff()] * 1500))
    await _run(ProjectionRunner(_Switched(), file, Feed(memory)), file, 1000, "switched")
    assert file.load("switched") == 1024
    assert _times(file) == 0


async def test_only_the_events_asked_for_are_applied(
    memory: MemoryStore[Event], file: CheckpointFile
) -> None:
    await memory.append(to_append(TurnedOn(), Labelled("hall"), TurnedOff(), TurnedOn()))
    await _run(ProjectionRunner(_Switched(), file, Feed(memory)), file, 4, "switched")
    assert _times(file) == 2


def test_checkpoints_are_kept_by_name(tmp_path: Path) -> None:
    file = CheckpointFile(tmp_path / "checkpoints.db")
    file.save("one", Checkpoint(7))
    file.save("other", Checkpoint(8))
    file.save("one", Checkpoint(9))
    file.close()

    file = CheckpointFile(tmp_path / "checkpoints.db")
    assert [file.load(name) for name in ("one", "other", "new")] == [9, 8, BEGINNING]
    file.close()


def test_a_file_that_cannot_be_opened_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match=r"nowhere.* cannot be opened: "):
        CheckpointFile(tmp_path / "nowhere" / "checkpoints.db")


def test_a_checkpoint_that_cannot_be_saved_is_said_in_a_sentence(tmp_path: Path) -> None:
    file = CheckpointFile(tmp_path / "checkpoints.db")
    file.close()
    with pytest.raises(StoreUnavailable, match="the checkpoint of one cannot be saved: "):
        file.save("one", Checkpoint(7))

"""The file of a closed log is garbled or cut off (F5): I1 and I10 hold. Some 10 seconds."""

from pathlib import Path

from clouds_edges.eventsourcing.sqlite import SQLiteStore
from clouds_edges.eventsourcing.sqlite_reader import Reader
from tests.eventsourcing.lamp import CODEC, Event
from tests.faults.garbling import Found, garble_often, opened_log


async def test_a_damaged_log_serves_nothing_that_was_not_recorded(tmp_path: Path) -> None:
    garbled = await garble_often(range(120), tmp_path)

    assert garbled.unsound_seeds == ()
    assert garbled.other_answers == 0
    for found in (Found.WHOLE, Found.QUARANTINED, Found.UNREADABLE, Found.REFUSED):
        assert garbled.found[found] > 0


async def test_what_was_served_wrongly_once_is_not_any_more(tmp_path: Path) -> None:
    """Seeds of an index that hid the end of streams, and of commands that could not be read."""
    index = (1716, 1921, 1980, 2247, 3291, 3930)
    commands = (1167, 1646, 2123, 2130, 2215, 2423)

    assert (await garble_often([*index, *commands], tmp_path)).unsound_seeds == ()


class _Trusting(Reader[Event]):
    """A reader that does not look at the hashes."""

    def _check(self, _row: object, _head: bytes) -> None: ...


def trusting(path: Path) -> SQLiteStore[Event]:
    store = opened_log(path)
    store._reader = _Trusting(store._reader.connection, CODEC)  # noqa: SLF001 - as it must not be
    return store


async def test_without_the_hashes_it_serves_lines_that_were_not_recorded(tmp_path: Path) -> None:
    """The control."""
    garbled = await garble_often(range(60), tmp_path, trusting)

    assert garbled.found[Found.CHANGED] > 0

"""What is in the file is not what was written (F6): noticed, and kept from hurting others."""

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypeAlias

import apsw
import pytest

from clouds_edges.eventsourcing.command_handler import CommandHandler
from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.eventsourcing.errors import StoreDamaged, StreamQuarantined
from clouds_edges.eventsourcing.feed import Feed
from clouds_edges.eventsourcing.recorded import BEGINNING, Checkpoint, Recorded
from clouds_edges.eventsourcing.sqlite import SQLiteStore
from clouds_edges.eventsourcing.sqlite_reader import Reader
from tests.eventsourcing.lamp import (
    ATTIC,
    CODEC,
    HALL,
    LAMP_DECIDER,
    Command,
    Event,
    Flash,
    Labelled,
    Lamp,
    Somebody,
    Switch,
    TurnedOff,
    TurnedOn,
    issued,
    to_append,
)

Lamps: TypeAlias = CommandHandler[Command, Somebody, Event, Lamp]

_HALL_3: Final = [TurnedOn(), TurnedOff(), Labelled("hall")]


@pytest.fixture
async def written(tmp_path: Path) -> Path:
    """A closed file with three events in the hall and two in the attic, in turns."""
    path = tmp_path / "events.db"
    async with SQLiteStore(path, CODEC) as store:
        await store.append(to_append(TurnedOn(), command_id="h1"))
        await store.append(to_append(TurnedOn(), stream=ATTIC, command_id="a1"))
        await store.append(to_append(TurnedOff(), after=1, command_id="h2"))
        await store.append(to_append(Labelled("hall"), after=2, command_id="h3"))
        await store.append(to_append(TurnedOff(), after=1, stream=ATTIC, command_id="a2"))
    return path


def _tamper(path: Path, sql: str) -> None:
    connection = apsw.Connection(str(path))
    connection.execute(sql)
    connection.close()


_SET: Final = "UPDATE events SET {0} = {1} WHERE stream = 'lamp/hall' AND version = 2"
_SWAP_POSITIONS: Final = """
UPDATE events SET position = -position WHERE position IN ({0}, {1});
UPDATE events SET position = {0} + {1} + position WHERE position < 0
"""
_FLIP: Final = _SET.format(
    "data", "CAST(substr(data, 1, {0}) || x'21' || substr(data, {0} + 2) AS BLOB)"
)

_DAMAGES: Final = [
    *((_FLIP.format(place), 2) for place in (0, 10, 20)),
    (_SET.format("data", """CAST('{"kind":"turned_off" }' AS BLOB)"""), 2),
    (_SET.format("data", "x''"), 2),
    (_SET.format("data", "x'ff'"), 2),
    (_SET.format("version", "9"), 2),
    (_SET.format("version", "0"), 2),
    (_SET.format("version", "-1"), 2),
    (_SET.format("at", "at + 1"), 2),
    (_SET.format("at", "9223372036854775807"), 2),
    (_SET.format("actor", "'bob'"), 2),
    (_SET.format("actor", "CAST(x'ff' AS TEXT)"), 2),
    (_SET.format("command", "'h9'"), 2),
    (_SET.format("cause", "''"), 2),
    (_SET.format("cause", "CAST(x'c328' AS TEXT)"), 2),
    (_SET.format("kind", "'turned_on'"), 2),
    (_SET.format("kind", "CAST(x'ff' AS TEXT)"), 2),
    (_SET.format("schema", "2"), 2),
    (_SET.format("hash", "zeroblob(32)"), 2),
    (_SET.format("hash", "x''"), 2),
    (_SET.format("stream", "'lamp/halo'"), 2),
    (_SET.format("stream", "CAST(x'ff' AS TEXT)"), 2),
    ("DELETE FROM events WHERE stream = 'lamp/hall' AND version = 1", 1),
    ("DELETE FROM events WHERE stream = 'lamp/hall' AND version = 2", 2),
    ("DELETE FROM events WHERE stream = 'lamp/hall' AND version = 3", 3),
    ("DELETE FROM events WHERE stream = 'lamp/hall' AND version > 1", 2),
    (_SWAP_POSITIONS.format(1, 3), 2),
    (_SWAP_POSITIONS.format(3, 4), 3),
    (
        """UPDATE events SET version = 12 - version WHERE stream = 'lamp/hall' AND version < 3;
        UPDATE events SET version = version - 9 WHERE version > 9""",
        1,
    ),
    (
        """UPDATE events SET (kind, data) = (SELECT kind, data FROM events WHERE position = 1)
        WHERE position = 3""",
        2,
    ),
]


@pytest.mark.parametrize(("sql", "version"), _DAMAGES)
@pytest.mark.parametrize("reads_log_first", [True, False])
async def test_a_stream_ends_where_it_is_damaged_and_the_others_go_on(
    written: Path, sql: str, version: int, *, reads_log_first: bool
) -> None:
    before = await _log(written)
    _tamper(written, sql)

    async with SQLiteStore(written, CODEC) as store:
        log = [*await store.read_log(BEGINNING, 10)] if reads_log_first else None
        with pytest.raises(StreamQuarantined) as caught:
            await store.read_stream(HALL)

        assert (caught.value.stream, caught.value.version) == (HALL, version)
        assert store.quarantined[HALL].version == version
        assert ATTIC not in store.quarantined
        readable = [one for one in before if one.stream == ATTIC or one.version < version]
        again = await store.read_log(BEGINNING, 10)
        assert _named(again) == _named(readable) == _named(log or again)
        assert [one.name for one in await store.read_sound(HALL)] == [
            one.name for one in readable if one.stream == HALL
        ]
        assert len(await store.read_stream(ATTIC)) == len(await store.read_sound(ATTIC)) == 2


async def test_a_quarantined_stream_takes_no_commands_and_the_others_do(written: Path) -> None:
    async with SQLiteStore(written, CODEC) as store:
        lamps: Lamps = CommandHandler(LAMP_DECIDER, store)
        in_memory = await lamps.load(HALL)
        _tamper(written, _SET.format("at", "at + 1"))
        assert len(await store.read_log(BEGINNING, 10)) == 3

        for act in (
            lamps.handle(HALL, issued(Flash(), "h4")),
            lamps.handle(HALL, issued(Switch(on=False), "h2")),  # not even for a repeat
            lamps.load(HALL),
        ):
            with pytest.raises(StreamQuarantined, match=r"lamp/hall .* everything else goes on"):
                await act
        assert await lamps.load_sound(HALL) == in_memory
        assert (await lamps.handle(ATTIC, issued(Flash(), "a3"))).outcome.version == 4


async def test_of_a_quarantined_stream_there_is_the_state_before_the_damage(
    written: Path,
) -> None:
    _tamper(written, _SET.format("at", "at + 1"))
    async with SQLiteStore(written, CODEC) as store:
        lamps: Lamps = CommandHandler(LAMP_DECIDER, store)
        with pytest.raises(StreamQuarantined):
            await lamps.load(HALL)

        before = await lamps.load_sound(HALL)

        assert (before.state, before.version) == (Lamp(on=True, switched=1), 1)
        assert await lamps.load_sound(HALL) is before
        assert await lamps.load_sound(ATTIC) == await lamps.load(ATTIC)


@pytest.mark.parametrize("after", [1, 2])
async def test_the_chain_is_checked_behind_a_version_too(written: Path, after: int) -> None:
    _tamper(written, "DELETE FROM events WHERE stream = 'lamp/hall' AND version = 2")

    connection = apsw.Connection(str(written))
    with pytest.raises(StreamQuarantined) as caught:
        Reader(connection, CODEC).read_stream(HALL, after)
    assert caught.value.version == 2
    connection.close()


@pytest.mark.parametrize(
    "damage",
    ["head = zeroblob(32)", "version = 1", "stream = 'lamp/attic'", "stream = CAST(x'ff' AS TEXT)"],
)
async def test_a_repeat_of_a_command_gets_no_answer_that_the_log_does_not_have(
    written: Path, damage: str
) -> None:
    _tamper(written, f"UPDATE commands SET {damage} WHERE id = 'h2'")  # noqa: S608 - a test's own
    repeat = to_append(TurnedOff(), after=3, command_id="h2")

    async with SQLiteStore(written, CODEC) as store:
        with pytest.raises(StoreDamaged, match="what command 'h2' of ann has led to is damaged"):
            await store.append(repeat)
        with pytest.raises(StoreDamaged):
            await store.outcome_of(repeat.by, repeat.command_id, repeat.body)
        other = to_append(TurnedOff(), after=2, stream=ATTIC, command_id="a3")
        assert (await store.append(other)).outcome.version == 3
        assert (await store.append(other)).recorded == ()


async def test_what_is_damaged_is_told_to_the_operator_once(
    written: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _tamper(written, _SET.format("at", "at + 1"))
    async with SQLiteStore(written, CODEC) as store:
        for _ in range(3):
            await store.read_log(BEGINNING, 10)
    (told,) = [one.getMessage() for one in caplog.records if one.levelno == logging.ERROR]
    assert "lamp/hall is closed" in told
    assert "from version 2 on (lamp/hall was changed after it was recorded" in told


async def test_followers_of_the_log_go_on_behind_the_damage(written: Path) -> None:
    _tamper(written, _SET.format("hash", "zeroblob(32)"))
    async with SQLiteStore(written, CODEC) as store:
        feed, seen = Feed(store), list[str]()
        async with asyncio.timeout(10):
            async for batch in feed.follow(BEGINNING):
                seen += [one.name for one in batch]
                if seen[-1] == "lamp/attic@3":
                    break
                await store.append(to_append(TurnedOn(), after=2, stream=ATTIC, command_id="a3"))
        assert seen == ["lamp/hall@1", "lamp/attic@1", "lamp/attic@2", "lamp/attic@3"]


async def test_readers_at_different_places_do_not_confuse_each_other(tmp_path: Path) -> None:
    async with SQLiteStore(tmp_path / "events.db", CODEC) as store:
        for number in range(10):
            stream = HALL if number % 2 else ATTIC
            await store.append(
                to_append(TurnedOn(), stream=stream, after=number // 2, command_id=f"{number}")
            )
        whole = await store.read_log(BEGINNING, 10)
        for after in (8, 3, 9, 0, 5, 5, 1):
            assert await store.read_log(Checkpoint(after), 2) == whole[after : after + 2]
        assert not store.quarantined


async def _log(path: Path) -> Sequence[Recorded[Event]]:
    async with SQLiteStore(path, CODEC) as store:
        return await store.read_log(BEGINNING, 10)


def _named(log: Sequence[Recorded[Event]]) -> set[str]:
    """Which events these are; those that were moved are the same in another place."""
    return {one.name for one in log}


async def test_an_untouched_file_is_whole(written: Path) -> None:
    """The control of the test above."""
    _tamper(written, "SELECT * FROM events")

    async with SQLiteStore(written, CODEC) as store:
        assert [one.event for one in await store.read_stream(HALL)] == _HALL_3
        assert [one.position for one in await store.read_log(BEGINNING, 10)] == [1, 2, 3, 4, 5]
        assert not store.quarantined


class _Trusting(Reader[Event]):
    """A reader that does not look at the hashes."""

    def _check(self, _row: object, _head: bytes) -> None: ...


@pytest.mark.parametrize("field", ["at = at + 1", "actor = 'bob'", "command = 'h9'", "cause = ''"])
@pytest.mark.parametrize(("kind", "quarantined"), [(Reader, {HALL}), (_Trusting, set())])
async def test_without_the_hashes_a_change_goes_unnoticed(
    written: Path, field: str, kind: type[Reader[Event]], quarantined: set[StreamName]
) -> None:
    _tamper(written, f"UPDATE events SET {field} WHERE position = 3")  # noqa: S608 - a test's own

    connection = apsw.Connection(str(written))
    reader = kind(connection, CODEC)
    reader.read_log(BEGINNING, 10)

    assert reader.quarantined.keys() == quarantined
    connection.close()

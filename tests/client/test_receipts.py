import asyncio
import json
import os
from pathlib import Path
from typing import TextIO

import pytest

from clouds_edges.client.private_file import LARGEST_FILE
from clouds_edges.client.receipts import (
    LONGEST_TITLE,
    MOST_SERVERS,
    MOST_STREAMS,
    ReceiptFile,
    Receipts,
)
from clouds_edges.domain.ids import GameId, game_stream
from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.protocol.messages import Receipt

GAME = game_stream(GameId("0123456789ab"))
HERE = "ws://here:1"
THERE = "ws://there:1"


def head(number: int) -> str:
    return f"{number:064x}"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "receipts.json"


def receipts(path: Path, server: str = HERE) -> Receipts:
    return Receipts(ReceiptFile(path, server))


async def test_what_was_kept_is_there_when_one_comes_back(path: Path) -> None:
    kept = receipts(path)
    kept.keep(GAME, 3, head(3), "3x3 boxes")
    kept.keep_line(GAME, 3, "b3h")
    await kept.save()

    again = receipts(path)
    assert again.all() == (Receipt(stream=GAME, version=3, head=head(3)),)
    assert again.of(GAME) == kept.of(GAME)


def test_the_newest_receipt_of_a_stream_is_kept() -> None:
    kept = Receipts()
    kept.keep(GAME, 3, head(3), "3x3 boxes")
    kept.keep(GAME, 5, head(5))
    kept.keep(GAME, 4, head(4))
    assert kept.all() == (Receipt(stream=GAME, version=5, head=head(5)),)
    found = kept.of(GAME)
    assert found is not None
    assert found.title == "3x3 boxes"


def test_the_last_line_of_ones_own_is_kept() -> None:
    kept = Receipts()
    kept.keep_line(GAME, 2, "a1h")
    assert kept.of(GAME) is None
    kept.keep(GAME, 5, head(5))
    for version, line in ((3, "b3h"), (5, "c1v"), (4, "a1h")):
        kept.keep_line(GAME, version, line)
    found = kept.of(GAME)
    assert found is not None
    assert (found.line, found.line_version) == ("c1v", 5)


@pytest.mark.parametrize(
    ("stream", "version", "said"),
    [
        (GAME, 0, head(1)),
        (GAME, -1, head(1)),
        (GAME, 2**63, head(1)),
        (GAME, 1, None),
        (GAME, 1, ""),
        (GAME, 1, "x" * 64),
        (GAME, 1, head(1) + "\n"),
        (GAME, 1, head(1).upper().replace("1", "A")),
        (StreamName(""), 1, head(1)),
        (StreamName("x" * 65), 1, head(1)),
    ],
)
def test_what_is_no_receipt_is_not_kept(stream: StreamName, version: int, said: str | None) -> None:
    kept = Receipts()
    kept.keep(stream, version, said)
    assert kept.all() == ()


async def test_servers_do_not_share_receipts(path: Path) -> None:
    here, there = receipts(path), receipts(path, THERE)
    here.keep(GAME, 3, head(3))
    there.keep(GAME, 4, head(4))
    await here.save()
    await there.save()
    assert [receipts(path, server).all()[0].version for server in (HERE, THERE)] == [3, 4]


async def test_programs_side_by_side_keep_what_each_was_told(path: Path) -> None:
    other = StreamName("game/other")
    first, second = receipts(path), receipts(path)
    first.keep(GAME, 3, head(3))
    second.keep(other, 4, head(4))
    await first.save()
    await second.save()
    assert {one.stream for one in receipts(path).all()} == {GAME, other}


async def test_what_is_forgotten_is_not_there_any_more(path: Path) -> None:
    kept = receipts(path)
    kept.keep(GAME, 3, head(3))
    await kept.save()
    kept.forget(GAME)
    kept.forget(GAME)
    await kept.save()
    assert receipts(path).all() == kept.all() == ()


async def test_the_newest_games_and_servers_are_remembered_and_no_more(path: Path) -> None:
    kept = receipts(path)
    for number in range(MOST_STREAMS + 10):
        kept.keep(StreamName(f"game/{number}"), 1, head(1))
    kept.keep(StreamName("game/10"), 2, head(2))
    kept.keep(StreamName("game/new"), 1, head(1))
    await kept.save()
    for again in (kept, receipts(path)):
        streams = [one.stream for one in again.all()]
        assert len(streams) == MOST_STREAMS
        assert streams[0] == "game/12"
        assert streams[-2:] == ["game/10", "game/new"]
    for number in range(MOST_SERVERS):
        elsewhere = receipts(path, f"ws://{number}:1")
        elsewhere.keep(GAME, 1, head(1))
        await elsewhere.save()
    with opened(path) as file:
        assert len(json.load(file)) == MOST_SERVERS
    assert receipts(path).all() == ()


async def test_the_file_is_its_owners_and_replaced_as_a_whole(path: Path) -> None:
    kept = receipts(path)
    kept.keep(GAME, 3, head(3))
    await kept.save()
    before = opened(path)
    kept.keep(GAME, 4, head(4))
    await kept.save()
    with before:  # who reads meanwhile reads all of the old one
        assert json.load(before)[HERE][GAME]["version"] == 3
    assert_private_and_alone(path)


async def test_a_change_is_written_without_being_asked_for(path: Path) -> None:
    kept = receipts(path)
    saving = asyncio.create_task(kept.keep_saved())
    kept.keep(GAME, 3, head(3))
    async with asyncio.timeout(10):
        while not is_there(path):  # noqa: ASYNC110 - a file tells nobody
            await asyncio.sleep(0)
    kept.keep(GAME, 4, head(4))
    saving.cancel()
    await asyncio.wait([saving])
    await kept.save()
    assert receipts(path).all()[0].version == 4


async def test_who_is_stopped_while_writing_has_written(path: Path) -> None:
    kept = receipts(path)
    kept.keep(GAME, 3, head(3))
    saving = asyncio.create_task(kept.save())
    await asyncio.sleep(0)
    saving.cancel()
    await asyncio.wait([saving])
    assert receipts(path).all()[0].version == 3


async def test_a_file_that_cannot_be_written_stops_nothing(path: Path) -> None:
    path.parent.touch()
    kept = receipts(path)
    kept.keep(GAME, 3, head(3))
    await kept.save()
    assert kept.all()[0].version == 3
    path.parent.unlink()
    await kept.save()
    assert receipts(path).all() == kept.all()  # once it can be, it is


@pytest.mark.parametrize(
    "damaged", [b"", b"{", b"[]", b'{"ws://here:1": 7}', b"\xff", b'{"a": {"b": {"version": 1}}}']
)
async def test_a_damaged_file_is_put_aside(path: Path, damaged: bytes) -> None:
    write(path, damaged)
    kept = receipts(path)
    assert kept.all() == ()
    assert kept.trouble == f"{path} was damaged, it is now receipts.damaged"
    kept.keep(GAME, 3, head(3))
    await kept.save()
    assert receipts(path).all()[0].version == 3
    assert path.with_suffix(".damaged").read_bytes() == damaged
    assert receipts(path).trouble == ""


async def test_a_file_that_is_damaged_while_it_is_in_use_is_begun_anew(path: Path) -> None:
    kept = receipts(path)
    write(path, b"{")
    kept.keep(GAME, 3, head(3))
    await kept.save()
    assert receipts(path).all() == kept.all()


def test_a_file_that_is_larger_than_any_is_not_read(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(path, b" " * (LARGEST_FILE - 1) + b"{}")
    assert "was damaged" in receipts(path).trouble
    assert f"more than the {LARGEST_FILE} bytes" in caplog.text
    path.write_bytes(b" " * (LARGEST_FILE - 2) + b"{}")
    assert receipts(path).trouble == ""


def test_a_file_that_cannot_be_read_is_told_as_well(path: Path) -> None:
    path.mkdir(parents=True)
    assert receipts(path).trouble == f"{path} cannot be read: Is a directory"


def test_of_too_many_receipts_in_the_file_the_last_are_read(path: Path) -> None:
    entries = {f"game/{number}": {"version": 1, "head": head(1)} for number in range(1000)}
    write(path, json.dumps({HERE: entries}).encode())
    streams = [one.stream for one in receipts(path).all()]
    assert streams == [f"game/{number}" for number in range(1000 - MOST_STREAMS, 1000)]


async def test_no_server_makes_the_file_so_large_that_it_is_not_read(path: Path) -> None:
    entry = {"version": 1, "head": head(1), "title": "x" * 100_000}
    entries = {f"game/{number}": entry for number in range(40)}
    write(path, json.dumps({THERE: entries, "ws://near:1": entries}).encode())
    kept = receipts(path)
    kept.keep(GAME, 3, head(3), "x" * 1_000_000)
    await kept.save()
    assert size_of(path) <= LARGEST_FILE
    assert receipts(path).all() == kept.all()
    found = kept.of(GAME)
    assert found is not None
    assert len(found.title) == LONGEST_TITLE


async def test_titles_of_old_files_are_read_without_the_names_and_written_without_them(
    path: Path,
) -> None:
    old = {"version": 3, "head": head(3), "title": "3x3 boxes, Ann and Annabella"}
    write(path, json.dumps({HERE: {GAME: old}, THERE: {GAME: old}}).encode())
    kept = receipts(path)
    found = kept.of(GAME)
    assert found is not None
    assert (found.version, found.title) == (3, "3x3 boxes")
    kept.keep(GAME, 4, head(4))
    await kept.save()
    assert "Ann" not in text_of(path)
    assert receipts(path, THERE).all()


async def test_who_saves_while_a_change_is_being_written_waits_for_it(path: Path) -> None:
    kept = receipts(path)
    saving = []
    for version in range(1, 30):
        kept.keep(GAME, version, head(version))
        saving.append(asyncio.create_task(kept.save()))
        await asyncio.sleep(0)
    await asyncio.gather(*saving)
    assert receipts(path).all() == kept.all()
    assert_private_and_alone(path)


async def test_a_pipe_in_its_place_is_not_waited_for(path: Path) -> None:
    path.parent.mkdir()
    os.mkfifo(path)
    kept = receipts(path)
    kept.keep(GAME, 3, head(3))
    await kept.save()
    assert receipts(path).all() == kept.all()


def test_what_is_no_receipt_in_the_file_is_passed_over(path: Path) -> None:
    path.parent.mkdir()
    good = {"version": 3, "head": head(3), "of a later version": True}
    bad = {"version": 0, "head": "none"}
    path.write_text(json.dumps({HERE: {GAME: good, "game/bad": bad}}))
    assert [one.stream for one in receipts(path).all()] == [GAME]


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)


def is_there(path: Path) -> bool:
    return path.exists()


def text_of(path: Path) -> str:
    return path.read_text()


def size_of(path: Path) -> int:
    return path.stat().st_size


def opened(path: Path) -> TextIO:
    return path.open()


def assert_private_and_alone(path: Path) -> None:
    assert list(path.parent.iterdir()) == [path]
    assert path.stat().st_mode & 0o777 == 0o600

"""Where an export goes, and what it never overwrites."""

import os
from pathlib import Path
from threading import Thread

import pytest

from clouds_edges.cli.admin.output import written_to
from clouds_edges.cli.trouble import EXIT_TROUBLE, Trouble
from clouds_edges.eventsourcing.sqlite_log import extending
from tests.cli.programs import Ended, run

SECRET = b"a key\n"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The folder of a server, with a log in it, or what stands for one."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "events.db").write_bytes(b"all games")
    return folder


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder to export into."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return folder


def write(data: Path, output: Path | str) -> None:
    with written_to(str(output), data / "events.db") as write_bytes:
        write_bytes(SECRET)


def write_half(data: Path, output: Path) -> None:
    with written_to(str(output), data / "events.db") as write_bytes:
        write_bytes(SECRET[:3])
        raise KeyboardInterrupt


def test_a_file_is_replaced_by_a_private_one(data: Path, elsewhere: Path) -> None:
    file = elsewhere / "w.jsonl"
    file.write_bytes(b"an older and longer export\n")
    file.chmod(0o644)
    write(data, file)
    assert file.read_bytes() == SECRET
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(elsewhere.iterdir()) == [file]


@pytest.mark.parametrize("name", ["events.db", "events.db-wal", "new", "deep/new", "../data/new"])
def test_nothing_is_written_into_the_data_folder(data: Path, name: str) -> None:
    (data / "deep").mkdir()
    with pytest.raises(Trouble, match="the server's own: write it elsewhere"):
        write(data, data / name)
    assert (data / "events.db").read_bytes() == b"all games"
    assert {one.name for one in data.iterdir()} == {"events.db", "deep"}


def test_nor_by_a_link_into_it(data: Path, elsewhere: Path) -> None:
    (elsewhere / "link").symlink_to(data / "events.db")
    (elsewhere / "folder").symlink_to(data)
    for name in ("link", "folder/events.db", "folder/new"):
        with pytest.raises(Trouble, match="the server's own"):
            write(data, elsewhere / name)
    assert [one.name for one in data.iterdir()] == ["events.db"]


def test_a_log_that_lies_elsewhere_by_a_link_is_not_overwritten(
    data: Path, elsewhere: Path
) -> None:
    log = (data / "events.db").rename(elsewhere / "events.db")
    (data / "events.db").symlink_to(log)
    with pytest.raises(Trouble, match="the server's own"):
        write(data, log)
    assert log.read_bytes() == b"all games"


def test_what_a_link_names_is_replaced_and_the_link_stays(data: Path, elsewhere: Path) -> None:
    target, link = elsewhere / "target", elsewhere / "link"
    link.symlink_to("target")
    for _ in range(2):  # whether or not it is there before
        write(data, link)
        assert target.read_bytes() == SECRET
        assert link.is_symlink()
    assert {one.name for one in elsewhere.iterdir()} == {"target", "link"}


def test_links_in_a_circle_are_told(data: Path, elsewhere: Path) -> None:
    link = elsewhere / "link"
    link.symlink_to(link)
    with pytest.raises(Trouble, match="cannot be written: Too many levels"):
        write(data, link)
    assert link.is_symlink()


def test_what_is_no_file_is_written_into_and_stays(data: Path, elsewhere: Path) -> None:
    pipe, link = elsewhere / "pipe", elsewhere / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for name in (pipe, link):
        came: list[bytes] = []
        reading = Thread(target=lambda into: into.append(pipe.read_bytes()), args=[came])
        reading.daemon = True  # whoever replaces the pipe leaves it waiting
        reading.start()
        write(data, name)
        assert pipe.is_fifo()
        reading.join(10)
        assert came == [SECRET]


@pytest.mark.parametrize("name", ["w.jsonl.partial", ".w.jsonl.partial", "w.jsonl.new"])
def test_what_lies_beside_is_left_alone(data: Path, elsewhere: Path, name: str) -> None:
    victim = elsewhere / "victim"
    victim.write_bytes(b"mine")
    (elsewhere / name).symlink_to(victim)
    write(data, elsewhere / "w.jsonl")
    assert victim.read_bytes() == b"mine"
    assert {one.name for one in elsewhere.iterdir()} == {"victim", name, "w.jsonl"}


def test_whoever_fails_leaves_the_file_as_it_was(data: Path, elsewhere: Path) -> None:
    file = elsewhere / "w.jsonl"
    file.write_bytes(b"an older export\n")
    with pytest.raises(KeyboardInterrupt):
        write_half(data, file)
    assert file.read_bytes() == b"an older export\n"
    assert list(elsewhere.iterdir()) == [file]


def export(data: Path, output: Path | str) -> Ended:
    return run(data.parent, "admin", "export", "--data", str(data), "-o", str(output))


def test_a_folder_is_no_place_for_an_export(data: Path, elsewhere: Path) -> None:
    for folder in (elsewhere, Path("/"), Path()):
        with pytest.raises(Trouble, match="cannot be written: Is a directory"):
            write(data, folder)
    assert list(elsewhere.iterdir()) == []


def test_an_empty_name_is_a_mistake(data: Path) -> None:
    ended = export(data, "")
    assert (ended.code, ended.out) == (2, "")
    assert "an empty text is no name of a file" in ended.err
    assert "Traceback" not in ended.err


def test_the_program_keeps_its_log(tmp_path: Path) -> None:
    log = tmp_path / "events.db"
    with extending(log):
        pass
    before = log.read_bytes()
    ended = export(tmp_path, log)
    assert (ended.code, ended.out) == (EXIT_TROUBLE, "")
    words = f"{log} lies in {tmp_path}, which is the server's own: write it elsewhere"
    assert ended.err == f"clouds-edges: {words}\n"
    assert log.read_bytes() == before

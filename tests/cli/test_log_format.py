"""What is logged steers no terminal."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import apsw
import pytest

from clouds_edges.cli.log_format import LogFormat
from clouds_edges.cli.terminal import log_to_file
from tests.cli.programs import PATIENCE, serving
from tests.server.guests import serving as serving_here

_ESCAPES: Final = "\x1b]0;stolen\x07\x9b31m\u202e\rover"
HOSTILE: Final = f"{_ESCAPES}\ud800"


def _record(message: str, *arguments: object, error: Exception) -> logging.LogRecord:
    trouble = type(error), error, error.__traceback__
    return logging.LogRecord("a", logging.ERROR, "a.py", 1, message, arguments, trouble)


def _is_clean(text: str) -> bool:
    return all(one.isprintable() or one == "\n" for one in text)


def test_no_part_of_a_record_steers_the_terminal() -> None:
    record = _record(f"of %s, {HOSTILE}", HOSTILE, error=ValueError(HOSTILE))
    assert not _is_clean(logging.Formatter().format(record))  # a control
    record.exc_text = None

    text = LogFormat().format(record)

    assert _is_clean(text)
    assert text.count("stolen") == 3


def test_no_text_passes_for_a_record_of_its_own() -> None:
    forged = "2026-01-01 00:00:00,000 ERROR all is lost"
    lines = LogFormat().format(_record(f"name\n{forged}", error=ValueError(f"x\n{forged}")))
    first, *more = lines.split("\n")
    assert first.endswith(" ERROR name")
    assert all(line.startswith("    ") for line in more)
    assert sum(line.strip() == forged for line in more) == 2


@pytest.fixture
def own_handlers() -> Iterator[None]:
    """Log to nothing that a test has added once it is over."""
    root = logging.getLogger()
    before = tuple(root.handlers)
    yield
    for handler in set(root.handlers) - set(before):
        root.removeHandler(handler)
        handler.close()


@pytest.mark.usefixtures("own_handlers")
def test_the_file_of_who_plays_is_as_clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    log_to_file()
    logging.getLogger("a").warning("of %s", _ESCAPES)
    (file,) = tmp_path.rglob("play.log")
    text = file.read_text()
    assert "stolen" in text
    assert _is_clean(text)


async def test_a_server_writes_no_escape_of_a_database_that_was_edited(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    async with serving_here(folder) as house:
        await house.two_in_a_game()
    log = apsw.Connection(str(folder / "events.db"))
    log.execute("UPDATE events SET stream = ? WHERE stream LIKE 'game/%'", (f"game/{_ESCAPES}",))
    log.close()

    arguments = ("--data", str(folder), "--host", "127.0.0.1", "--port", "0")
    with serving(tmp_path, *arguments) as (process, _):
        assert process.stderr is not None
        said = [next(line for line in process.stderr if "stolen" in line)]
        process.terminate()
        said += process.communicate(timeout=PATIENCE)

    assert _is_clean("".join(said))

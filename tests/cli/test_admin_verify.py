"""What `admin verify` finds out about the data of a server."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from clouds_edges.application.system import KEYS
from tests.cli.programs import Ended

Admin = Callable[..., Ended]


def test_a_log_that_was_changed_is_found_out(admin: Admin, played: Path) -> None:
    whole = admin("verify", "--data", played)
    assert (whole.code, whole.err) == (0, "")
    assert whole.out.splitlines()[0].endswith(": all is as it was recorded")
    as_json = json.loads(admin("verify", "--json", "--data", played).out)
    assert as_json["damages"] == []

    log = apsw.Connection(str(played / "events.db"))
    log.execute("UPDATE events SET stream = 'pl\x1b]0;' WHERE stream = 'players' AND version = 1")
    log.close()

    broken = admin("verify", "--data", played)
    assert broken.code == 3
    assert "found 3 damaged\n" in broken.out
    assert "pl\N{REPLACEMENT CHARACTER}]0;: there can be no such stream\n" in broken.out
    assert "players@2: players@2 is not what comes next in its stream\n" in broken.out
    told = admin("verify", "--json", "--data", played)
    assert (told.code, told.err) == (3, "")
    assert {"where": "pl\x1b]0;", "what": "there can be no such stream"} in json.loads(told.out)[
        "damages"
    ]


def test_a_read_model_that_was_changed_is_found_out(admin: Admin, played: Path) -> None:
    lines = admin("verify", "--data", played).out.splitlines()
    assert [line.partition(": ")[2] for line in lines if line.startswith("read model ")] == [
        f"is what the log makes of it, up to event {_position(line)}" for line in lines[1:]
    ]
    with closing(sqlite3.connect(played / "read-models" / "standings.db")) as rows, rows:
        rows.execute("UPDATE standings SET won = won + 1")

    told = admin("verify", "--data", played)
    assert told.code == 3
    assert "read model standings: standings has (" in told.out
    told = admin("verify", "--json", "--data", played)
    assert told.code == 3
    differences = {
        one["name"]: one["difference"] is not None for one in json.loads(told.out)["read_models"]
    }
    assert differences == {"players": False, "games": False, "standings": True, "activity": False}


def _position(line: str) -> str:
    return line.rpartition(" ")[2]


def test_an_answer_is_in_json_or_it_is_not(admin: Admin) -> None:
    assert admin("verify", "--no-json").code == 2


def test_missing_keys_are_found_out_and_the_log_is_checked_all_the_same(
    admin: Admin, played: Path
) -> None:
    events = admin("verify", "--data", played).out.splitlines()[0].partition(":")[0]
    (played / KEYS).unlink()

    told = admin("verify", "--data", played)

    assert told.code == 3
    assert told.out.splitlines() == [
        f"{events}: found 1 damaged",
        f"{KEYS}: is missing: no name can be read, and no read model compared; put it back",
    ]


def test_keys_that_are_lost_are_named_as_what_read_models_differ_for(
    admin: Admin, played: Path
) -> None:
    with closing(apsw.Connection(str(played / KEYS))) as keys:
        keys.execute("DELETE FROM keys")
    told = admin("verify", "--data", played)
    assert told.code == 3
    assert f"{KEYS}: has no key for the names of 2 of 2 players, and read models differ" in told.out
    assert "read model players: players has (" in told.out


def test_a_read_model_that_differs_for_itself_is_not_blamed_on_keys(
    admin: Admin, played: Path
) -> None:
    """A control."""
    with closing(sqlite3.connect(played / "read-models" / "players.db")) as rows, rows:
        rows.execute("UPDATE players SET name = 'Zoe'")
    told = admin("verify", "--data", played)
    assert (told.code, KEYS in told.out) == (3, False)


@pytest.mark.parametrize(
    ("content", "reason"), [(b"", "no such table"), (b"Dear diary, " * 99, "not a database")]
)
def test_keys_that_cannot_be_read_are_not_the_fault_of_read_models(
    admin: Admin, played: Path, content: bytes, reason: str
) -> None:
    (played / KEYS).write_bytes(content)

    told = admin("verify", "--json", "--data", played)

    assert (told.code, told.err) == (3, "")
    answer = json.loads(told.out)
    (damage,) = answer["damages"]
    assert damage["where"] == "the read models"
    assert str(played / KEYS) in damage["what"]
    assert reason in damage["what"]
    assert answer["events"] > 0
    assert answer["read_models"] == []


def test_a_file_that_is_no_log_is_damage(admin: Admin, tmp_path: Path) -> None:
    (tmp_path / "events.db").write_bytes(b"Dear diary, " * 100)
    told = admin("verify", "--data", tmp_path)
    assert (told.code, told.err) == (3, "")
    assert "the log: the event log is damaged: file is not a database\n" in told.out

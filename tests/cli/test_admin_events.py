"""The event log as operators ask for it, and follow it."""

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest

from tests.cli.programs import PATIENCE, PROGRAM, environment, run_with
from tests.cli.servers import Server


def test_events_are_shown(server: Server) -> None:
    ended = server.ask("events", "--limit", "1")
    assert ended.code == 0
    head, row = ended.out.splitlines()
    assert head.split() == ["position", "at", "(UTC)", "event", "kind", "by", "data"]
    assert row.startswith("1 ")
    assert "players@1" in row
    assert "player_signed_up" in row
    page = server.json("events", "--kind", "player_signed_up", "--stream", "play", "--newest")
    assert page["events"][-1]["position"] == 1
    assert server.json("events", "--until", "2020-01-01")["events"] == []
    assert server.json("events", "--since", "2020-01-01T00:00+00:00")["events"]
    assert server.json("events", "--actor", "nobody")["events"] == []


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles"])
def test_a_time_is_in_utc_whatever_the_clock_here_shows(server: Server, zone: str) -> None:
    first = datetime.fromisoformat(server.json("events")["events"][0]["at"])
    for hours, options in ((-1, ("--since", "--until")), (1, ("--until", "--since"))):
        time = f"{first + timedelta(hours=hours):%Y-%m-%d %H:%M}"
        found = [_positions(server, option, time, zone=zone) for option in options]
        assert (found[0][:1], found[1]) == ([1], []), (time, options)


def _positions(server: Server, *arguments: str, zone: str) -> list[int]:
    asked = ("admin", "events", *arguments, "--json", "--data", str(server.data))
    ended = run_with(server.home, *asked, TZ=zone)
    return [one["position"] for one in json.loads(ended.out)["events"]]


def test_a_time_may_be_how_long_ago_it_was(server: Server) -> None:
    assert server.json("events", "--since=-2h")["events"]
    assert server.json("events", "--since", "-1h30m")["events"]
    assert server.json("events", "--until=-2h")["events"] == []


def test_a_time_that_is_none_is_told_with_what_is_one(server: Server) -> None:
    ended = server.ask("events", "--since", "yesterday")
    assert ended.code == 2
    assert "--since: 'yesterday' is no time: write 2026-11-24 10:00, 10:00 for" in ended.err


def test_more_events_are_found_with_what_the_first_page_says(server: Server) -> None:
    server.sign_up("Page One")
    ended = server.ask("events", "--limit", "1")
    assert ended.err == "there are more: --after 1\n"
    assert server.json("events", "--after", "1", "--limit", "1")["events"][0]["position"] == 2


@contextmanager
def _following(server: Server, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = ["admin", "events", "--follow", "--data", str(server.data), *arguments]
    with subprocess.Popen(  # noqa: S603 - our own program
        [*PROGRAM, *command],
        env=environment(server.home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def test_events_are_followed(server: Server) -> None:
    end = server.json("events")["end"]
    with _following(server, "--json", "--after", str(end)) as process:
        for number, name in enumerate(("Bob", "Cyd"), 1):
            server.sign_up(name)
            event = json.loads(_line(process))
            assert (event["position"], event["kind"]) == (end + number, "player_signed_up")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    assert (out, "Traceback" in err) == ("", False)


def test_following_begins_with_the_last_events_that_fit(server: Server) -> None:
    for name in ("Tail One", "Tail Two", "Tail Three"):
        server.sign_up(name)
    end = server.json("events", "--newest")["events"][0]["position"]
    with _following(server, "--limit", "2", "--stream", "players") as process:
        assert [_position(_line(process)) for _ in range(2)] == [end - 1, end]
        server.sign_up("Tail Four")
        assert _position(_line(process)) == end + 1


def test_following_begins_behind_a_position_if_one_is_named(server: Server) -> None:
    for name in ("From One", "From Two"):
        server.sign_up(name)
    with _following(server, "--limit", "1", "--after", "0") as process:
        assert [_position(_line(process)) for _ in range(3)] == [1, 2, 3]


def _position(line: str) -> int:
    found = re.match(r"(\d+) ", line)
    assert found is not None, line
    return int(found[1])

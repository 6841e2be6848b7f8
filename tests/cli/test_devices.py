import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from websockets.sync.client import connect

from clouds_edges.client.credentials import Credentials
from clouds_edges.protocol.frames import format_frame
from clouds_edges.protocol.messages import PROTOCOL_VERSION, Hello
from tests.cli.programs import PATIENCE, Ended, run, serving

HERE = ("--host", "127.0.0.1", "--port", "0")


@dataclass(frozen=True)
class Laptop:
    """A machine on which Ann plays on a server."""

    home: Path
    url: str

    @property
    def credentials(self) -> Credentials:
        return Credentials(self.home / "DATA" / "clouds-edges" / "tokens.json")

    def greet(self, name: str | None = None, code: str | None = None) -> str:
        """What the server says to whom greets from here, as `play` does."""
        hello = Hello(
            protocol=PROTOCOL_VERSION,
            token=self.credentials.token_for(self.url, None),
            name=name,
            device=self.home.name,
            code=code,
        )
        with connect(self.url, compression=None, proxy=None) as socket:
            socket.send(format_frame(hello))
            return str(socket.recv(timeout=PATIENCE))

    def run(self, *arguments: str) -> Ended:
        command, *more = arguments
        return run(self.home, command, self.url, *more)


@contextmanager
def two_machines(folder: Path) -> Iterator[tuple[Laptop, Laptop]]:
    """Ann's laptop, on which she has signed up, and her phone, on which she has not."""
    with serving(folder, *HERE) as (_, said):
        url = re.findall(r"--server (\S+)", said)[0]
        laptop, phone = Laptop(folder / "laptop", url), Laptop(folder / "phone", url)
        assert "welcome" in laptop.greet("Ann")
        yield laptop, phone


def test_a_second_device_comes_in_by_code_and_is_signed_out_again(tmp_path: Path) -> None:
    with two_machines(tmp_path) as (laptop, phone):
        given = laptop.run("devices", "--code")
        code = given.out.strip()
        assert re.fullmatch("[0-9a-hjkmnp-tv-z]{8}", code)
        assert f"play --server {laptop.url} --code {code}" in given.err
        assert "Ann" in phone.greet(code=code)

        listed = laptop.run("devices").out.splitlines()
        assert [line.split()[1] for line in listed[1:]] == ["laptop", "phone"]
        assert [line.endswith("this one") for line in listed[1:]] == [True, False]

        device = json.loads(phone.run("devices", "--json").out)["devices"][1]
        assert device["is_this"]
        left = laptop.run("devices", "--revoke", device["id"])
        assert len(left.out.splitlines()) == 2
        ended = phone.run("devices")
        assert (ended.code, ended.out) == (1, "")
        assert "does not know you" in ended.err


def test_to_sign_out_deletes_the_token_there_and_here(tmp_path: Path) -> None:
    with two_machines(tmp_path) as (laptop, _):
        token = laptop.credentials.token_for(laptop.url, None)
        ended = laptop.run("sign-out")
        assert ended.code == 0, ended
        assert "signed out" in ended.err
        assert token not in laptop.credentials.path.read_text()
        again = laptop.run("sign-out")
        assert again.code == 1
        assert f"nobody is signed up on {laptop.url} from here" in again.err
        assert "not_signed_up" in laptop.greet()


@pytest.mark.parametrize("device", ["", "%", "0A1B2C3D", "0a1b2c3", "x" * 100])
def test_what_is_no_id_of_a_device_is_told(tmp_path: Path, device: str) -> None:
    ended = run(tmp_path, "devices", "ws://127.0.0.1:1", "--revoke", device)
    assert ended.code == 2
    assert "is no id of a device" in ended.err


def test_a_device_that_is_not_there_is_told(tmp_path: Path) -> None:
    with two_machines(tmp_path) as (laptop, _):
        ended = laptop.run("devices", "--revoke", "0a1b2c3d")
        assert ended.code == 1
        assert "not signed up on a device 0a1b2c3d" in ended.err


def test_two_wishes_at_once_are_refused(tmp_path: Path) -> None:
    ended = run(tmp_path, "devices", "ws://127.0.0.1:1", "--revoke", "0a1b2c3d", "--code")
    assert ended.code == 2
    assert "one after the other" in ended.err


@pytest.mark.parametrize("command", ["devices", "sign-out"])
def test_a_server_that_does_not_answer_is_told(tmp_path: Path, command: str) -> None:
    ended = run(tmp_path, command, "ws://127.0.0.1:1")
    assert ended.code == 1
    assert "no server answers at 127.0.0.1 port 1" in ended.err
    assert "Traceback" not in ended.err

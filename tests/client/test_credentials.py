import json
import os
from pathlib import Path

import pytest

from clouds_edges.client.credentials import Credentials, CredentialsUnusable
from clouds_edges.server.tokens import is_well_formed

HERE = "ws://here:1"
THERE = "ws://there:1"


@pytest.fixture
def credentials(tmp_path: Path) -> Credentials:
    return Credentials(tmp_path / "data" / "tokens.json")


def test_a_token_is_made_once_and_kept(credentials: Credentials) -> None:
    token = credentials.token_for(HERE, None)
    assert is_well_formed(token)
    assert credentials.token_for(HERE, None) == token
    assert Credentials(credentials.path).token_for(HERE, None) == token


def test_every_server_and_every_name_has_a_token_of_its_own(credentials: Credentials) -> None:
    tokens = [credentials.token_for(server, name) for server in (HERE, THERE) for name in "AB"]
    assert len(set(tokens)) == 4


def test_a_token_without_a_name_gets_the_one_it_turned_out_to_have(
    credentials: Credentials,
) -> None:
    token = credentials.token_for(HERE, None)
    credentials.remember(HERE, "Ann", token)
    assert credentials.token_for(HERE, "Ann") == token
    assert credentials.token_for(HERE, None) == token
    assert list(json.loads(credentials.path.read_text())[HERE]) == ["Ann"]


def test_a_player_renamed_keeps_the_token(credentials: Credentials) -> None:
    token = credentials.token_for(HERE, "Ann")
    credentials.remember(HERE, "Ann", token)
    credentials.remember(HERE, "Anna", token)
    assert credentials.token_for(HERE, "Anna") == token
    assert credentials.token_for(HERE, "Ann") != token


def test_without_a_name_one_is_who_one_was_last(credentials: Credentials) -> None:
    ann, bob = credentials.token_for(HERE, "Ann"), credentials.token_for(HERE, "Bob")
    credentials.remember(HERE, "Bob", bob)
    credentials.remember(HERE, "Ann", ann)
    assert credentials.token_for(HERE, None) == ann
    credentials.remember(HERE, "Bob", bob)
    assert credentials.token_for(HERE, None) == bob


def test_only_the_owner_reads_the_file_and_its_folder(credentials: Credentials) -> None:
    credentials.token_for(HERE, None)
    assert credentials.path.stat().st_mode & 0o777 == 0o600
    assert credentials.path.parent.stat().st_mode & 0o777 == 0o700


def test_a_change_replaces_the_file_and_leaves_nothing_else(credentials: Credentials) -> None:
    credentials.token_for(HERE, "Ann")
    with credentials.path.open() as old:
        credentials.token_for(HERE, "Bob")
        assert list(json.load(old)[HERE]) == ["Ann"]  # who reads meanwhile reads all of the old one
    assert list(credentials.path.parent.iterdir()) == [credentials.path]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o666])
def test_a_file_that_others_can_reach_is_refused(credentials: Credentials, mode: int) -> None:
    credentials.token_for(HERE, None)
    credentials.path.chmod(mode)
    with pytest.raises(CredentialsUnusable, match="chmod 600"):
        credentials.token_for(HERE, None)


@pytest.mark.parametrize("mode", [0o702, 0o777])
def test_a_folder_in_which_anybody_can_put_another_file_is_refused(
    credentials: Credentials, mode: int
) -> None:
    credentials.path.parent.mkdir()
    credentials.path.parent.chmod(mode)
    with pytest.raises(CredentialsUnusable, match="chmod 700"):
        credentials.token_for(HERE, None)
    assert list(credentials.path.parent.iterdir()) == []


@pytest.mark.parametrize("mode", [0o755, 0o775])
def test_a_folder_of_the_usual_mode_is_closed_to_others(
    credentials: Credentials, mode: int
) -> None:
    credentials.path.parent.mkdir()
    credentials.path.parent.chmod(mode)
    credentials.token_for(HERE, None)
    assert credentials.path.parent.stat().st_mode & 0o777 == 0o700


def test_what_a_crash_has_left_does_not_open_the_file_to_others(credentials: Credentials) -> None:
    credentials.path.parent.mkdir()
    left = credentials.path.with_suffix(f".{os.getpid()}.new")
    left.touch()
    left.chmod(0o644)
    credentials.token_for(HERE, None)
    assert credentials.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "damaged", [b"", b"{", b"[]", b'{"ws://here:1": 7}', b"\xff\xfe", b'{"a": {"b": 1}}']
)
def test_a_damaged_file_is_refused_and_left_as_it_is(
    credentials: Credentials, damaged: bytes
) -> None:
    credentials.path.parent.mkdir()
    credentials.path.touch(0o600)
    credentials.path.write_bytes(damaged)
    with pytest.raises(CredentialsUnusable, match="cannot be read as tokens"):
        credentials.token_for(HERE, None)
    with pytest.raises(CredentialsUnusable):
        credentials.remember(HERE, "Ann", "token")
    assert credentials.path.read_bytes() == damaged


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CredentialsUnusable, match=r"tokens\.json cannot be"):
        Credentials(tmp_path / "file" / "tokens.json").token_for(HERE, None)


def test_a_pipe_in_its_place_is_not_waited_for(credentials: Credentials) -> None:
    credentials.path.parent.mkdir()
    os.mkfifo(credentials.path, 0o600)
    with pytest.raises(CredentialsUnusable, match="cannot be read as tokens"):
        credentials.token_for(HERE, None)

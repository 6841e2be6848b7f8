from pathlib import Path

import pytest

from clouds_edges.client.known_keys import KeysUnusable, KnownKeys
from clouds_edges.protocol.invites import fingerprint_of

HERE = "wss://here:1"
ONE, OTHER = fingerprint_of(b"one"), fingerprint_of(b"other")


@pytest.fixture
def keys(tmp_path: Path) -> KnownKeys:
    return KnownKeys(tmp_path / "data" / "servers.json")


def test_a_server_never_met_has_no_key(keys: KnownKeys) -> None:
    assert keys.of(HERE) is None
    assert not keys.path.exists()


def test_a_key_is_kept(keys: KnownKeys) -> None:
    keys.keep(HERE, ONE)
    keys.keep("wss://there:1", OTHER)
    assert KnownKeys(keys.path).of(HERE) == ONE
    assert KnownKeys(keys.path).of("wss://there:1") == OTHER


def test_a_new_key_takes_the_place_of_the_old(keys: KnownKeys) -> None:
    keys.keep(HERE, ONE)
    keys.keep(HERE, OTHER)
    assert keys.of(HERE) == OTHER


def test_only_its_owner_reads_the_file(keys: KnownKeys) -> None:
    keys.keep(HERE, ONE)
    assert keys.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("damaged", ["", "{", "[]", '{"a": 1}'])
def test_a_damaged_file_is_not_taken_for_an_empty_one(keys: KnownKeys, damaged: str) -> None:
    keys.path.parent.mkdir()
    keys.path.write_text(damaged)
    with pytest.raises(KeysUnusable, match=r"servers\.json cannot be read"):
        keys.of(HERE)
    with pytest.raises(KeysUnusable, match=r"servers\.json cannot be read"):
        keys.keep(HERE, ONE)
    assert keys.path.read_text() == damaged


def test_a_file_that_cannot_be_written_is_said(keys: KnownKeys) -> None:
    keys.path.parent.write_text("")
    with pytest.raises(KeysUnusable, match=r"servers\.json cannot be"):
        keys.keep(HERE, ONE)

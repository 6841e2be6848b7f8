"""Texts of people: sealed where they are kept, and gone when their key is."""

import json
from collections.abc import Iterator
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clouds_edges.eventsourcing.codec import Codec, Encoded
from clouds_edges.eventsourcing.decider import CommandId, StreamName
from clouds_edges.eventsourcing.errors import StoreUnavailable, UnknownSchema
from clouds_edges.eventsourcing.keyring import KeyFile, Keyring, MemoryKeyring
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.personal import Personal
from clouds_edges.eventsourcing.recorded import BEGINNING, Recorded
from clouds_edges.eventsourcing.sqlite import SQLiteStore
from clouds_edges.eventsourcing.store import Append, EventStore
from tests.eventsourcing.lamp import NOON


def _nobody(person: str) -> str:
    return f"nobody {person}"


@dataclass(frozen=True, slots=True)
class _Called:
    person: str
    name: Annotated[str, Personal("person", _nobody)]
    kind: Literal["called"] = "called"


@dataclass(frozen=True, slots=True)
class _Met:
    people: tuple[_Called, ...]
    kind: Literal["met"] = "met"


_Event: TypeAlias = _Called | _Met
_PLAIN: Final[Codec[_Event]] = Codec(_Event)
_ANN: Final = _Called("ann", "Änn 田")
_BOB: Final = _Called("bob", "Bob")
_PARTY: Final = StreamName("party")

_texts = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.fixture(params=["memory", "file"])
def keyring(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Keyring]:
    if request.param == "memory":
        yield MemoryKeyring()
    else:
        with closing(KeyFile(tmp_path / "keys.db")) as file:
            yield file


@pytest.fixture
def sealed(keyring: Keyring) -> Codec[_Event]:
    return _PLAIN.sealed_by(keyring)


@given(_texts, _texts)
def test_what_was_sealed_is_read_again(person: str, name: str) -> None:
    codec: Codec[_Event] = Codec(_Event, sealer=MemoryKeyring())
    met = _Met((_Called(person, name), _Called("", name), _ANN))
    assert codec.decode(codec.encode(met)) == met


def test_a_name_is_not_in_what_is_stored(sealed: Codec[_Event]) -> None:
    assert b"Bob" in _PLAIN.encode(_BOB).data  # the control
    stored = json.loads(sealed.encode(_BOB).data)
    assert stored.keys() == {"person", "name", "kind"}
    assert stored["name"].keys() == {"sealed"}
    assert b"Bob" not in sealed.encode(_BOB).data


def test_the_same_name_is_never_sealed_the_same_way(sealed: Codec[_Event]) -> None:
    assert len({sealed.encode(_BOB).data for _ in range(100)}) == 100


def test_without_the_key_there_is_a_placeholder(keyring: Keyring, sealed: Codec[_Event]) -> None:
    stored = sealed.encode(_Met((_ANN, _BOB)))

    keyring.forget("ann")

    assert sealed.decode(stored) == _Met((_Called("ann", "nobody ann"), _BOB))
    keyring.forget("ann")
    keyring.forget("stranger")
    assert sealed.decode(stored) == _Met((_Called("ann", "nobody ann"), _BOB))


def test_nothing_of_who_was_forgotten_is_kept_again(
    keyring: Keyring, sealed: Codec[_Event]
) -> None:
    keyring.forget("ann")
    stored = sealed.encode(_ANN)
    assert json.loads(stored.data)["name"] == {"sealed": ""}
    assert sealed.decode(stored) == _Called("ann", "nobody ann")


def test_a_sealed_name_cannot_change_hands(sealed: Codec[_Event]) -> None:
    stored = sealed.encode(_ANN)
    sealed.encode(_BOB)
    moved = Encoded(stored.kind, stored.schema, stored.data.replace(b'"ann"', b'"bob"'))
    assert sealed.decode(moved) == _Called("bob", "nobody bob")


def test_with_another_keyring_there_are_placeholders(sealed: Codec[_Event]) -> None:
    other = MemoryKeyring()
    other.seal("ann", "so that there is a key")
    for keys in (other, MemoryKeyring()):
        assert _PLAIN.sealed_by(keys).decode(sealed.encode(_ANN)).name == "nobody ann"  # type: ignore[union-attr]  # it is one


def test_what_was_stored_before_there_were_keys_is_read(sealed: Codec[_Event]) -> None:
    assert sealed.decode(_PLAIN.encode(_ANN)) == _ANN


@pytest.mark.parametrize(
    "name", ['{"sealed":7}', '{"sealed":"?"}', '{"sealed":"a","b":1}', '{"open":"a"}', "7", "null"]
)
def test_what_is_no_sealed_text_does_not_fit(sealed: Codec[_Event], name: str) -> None:
    sealed.encode(_ANN)
    data = f'{{"person":"ann","name":{name}}}'.encode()
    with pytest.raises(UnknownSchema):
        sealed.decode(Encoded("called", 1, data))


def test_without_a_sealer_sealed_text_does_not_fit(sealed: Codec[_Event]) -> None:
    with pytest.raises(UnknownSchema):
        _PLAIN.decode(sealed.encode(_ANN))


@pytest.mark.parametrize("codec", [_PLAIN, _PLAIN.sealed_by(MemoryKeyring())])
def test_a_name_that_is_no_text_is_not_written(codec: Codec[_Event]) -> None:
    with pytest.raises(ValueError, match="a text is needed, not 7"):
        codec.encode(_Called("ann", 7))  # type: ignore[arg-type]  # that is what is tested


def test_a_digest_under_a_key_is_the_same_until_the_key_is_gone(keyring: Keyring) -> None:
    first = keyring.mac("ann", b"sign up as Ann")
    assert keyring.mac("ann", b"sign up as Ann") == first
    assert first not in {
        keyring.mac("ann", b"sign up as Anna"),
        keyring.mac("bob", b"sign up as Ann"),
    }

    keyring.forget("ann")

    assert keyring.mac("ann", b"sign up as Ann") == keyring.mac("ann", b"anything")
    assert MemoryKeyring().mac("ann", b"sign up as Ann") != first


def _everything_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.iterdir()))


def test_a_deleted_key_is_in_no_file(tmp_path: Path) -> None:
    with closing(KeyFile(tmp_path / "keys.db")) as keys:
        for number in range(200):
            keys.seal(f"person {number}", "name")
        ((_, key),) = [pair for pair in keys.all_keys() if pair[0] == "person 77"]
        assert key in _everything_in(tmp_path)

        keys.forget("person 77")

        assert key not in _everything_in(tmp_path)
        assert len([*keys.all_keys()]) == 199
    assert key not in _everything_in(tmp_path)


def test_a_deleted_row_alone_leaves_the_key_behind(tmp_path: Path) -> None:
    """The control of the test above: without the care that is taken, the key can be found."""
    with closing(KeyFile(tmp_path / "keys.db")) as keys:
        keys.seal("ann", "Ann")
        ((_, key),) = keys.all_keys()
        connection = apsw.Connection(str(tmp_path / "keys.db"))
        connection.execute("DELETE FROM keys")
        connection.close()
        assert key in _everything_in(tmp_path)


def test_keys_survive_reopening_and_so_does_forgetting(tmp_path: Path) -> None:
    with closing(KeyFile(tmp_path / "keys.db")) as keys:
        ann, bob = (_PLAIN.sealed_by(keys).encode(one) for one in (_ANN, _BOB))
        keys.forget("ann")
    with closing(KeyFile(tmp_path / "keys.db")) as keys:
        codec = _PLAIN.sealed_by(keys)
        assert [codec.decode(one) for one in (ann, bob)] == [_Called("ann", "nobody ann"), _BOB]
        assert keys.seal("ann", "Ann") == ""


def test_keys_can_be_taken_elsewhere(tmp_path: Path) -> None:
    with (
        closing(KeyFile(tmp_path / "here.db")) as here,
        closing(KeyFile(tmp_path / "there.db")) as there,
    ):
        stored = _PLAIN.sealed_by(here).encode(_Met((_ANN, _BOB, _Called("cyd", "Cyd"))))
        there.forget("bob")
        own = there.seal("cyd", "Cyd")

        assert [owner for owner, _ in here.all_keys()] == ["ann", "bob", "cyd"]
        for _ in range(2):
            assert there.add_all(here.all_keys()) == 1  # which is Ann's

        expected = (_ANN, _Called("bob", "nobody bob"), _Called("cyd", "nobody cyd"))
        assert _PLAIN.sealed_by(there).decode(stored) == _Met(expected)
        assert there.unseal("cyd", own) == "Cyd"


def test_keys_are_taken_over_all_at_once_or_not_at_all(tmp_path: Path) -> None:
    commits: list[int] = []

    def count(_connection: apsw.Connection, _name: str, pages: int) -> int:
        commits.append(pages)
        return apsw.SQLITE_OK

    def keys_until_the_file_ends() -> Iterator[tuple[str, bytes]]:
        yield "ann", bytes(32)
        raise EOFError

    with closing(KeyFile(tmp_path / "keys.db")) as keys:
        keys._connection.set_wal_hook(count)  # noqa: SLF001 - hears of commits
        with pytest.raises(EOFError):
            keys.add_all(keys_until_the_file_ends())
        assert (list(keys.all_keys()), commits) == ([], [])

        assert keys.add_all((f"{number}", bytes(32)) for number in range(100)) == 100
        assert len(commits) == 1


def test_keys_that_cannot_be_taken_over_are_said(tmp_path: Path) -> None:
    with closing(KeyFile(tmp_path / "keys.db")):
        reading = KeyFile(tmp_path / "keys.db", flags=apsw.SQLITE_OPEN_READONLY)
        with closing(reading), pytest.raises(StoreUnavailable, match="cannot be read or written"):
            reading.add_all([("ann", bytes(32))])
    with pytest.raises(StoreUnavailable, match="cannot be read or written"):
        reading.add_all([])  # which is closed


def test_a_file_without_keys_cannot_be_taken_elsewhere(tmp_path: Path) -> None:
    with closing(KeyFile(tmp_path / "keys.db")) as keys:
        connection = apsw.Connection(str(tmp_path / "keys.db"))
        connection.execute("DROP TABLE keys")
        connection.close()
        with pytest.raises(StoreUnavailable, match="cannot be read: no such table"):
            list(keys.all_keys())


def test_keys_can_be_read_beside_who_makes_them(tmp_path: Path) -> None:
    with closing(KeyFile(tmp_path / "keys.db")) as keys:
        sealed = keys.seal("ann", "Ann")
        reading = KeyFile(tmp_path / "keys.db", flags=apsw.SQLITE_OPEN_READONLY)
        with closing(reading):
            assert reading.unseal("ann", sealed) == "Ann"
            assert reading.unseal("bob", sealed) is None
            with pytest.raises(StoreUnavailable, match="cannot be read or written"):
                reading.seal("bob", "Bob")


def test_a_deleted_key_that_somebody_still_reads_is_said(tmp_path: Path) -> None:
    with closing(KeyFile(tmp_path / "keys.db")) as keys:
        keys.seal("ann", "Ann")
        keys._connection.set_busy_timeout(1)  # noqa: SLF001 - so that the test need not wait
        reader = apsw.Connection(str(tmp_path / "keys.db"))
        rows = reader.execute("SELECT * FROM keys UNION ALL SELECT * FROM keys")
        next(rows)

        with pytest.raises(StoreUnavailable, match="somebody reads"):
            keys.forget("ann")

        reader.close(True)  # noqa: FBT003 - whatever goes on in it
        keys.forget("ann")
        assert keys.unseal("ann", keys.seal("ann", "Ann")) is None


def test_more_keys_than_stay_in_memory_are_found(tmp_path: Path) -> None:
    with closing(KeyFile(tmp_path / "keys.db")) as keys:
        keys._connection.execute("PRAGMA synchronous = OFF")  # noqa: SLF001 - no cut is tested here
        sealed = keys.seal("first", "First")
        for number in range(10_001):
            keys.seal(f"{number}", "name")
        assert keys.unseal("first", sealed) == "First"


@pytest.mark.parametrize("content", [None, b"Dear diary, " * 1000])
def test_a_file_that_is_none_is_said(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "keys.db"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    with pytest.raises(StoreUnavailable, match=r"keys.db cannot be opened"):
        KeyFile(path)


async def test_an_append_whose_key_cannot_be_kept_is_trouble_and_nothing_is_recorded(
    tmp_path: Path,
) -> None:
    keys = KeyFile(tmp_path / "keys.db")
    async with SQLiteStore(tmp_path / "events.db", _PLAIN.sealed_by(keys)) as store:
        append = Append(_PARTY, 0, (_ANN,), "ann", CommandId("first"), b"", NOON)
        keys.close()

        with pytest.raises(StoreUnavailable, match="the keys in"):
            await store.append(append)

        assert await store.end() == BEGINNING


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
async def test_who_is_told_at_once_and_who_reads_later_know_the_same(
    kind: str, sealed: Codec[_Event], keyring: Keyring, tmp_path: Path
) -> None:
    """A name that came too late to be sealed is not handed on either."""
    keyring.forget("ann")
    async with AsyncExitStack() as opened:
        store: EventStore[_Event] = (
            MemoryStore(sealed)
            if kind == "memory"
            else await opened.enter_async_context(SQLiteStore(tmp_path / "events.db", sealed))
        )
        told: list[Recorded[_Event]] = []
        store.subscribe(told.extend)
        append = Append(_PARTY, 0, (_ANN, _BOB), "ann", CommandId("first"), b"", NOON)

        recorded = (await store.append(append)).recorded

        assert [one.event for one in recorded] == [_Called("ann", "nobody ann"), _BOB]
        assert tuple(told) == tuple(await store.read_stream(_PARTY)) == recorded


async def test_the_log_verifies_and_is_read_before_and_after_forgetting(tmp_path: Path) -> None:
    with closing(KeyFile(tmp_path / "keys.db")) as keys:
        codec = _PLAIN.sealed_by(keys)
        async with SQLiteStore(tmp_path / "events.db", codec) as store:
            append = Append(_PARTY, 0, (_ANN, _BOB, _ANN), "ann", CommandId("first"), b"", NOON)
            before = (await store.append(append)).recorded
            assert tuple(await store.read_stream(_PARTY)) == before

            keys.forget("ann")

            after = await store.read_stream(_PARTY)
            assert [one.hash for one in after] == [one.hash for one in before]
            assert [one.event for one in after] == [
                _Called("ann", "nobody ann"),
                _BOB,
                _Called("ann", "nobody ann"),
            ]
            assert await store.read_log(BEGINNING, 10) == after
            assert not store.quarantined
        assert "Änn 田".encode() not in _everything_in(tmp_path)
        assert b"Bob" not in _everything_in(tmp_path)

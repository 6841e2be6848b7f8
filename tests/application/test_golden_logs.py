"""Whole logs of released versions lead to the same states for ever (F22).

A log in tests/golden/logs holds one event a line, as a store keeps it; beside it are the states
that it leads to and, if names are sealed in it, the keys. Released files are never changed. What
this program cannot know is not guessed at: an unknown kind or a newer schema ends its stream, and
nothing else.
"""

import base64
import json
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clouds_edges.application.vocabulary import CODEC, AnyEvent
from clouds_edges.domain.game.decider import GAME_DECIDER
from clouds_edges.domain.game.state import Game
from clouds_edges.domain.ids import MAIN_LOBBY, PLAYERS, category_of
from clouds_edges.domain.lobby.decider import LOBBY_DECIDER
from clouds_edges.domain.lobby.state import Table
from clouds_edges.domain.operations.decider import OPERATIONS_DECIDER
from clouds_edges.domain.players.decider import PLAYERS_DECIDER
from clouds_edges.domain.players.events import PlayerSignedUp
from clouds_edges.eventsourcing.codec import Codec
from clouds_edges.eventsourcing.decider import CommandId, StreamName
from clouds_edges.eventsourcing.errors import StreamQuarantined
from clouds_edges.eventsourcing.keyring import KeyFile, MemoryKeyring
from clouds_edges.eventsourcing.recorded import BEGINNING
from clouds_edges.eventsourcing.sqlite import SQLiteStore
from clouds_edges.eventsourcing.store import Append
from clouds_edges.rules import format_position
from tests.scenario import NOON

_LOGS: Final = sorted((Path(__file__).parent.parent / "golden" / "logs").glob("*.jsonl"))
_SEALED: Final = next(log for log in _LOGS if log.stem == "forgotten")

_INSERT: Final = """
INSERT INTO events VALUES (:position, :stream, :version, :kind, :schema, :at, :actor, :command,
    :cause, :data, :hash)
"""


def _rows(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]


def _expected(log: Path) -> dict[str, object]:
    states: dict[str, object] = json.loads(
        log.with_suffix(".states.json").read_text(encoding="utf-8")
    )
    return states


def _keys(log: Path) -> dict[str, bytes]:
    file = log.with_suffix(".keys.json")
    kept = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return {owner: bytes.fromhex(key) for owner, key in kept.items()}


def _key_file(log: Path, folder: Path) -> KeyFile:
    """The keys of the people in a log, as far as they were not forgotten."""
    file = KeyFile(folder / "keys.db")
    file.add_all(_keys(log).items())
    return file


async def _restored(log: Path, path: Path) -> list[StreamName]:
    """Make the file of a store that holds a log; returns its streams."""
    rows = _rows(log)
    async with SQLiteStore(path, CODEC):
        pass
    connection = apsw.Connection(str(path))
    for row in rows:
        row["data"], row["hash"] = row["data"].encode(), bytes.fromhex(row["hash"])
        connection.execute(_INSERT, row)
    connection.close()
    return [*dict.fromkeys(StreamName(row["stream"]) for row in rows)]


async def _states(store: SQLiteStore[AnyEvent], streams: list[StreamName]) -> dict[str, object]:
    """What each stream leads to, in words that do not change with the program."""
    states: dict[str, object] = {}
    for stream in streams:
        events: list[Any] = [one.event for one in await store.read_stream(stream)]
        match category_of(stream):
            case "players":
                players = PLAYERS_DECIDER.fold(events)
                states[stream] = {
                    one.id: f"{one.name} {one.avatar} {one.colour}"
                    + (", admin" if one.id in players.admins else "")
                    for one in sorted(players.by_id.values(), key=lambda one: one.id)
                }
            case "lobby":
                tables = LOBBY_DECIDER.fold(events).tables.values()
                states[stream] = {table.game: _table(table) for table in tables}
            case "operations":
                states[stream] = OPERATIONS_DECIDER.fold(events).frozen
            case _:
                states[stream] = _game(events)
    return states


def _table(table: Table) -> str:
    names = ", ".join(seat.player.name for seat in table.taken)
    return f"{table.board}, {table.seats} seats: {names}; {table.invite}, {table.is_playing}"


def _game(events: list[Any]) -> dict[str, object]:
    game = GAME_DECIDER.fold(events)
    assert game is not None
    return {
        "seats": [f"{seat.player.name} {seat.bot}" for seat in game.seats],
        "position": format_position(game.position).splitlines(),
        "to draw": game.to_draw.name,
        "outcome": game.outcome and f"{game.outcome.ending} {game.outcome.scores}",
        **_waiting(game),
    }


def _waiting(game: Game) -> dict[str, object]:
    """What is said of a game only if there is a clock, or somebody is away."""
    words: dict[str, object] = {}
    if game.clocks is not None:
        words["left"] = [str(left) for left in game.clocks.left]
    if game.absences:
        words["away"] = [
            f"{seat} since {one.since} until {one.until}, {one.has_grace}"
            for seat, one in game.absences.items()
        ]
    return words


@pytest.mark.parametrize("log", _LOGS, ids=lambda log: log.name)
async def test_a_log_leads_to_the_states_it_led_to_when_it_was_released(
    log: Path, tmp_path: Path
) -> None:
    streams = await _restored(log, tmp_path / "events.db")
    with closing(_key_file(log, tmp_path)) as keys:
        async with SQLiteStore(tmp_path / "events.db", CODEC.sealed_by(keys)) as store:
            whole = await store.read_log(BEGINNING, 1_000)
            states = await _states(store, streams)
            assert not store.quarantined
    assert [one.position for one in whole] == [row["position"] for row in _rows(log)]
    assert states == _expected(log)


def test_every_kind_is_in_some_log() -> None:
    assert {row["kind"] for log in _LOGS for row in _rows(log)} == CODEC.kinds


def test_every_kind_that_holds_a_name_is_in_the_log_of_a_server_with_keys() -> None:
    with_names = {row["kind"] for log in _LOGS for row in _rows(log) if _is_named(row)}
    sealed = {row["kind"] for row in _rows(_SEALED) if '"name":{"sealed":"' in row["data"]}
    assert sealed == with_names
    assert not any('"name":"' in row["data"] for row in _rows(_SEALED))


def _is_named(row: dict[str, Any]) -> bool:
    return '"name":' in row["data"]


async def test_a_name_is_sealed_as_it_was_then(tmp_path: Path) -> None:
    """Under the same key and nonce, to the byte: what is sealed today will be read later."""
    await _restored(_SEALED, tmp_path / "events.db")
    with closing(_key_file(_SEALED, tmp_path)) as keys:
        codec = CODEC.sealed_by(keys)
        async with SQLiteStore(tmp_path / "events.db", codec) as store:
            (first, *_) = await store.read_log(BEGINNING, 1)
    assert isinstance(first.event, PlayerSignedUp)
    stored = _rows(_SEALED)[0]["data"]
    nonce = base64.b64decode(json.loads(stored)["player"]["name"]["sealed"])[:12]
    random = {32: _keys(_SEALED)[first.event.player.id], 12: nonce}
    again = CODEC.sealed_by(MemoryKeyring(random.__getitem__)).encode(first.event)
    assert again.data == stored.encode()


@dataclass(frozen=True, slots=True)
class _Teleported:
    """What some later version may record."""

    seat: int
    kind: Literal["teleported"] = "teleported"


def _codec_of_the_future(schemas_ahead: int) -> Codec[Any]:
    """A program that knows one kind more, or has changed lines so many times."""
    known = {kind: CODEC.schema_of(kind) - 1 for kind in CODEC.kinds}
    ahead = {**known, "line_drawn": known["line_drawn"] + schemas_ahead}
    upcasts = {kind: (lambda data: data,) * steps for kind, steps in ahead.items()}
    return Codec(AnyEvent | _Teleported, upcasts)


@given(schemas_ahead=st.integers(0, 1_000))
@settings(
    deadline=None, max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_what_a_later_version_recorded_ends_its_stream_and_nothing_else(
    schemas_ahead: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("future") / "events.db"
    streams = await _restored(_LOGS[0], path)
    game = streams[2]
    async with SQLiteStore(path, _codec_of_the_future(schemas_ahead)) as store:
        lines = [
            one.event for one in await store.read_stream(game) if one.event.kind == "line_drawn"
        ]
        new = lines[0] if schemas_ahead else _Teleported(0)
        after = len(await store.read_stream(game))
        await store.append(Append(game, after, (new, lines[1]), "ann", CommandId("new"), b"", NOON))

    async with SQLiteStore(path, CODEC) as store:
        log = await store.read_log(BEGINNING, 1_000)
        assert store.quarantined.keys() == {game}
        with pytest.raises(StreamQuarantined) as caught:
            await store.read_stream(game)
        assert caught.value.version == after + 1
        assert ("older than that" if schemas_ahead else "'teleported'") in caught.value.reason
        assert len([one for one in log if one.stream == game]) == after
        others = [stream for stream in streams if stream != game]
        expected = _expected(_LOGS[0])
        assert await _states(store, others) == {stream: expected[stream] for stream in others}


async def test_what_this_version_recorded_does_not(tmp_path: Path) -> None:
    """The control of the test above."""
    streams = await _restored(_LOGS[0], tmp_path / "events.db")
    async with SQLiteStore(tmp_path / "events.db", _codec_of_the_future(0)) as store:
        last = (await store.read_stream(MAIN_LOBBY))[-1]
        await store.append(
            Append(MAIN_LOBBY, last.version, (last.event,), "ann", CommandId("new"), b"", NOON)
        )
    async with SQLiteStore(tmp_path / "events.db", CODEC) as store:
        assert PLAYERS in streams
        assert (await store.read_stream(MAIN_LOBBY))[-1].event == last.event
        assert not store.quarantined

"""A player is forgotten: no file knows the name, and everything else is as it was."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import apsw
import pytest

from clouds_edges.application.private_bodies import private_bodies
from clouds_edges.application.projections.game_lists import GameFilter, SeatedIn, list_games
from clouds_edges.application.projections.games import Games
from clouds_edges.application.projections.players import Match, search_players
from clouds_edges.application.system import PROJECTIONS, System
from clouds_edges.application.vocabulary import CODEC, AnyEvent
from clouds_edges.domain.actors import OPERATOR, Admin, Guest, Player, Process, Seat
from clouds_edges.domain.game.commands import DrawLine, Resign, StartGame
from clouds_edges.domain.game.decider import GAME_DECIDER
from clouds_edges.domain.game.events import GameStarted
from clouds_edges.domain.ids import MAIN_LOBBY, PLAYERS, GameId, PlayerId, category_of, game_stream
from clouds_edges.domain.lobby.commands import JoinGame, OpenGame
from clouds_edges.domain.lobby.decider import LOBBY_DECIDER
from clouds_edges.domain.players.commands import ForgetPlayer, GrantAdmin, Rename, SignUp
from clouds_edges.domain.players.decider import PLAYERS_DECIDER, UnknownPlayer
from clouds_edges.domain.players.events import PlayerForgotten
from clouds_edges.domain.refusals import Forgotten
from clouds_edges.eventsourcing.codec import Codec
from clouds_edges.eventsourcing.decider import CommandId, Issued
from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.eventsourcing.keyring import KeyFile, Keyring, MemoryKeyring
from clouds_edges.eventsourcing.log_entry import LogEntry
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.rebuild import BuilderInside, Site
from clouds_edges.eventsourcing.recorded import BEGINNING, Checkpoint
from clouds_edges.eventsourcing.sqlite import SQLiteStore
from clouds_edges.eventsourcing.sqlite_log import SQLiteLog
from clouds_edges.eventsourcing.verify_read_models import compare_read_models
from clouds_edges.rules import Board, parse_line
from tests.application.playing import SMALL, House, running_house
from tests.eventsourcing.clock import Clock
from tests.eventsourcing.lamp_models import rows_in
from tests.scenario import NOON

_ADMIN: Final = OPERATOR
_ANN: Final = PlayerId("k3v9m2x7q0ab")
_BOB: Final = PlayerId("7h2c9d4f1g8j")
_NAMES: Final = ("Annabella", "Anastasia", "Grandmother")
_PLACEHOLDER: Final = f"forgotten {_ANN}"


@asynccontextmanager
async def _opened(
    folder: Path, codec: Codec[AnyEvent] | None = None, keyring: Keyring | None = None
) -> AsyncIterator[House]:
    """A system on the files in a folder, as a server has it."""
    with closing(KeyFile(folder / "keys.db")) as keys:
        async with SQLiteStore(folder / "events.db", codec or CODEC.sealed_by(keys)) as store:
            clock = Clock()
            system = System(store, folder, clock.now, rest=clock.rest, keyring=keyring or keys)
            async with running_house(system, clock) as here:
                yield here


async def _play(here: House) -> None:
    """Ann leaves her names wherever a name is left."""
    ann = await _signed_up(here, _ANN, _NAMES[0])
    bob = await _signed_up(here, _BOB, "Bobby")
    await here.give(PLAYERS, Rename(_NAMES[1]), ann)
    ann = await _player(here, _ANN)
    await here.open(OpenGame(SMALL), ann)
    await here.open(OpenGame(Board(1, 1), neighbours=(_NAMES[2],)), ann)
    game = await here.start(bob, ann)
    await here.give(game_stream(game), DrawLine(parse_line("a1h")), ann)


async def _signed_up(here: House, me: PlayerId, name: str) -> Player:
    await here.give(PLAYERS, SignUp(name), Guest(me))
    return await _player(here, me)


async def _player(here: House, me: PlayerId) -> Player:
    player = await here.system.player(me)
    assert player is not None
    return player


def _everything_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())


def _found(folder: Path) -> list[str]:
    everything = _everything_in(folder)
    return [name for name in _NAMES if name.encode() in everything]


async def _states(here: House) -> dict[str, Any]:
    """Every stream folded from what is stored."""
    log = await here.system.store.read_log(BEGINNING, 1_000)
    deciders: dict[str, Any] = {
        "players": PLAYERS_DECIDER,
        "lobby": LOBBY_DECIDER,
        "game": GAME_DECIDER,
    }
    return {
        stream: deciders[category_of(stream)].fold(
            one.event for one in await here.system.store.read_stream(stream)
        )
        for stream in dict.fromkeys(one.stream for one in log)
    }


async def test_a_forgotten_name_is_in_no_file_and_in_no_answer(tmp_path: Path) -> None:
    async with _opened(tmp_path) as here:
        await _play(here)
        before = {one.name: one.hash for one in await here.log()}
        assert _NAMES[1] in repr(await _states(here))
        (key,) = [key for owner, key in here.system._keyring.all_keys() if owner == _ANN]  # type: ignore[union-attr]  # noqa: SLF001 - it is a file
        assert key in await asyncio.to_thread(_everything_in, tmp_path)

        handled = await here.system.forget(_ANN, _ADMIN)

        assert handled.outcome.version == 4
        assert (await _player(here, _ANN)).name == _PLACEHOLDER
        live = [
            (await here.system.games.load(game_stream(one))).state
            for one in (await here.lobby()).tables
        ]
        held = [*here.system.feed._latest, await here.lobby(), live]  # noqa: SLF001 - what is in memory
        for told in (await here.log(), await _states(here), held):
            assert not any(name in repr(told) for name in _NAMES)
        after = {one.name: one.hash for one in await here.log()}
        assert after == {**before, f"{PLAYERS}@4": handled.outcome.head}
        assert not here.system.store.quarantined
        assert not _found(tmp_path)
        assert key not in await asyncio.to_thread(_everything_in, tmp_path)
    assert not _found(tmp_path)
    assert key not in await asyncio.to_thread(_everything_in, tmp_path)

    async with _opened(tmp_path) as here:
        states = await _states(here)
        assert (await here.system.players.load(PLAYERS)).state == states[PLAYERS]
        assert await here.lobby() == states[MAIN_LOBBY]
        assert _PLACEHOLDER in repr(states[MAIN_LOBBY])
        assert not any(name in repr(states) for name in _NAMES)
        await _signed_up(here, PlayerId("0123456789ab"), _NAMES[1])  # the name is free


async def test_without_sealing_the_names_are_in_the_files(tmp_path: Path) -> None:
    """The control of the test above: the names are looked for in the right way."""
    async with _opened(tmp_path, CODEC, MemoryKeyring()) as here:
        await _play(here)
        assert _found(tmp_path) == [*_NAMES]


async def test_lists_show_the_placeholder_and_a_rebuild_shows_the_same(tmp_path: Path) -> None:
    async with _opened(tmp_path) as here:
        await _play(here)
        for model in here.system.read_models.values():
            await model.read(lambda _: None)  # the rows hold the name, until it is forgotten
        await here.system.forget(_ANN, _ADMIN)

        search = partial(search_players, text="forgotten", match=Match.PREFIX)
        (found,) = (await here.system.read_model("players").read(search)).rows
        assert found.player == await here.system.player(_ANN)
        mine = partial(list_games, wanted=GameFilter(seated=SeatedIn(_ANN)), viewer=_BOB)
        games = (await here.system.read_model("games").read(mine)).rows
        names = [one.seat.player.name for game in games for one in game.taken]
        assert sorted(names) == ["Bobby", *[_PLACEHOLDER] * 4]

        paths = [tmp_path / "read-models" / f"{name}.db" for name in here.system.read_models]
        live = [rows_in(path) for path in paths]
        await here.system.rebuild(*here.system.read_models)
        assert [rows_in(path) for path in paths] == live


@pytest.mark.parametrize("batch", [1, 2, 5])
async def test_it_does_not_matter_in_which_batch_a_player_is_forgotten(
    tmp_path: Path, batch: int
) -> None:
    """Without sealing, so that events behind the one that forgets the player bring names back."""
    store: MemoryStore[AnyEvent] = MemoryStore(CODEC)
    async with running_house(System(store, tmp_path, lambda: NOON), Clock()) as here:
        await _play(here)
        (opened, *_) = (await here.lobby()).tables
        await here.system.forget(_ANN, _ADMIN)
        await here.give(MAIN_LOBBY, JoinGame(opened), await _player(here, _BOB))
        await here.until_game(opened, lambda _: True)
        assert _NAMES[1] in repr((await here.log())[-1])
    folds = []
    for size in (batch, 1000):
        path = tmp_path / f"games.{size}.db"
        builder = BuilderInside(store, batch=size)
        async with aclosing(builder.build([Site(Games(), path)])) as progress:
            async for _ in progress:
                pass
        folds.append(rows_in(path))
    assert folds[0] == folds[1]
    assert not any(name in repr(folds) for name in _NAMES)


async def test_nobody_can_find_out_whether_a_name_was_meant(tmp_path: Path) -> None:
    """The digests of commands with names are no use for trying names out."""
    async with _opened(tmp_path) as here:
        await _play(here)
        handled = await here.give(PLAYERS, Rename("Anna"), await _player(here, _ANN))
        assert handled.outcome.version == 4
    plain = await _body(tmp_path, None)
    sealed = await _body(tmp_path, MemoryKeyring())
    assert plain == await _body(tmp_path, None)
    assert plain != sealed
    assert sealed != await _body(tmp_path, MemoryKeyring())


async def test_nobody_can_find_out_either_by_what_a_process_says() -> None:
    """The start of a game names everybody in it, and is the same when one of them was forgotten."""
    ann = Player(_ANN, "Ann", "🐙", "#112233")
    bodies = {
        await private_bodies(MemoryKeyring())(
            game_stream(GameId("game")),
            Issued(StartGame(board, False, (Seat(player),), 0), Process("p"), NOON, CommandId("1")),  # noqa: FBT003 - as it is named in the command
        )
        for board in (SMALL, Board(1, 1))
        for player in (ann, replace(ann, name=_PLACEHOLDER))
    }
    assert len(bodies) == 2


async def _body(folder: Path, keyring: Keyring | None) -> bytes:
    """What is kept of a command to sign up."""
    store: MemoryStore[AnyEvent] = MemoryStore(CODEC)
    system = System(store, folder, lambda: NOON, keyring=keyring)
    await House(system, Clock()).give(PLAYERS, SignUp("Ann"), Guest(_ANN))
    system.close()
    ((body, _),) = store._outcomes.values()  # noqa: SLF001 - as a thief would look
    return body


async def test_who_was_forgotten_does_nothing_any_more(tmp_path: Path) -> None:
    async with _opened(tmp_path) as here:
        await _play(here)
        ann = await _player(here, _ANN)
        games = [*(await here.lobby()).tables]

        await here.system.forget(_ANN, _ADMIN)

        for stream, command in (
            (PLAYERS, Rename("Anna")),
            (MAIN_LOBBY, OpenGame(SMALL)),
            (game_stream(games[-1]), Resign()),
        ):
            for by in (ann, Guest(_ANN)):
                with pytest.raises(Forgotten, match="as somebody new"):
                    await here.give(stream, command, by)
        with pytest.raises(Forgotten):
            await here.system.check_not_forgotten(_ANN)
        await here.system.check_not_forgotten(_BOB)


async def test_the_same_wish_twice_is_one(tmp_path: Path) -> None:
    async with _opened(tmp_path) as here:
        await _play(here)
        await here.give(PLAYERS, GrantAdmin(_BOB), _ADMIN)
        first = await here.system.forget(_ANN, _ADMIN)
        again = await here.system.forget(_ANN, Admin(_BOB))
        assert again.outcome == first.outcome
        assert sum(isinstance(one.event, PlayerForgotten) for one in await here.log()) == 1
        with pytest.raises(UnknownPlayer):
            await here.system.forget(PlayerId("nobody"), _ADMIN)


async def test_a_wish_that_was_recorded_before_a_crash_is_seen_to_afterwards(
    tmp_path: Path,
) -> None:
    async with _opened(tmp_path) as here:
        await _play(here)
    async with SQLiteStore(tmp_path / "events.db", CODEC.sealed_by(MemoryKeyring())) as store:
        system = System(store, tmp_path, lambda: NOON)  # has no keys, and its processes do not run
        await House(system, Clock()).give(PLAYERS, ForgetPlayer(_ANN), _ADMIN)
        system.close()

    async with _opened(tmp_path) as here, asyncio.timeout(10):
        while _NAMES[1] in repr(await _states(here)):  # noqa: ASYNC110 - a key is mute
            await asyncio.sleep(0)


async def test_games_that_begin_afterwards_do_not_bring_the_name_back(tmp_path: Path) -> None:
    """Bob joins the game that Ann had opened."""
    async with _opened(tmp_path) as here:
        ann = await _signed_up(here, _ANN, _NAMES[0])
        bob = await _signed_up(here, _BOB, "Bobby")
        opened = await here.open(OpenGame(SMALL, seats=3), ann)
        await here.system.forget(_ANN, _ADMIN)
        await here.start_open(opened, bob, await _signed_up(here, PlayerId("cyd"), "Cyd"))

        started = [one.event for one in await here.log() if isinstance(one.event, GameStarted)]
        assert [seat.player.name for seat in started[0].seats] == [_PLACEHOLDER, "Bobby", "Cyd"]
    assert not _found(tmp_path)


async def test_a_key_that_cannot_be_deleted_is_trouble(tmp_path: Path) -> None:
    class Stuck(MemoryKeyring):
        def forget(self, owner: str) -> None:
            message = f"the key of {owner} stays"
            raise StoreUnavailable(message)

    async with _opened(tmp_path, keyring=Stuck()) as here:
        await _play(here)
        with pytest.raises(StoreUnavailable, match="stays"):
            await here.system.forget(_ANN, _ADMIN)
        with pytest.raises(Forgotten):
            await here.system.check_not_forgotten(_ANN)


async def test_whoever_is_forgotten_while_read_models_are_compared_is_no_damage(
    tmp_path: Path,
) -> None:
    """The rows are copied before the key goes, and the log is read after that."""
    async with _opened(tmp_path) as here:
        await _play(here)
        for model in here.system.read_models.values():
            await model.read(lambda _: None)
        loop = asyncio.get_running_loop()

        class Log(SQLiteLog):
            def entries(self, after: Checkpoint, until: Checkpoint) -> Iterator[LogEntry]:
                forgetting = here.system.forget(_ANN, _ADMIN)
                asyncio.run_coroutine_threadsafe(forgetting, loop).result(10)
                return super().entries(after, until)

        with (
            closing(apsw.Connection(str(tmp_path / "events.db"))) as connection,
            closing(KeyFile(tmp_path / "keys.db", flags=apsw.SQLITE_OPEN_READONLY)) as keys,
        ):
            compared = await asyncio.to_thread(
                compare_read_models,
                PROJECTIONS,
                tmp_path / "read-models",
                Log(connection),
                CODEC.sealed_by(keys),
            )
        assert [model.difference for model in compared] == [None] * len(PROJECTIONS)

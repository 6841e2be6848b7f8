"""The server asks who may, whatever is given, and before anything is decided."""

from pathlib import Path
from typing import Any

import pytest

from clouds_edges.application.system import WrongStream
from clouds_edges.application.vocabulary import CODEC
from clouds_edges.domain.actors import OPERATOR, Admin, Player, Process
from clouds_edges.domain.game.commands import DrawLine, StartGame
from clouds_edges.domain.ids import MAIN_LOBBY, OPERATIONS, PLAYERS, game_stream
from clouds_edges.domain.players.commands import (
    ForgetPlayer,
    GrantAdmin,
    Rename,
    SignUp,
    WithdrawAdmin,
)
from clouds_edges.domain.players.events import AdminGranted, AdminWithdrawn
from clouds_edges.domain.refusals import NotAdmin, NotAllowed
from clouds_edges.eventsourcing.decider import Refused
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.rules import parse_line
from tests.application.playing import House, house, resting_house
from tests.domain.permission_matrix import GAME, PARTS

STREAMS = {"game": game_stream(GAME), "lobby": MAIN_LOBBY, "players": PLAYERS}


async def admin_of(here: House, name: str) -> tuple[Player, Admin]:
    """A player to whom the operator gave the role of admin, and the same one as an admin."""
    player = await here.sign_up(name)
    await here.give(PLAYERS, GrantAdmin(player.id), OPERATOR)
    return player, Admin(player.id)


@pytest.mark.parametrize("part", STREAMS)
async def test_no_command_reaches_a_decider_without_a_permission(part: str, tmp_path: Path) -> None:
    async with resting_house(MemoryStore(CODEC), tmp_path) as here:
        for command in PARTS[part].commands:
            for by in (Process("another"), Admin("ann")):
                with pytest.raises(Refused) as refused:
                    await here.give(STREAMS[part], command, by)
                assert type(refused.value) in {NotAllowed, NotAdmin}, command
        assert await here.log() == []


async def test_nobody_reaches_the_operations_by_giving_commands(tmp_path: Path) -> None:
    async with resting_house(MemoryStore(CODEC), tmp_path) as here:
        for command in PARTS["operations"].commands:
            with pytest.raises(WrongStream):
                await here.give(OPERATIONS, command, OPERATOR)
        with pytest.raises(NotAdmin):
            await here.system.freeze("backup", Admin("root"))
        assert await here.log() == []


async def test_an_event_is_signed_by_the_admin_whose_doing_it_was(tmp_path: Path) -> None:
    async with resting_house(MemoryStore(CODEC), tmp_path) as here:
        ann, as_admin = await admin_of(here, "Ann")
        bob = await here.sign_up("Bob")
        await here.give(PLAYERS, GrantAdmin(bob.id), as_admin)
        await here.system.freeze("backup", as_admin)
        await here.system.unfreeze(as_admin)
        signed = [(type(one.event), one.by) for one in await here.log()]
        assert signed[1] == (AdminGranted, OPERATOR.id)
        assert [by for _, by in signed[3:]] == [ann.id] * 3


async def test_an_admin_without_the_role_does_nothing(tmp_path: Path) -> None:
    async with resting_house(MemoryStore(CODEC), tmp_path) as here:
        ann, as_admin = await admin_of(here, "Ann")
        await here.system.check_admin(as_admin)
        await here.give(PLAYERS, WithdrawAdmin(ann.id), as_admin)
        before = await here.log()
        assert isinstance(before[-1].event, AdminWithdrawn)
        for command in (GrantAdmin(ann.id), WithdrawAdmin(ann.id), ForgetPlayer(ann.id)):
            with pytest.raises(NotAdmin, match="Ann is no admin of this server"):
                await here.give(PLAYERS, command, as_admin)
        with pytest.raises(NotAdmin):
            await here.system.freeze("backup", as_admin)
        with pytest.raises(NotAdmin):
            await here.system.unfreeze(as_admin)
        with pytest.raises(NotAdmin):
            await here.system.check_admin(as_admin)
        assert await here.log() == before
        await here.give(PLAYERS, Rename("Anna"), ann)  # the control: as a player nothing changed


async def test_the_role_is_kept_over_a_restart_with_snapshots_and_without(tmp_path: Path) -> None:
    store: MemoryStore[Any] = MemoryStore(CODEC)
    async with resting_house(store, tmp_path) as here:
        _, ann = await admin_of(here, "Ann")
        bob_as_player, bob = await admin_of(here, "Bob")
        await here.give(PLAYERS, WithdrawAdmin(bob_as_player.id), ann)
    for _ in range(2):
        async with resting_house(store, tmp_path) as here:
            await here.system.check_admin(ann)
            with pytest.raises(NotAdmin):
                await here.system.check_admin(bob)
        (tmp_path / "snapshots.db").unlink()


async def test_a_process_of_the_server_is_no_key_to_everything(tmp_path: Path) -> None:
    """Each has its own commands; under the id of a player none draws for them."""
    async with house(MemoryStore(CODEC), tmp_path) as here:
        ann, bob = await here.sign_up("Ann"), await here.sign_up("Bob")
        game = await here.start(ann, bob)
        stream, to_draw = game_stream(game), (await here.game(game)).to_draw
        for by in (Process(to_draw.id), Process("start-game"), Admin(to_draw.id)):
            with pytest.raises(NotAllowed):
                await here.give(stream, DrawLine(parse_line("a1h")), by)
        start = PARTS["game"].commands[0]
        assert isinstance(start, StartGame)
        with pytest.raises(NotAllowed):
            await here.give(stream, start, Process("close-game"))
        with pytest.raises(NotAllowed):
            await here.give(PLAYERS, SignUp("Eve"), Process("start-game"))

import asyncio
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from clouds_edges import __version__
from clouds_edges.application.system import System
from clouds_edges.application.vocabulary import CODEC
from clouds_edges.domain.actors import Admin, Player
from clouds_edges.domain.ids import MAIN_LOBBY, PlayerId
from clouds_edges.domain.lobby.commands import OpenGame
from clouds_edges.eventsourcing.keyring import KeyFile, MemoryKeyring
from clouds_edges.eventsourcing.recorded import BEGINNING
from clouds_edges.eventsourcing.sqlite import SQLiteStore
from clouds_edges.protocol.messages import (
    PROTOCOL_VERSION,
    Accepted,
    AskRecord,
    CloseCode,
    Hello,
    Refused,
    Welcome,
)
from tests.application.playing import running_house
from tests.eventsourcing.clock import Clock
from tests.server.guests import SMALL, new_token, serving


async def test_a_name_and_a_token_sign_a_player_up(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        welcome = await (await house.guest()).greet("Ann")
        assert isinstance(welcome, Welcome)
        assert (welcome.player.name, welcome.protocol) == ("Ann", PROTOCOL_VERSION)
        assert welcome.server == __version__


async def test_the_same_token_is_the_same_player_on_every_connection(tmp_path: Path) -> None:
    token = new_token()
    async with serving(tmp_path) as house:
        welcomes = [await (await house.guest(token)).greet(name) for name in ("Ann", None, "Eve")]
    async with serving(tmp_path) as house:
        welcomes.append(await (await house.guest(token)).greet())
    assert len(players_in(welcomes)) == 1


def players_in(answers: list[Welcome | Refused]) -> set[Player]:
    """Whom a server greeted; it has to have greeted them all."""
    welcomes = [answer for answer in answers if isinstance(answer, Welcome)]
    assert len(welcomes) == len(answers)
    return {welcome.player for welcome in welcomes}


async def test_a_sign_up_whose_answer_was_lost_is_repeated_without_harm(tmp_path: Path) -> None:
    token = new_token()
    hello = Hello(protocol=PROTOCOL_VERSION, token=token, name="Ann")
    async with serving(tmp_path) as house:
        lost = [await house.guest(token) for _ in range(5)]
        await asyncio.gather(*(guest.say(hello) for guest in lost))
        await asyncio.gather(*(guest.socket.close() for guest in lost))
        welcome = await (await house.guest(token)).greet("Ann")
        assert isinstance(welcome, Welcome)
        assert welcome.player.name == "Ann"


async def test_many_sign_ups_with_one_token_at_once_make_one_player(tmp_path: Path) -> None:
    token = new_token()
    async with serving(tmp_path) as house:
        guests = [await house.guest(token) for _ in range(8)]
        answers = await asyncio.gather(*(guest.greet("Ann") for guest in guests))
        assert len(players_in(answers)) == 1


async def test_after_a_name_is_refused_another_is_accepted_on_the_same_socket(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path) as house:
        await house.player("Ann")
        guest = await house.guest()
        refused = await guest.greet("ann")
        assert isinstance(refused, Refused)
        assert refused.code == "name_taken"
        assert isinstance(await guest.greet("Bob"), Welcome)
        assert isinstance(await guest.order(MAIN_LOBBY, OpenGame(SMALL)), Accepted)


async def test_a_token_nobody_knows_needs_a_name(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        guest = await house.guest()
        refused = await guest.greet()
        assert isinstance(refused, Refused)
        assert refused.code == "not_signed_up"
        assert isinstance(await guest.greet("Ann"), Welcome)


@pytest.mark.parametrize("token", ["", "x", "ce1_short", "ce2_" + "a" * 43, "ce1_" + "é" * 43])
async def test_a_token_too_easy_to_guess_is_refused(tmp_path: Path, token: str) -> None:
    async with serving(tmp_path) as house:
        guest = await house.guest()
        await guest.say(Hello(protocol=PROTOCOL_VERSION, token=token, name="Ann"))
        assert (await guest.next(Refused)).code == "not_signed_up"


@pytest.mark.parametrize("protocol", [0, PROTOCOL_VERSION + 1, 1_000_000])
async def test_another_protocol_is_told_both_versions(tmp_path: Path, protocol: int) -> None:
    async with serving(tmp_path) as house:
        guest = await house.guest()
        await guest.say(Hello(protocol=protocol, token=guest.token, name="Ann"))
        goodbye = await guest.goodbye()
        assert goodbye.code == CloseCode.UPDATE_NEEDED
        assert f"speaks protocol {PROTOCOL_VERSION}" in goodbye.reason
        assert f"the client protocol {protocol}" in goodbye.reason


async def test_a_protocol_beyond_all_numbers_is_refused(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        guest = await house.guest()
        await guest.say_raw('{"kind":"hello","protocol":%s,"token":"x"}' % ("9" * 4000))
        assert (await guest.next(Refused)).code == "malformed_frame"
        assert isinstance(await guest.greet("Ann"), Welcome)


async def test_who_does_not_greet_first_has_to_go(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        guest = await house.guest()
        await guest.say(AskRecord())
        assert (await guest.goodbye()).code == CloseCode.NO_GREETING


async def test_who_greets_twice_has_to_go(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        ann = await house.player("Ann")
        await ann.say(Hello(protocol=PROTOCOL_VERSION, token=ann.token))
        assert (await ann.goodbye()).code == CloseCode.NO_GREETING


async def test_who_is_silent_has_to_go(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        goodbye = await (await house.guest()).goodbye()
        assert goodbye.code == CloseCode.NO_GREETING
        assert "5 seconds" in goodbye.reason


@pytest.mark.parametrize(
    "name",
    ["", "a\x00b", "a\x1b[31m", "a\u202eb", "[red]x[/]", "x" * 25, "😀", " Ann", "a\u200bb"],
)
async def test_a_name_that_could_harm_a_terminal_is_refused(tmp_path: Path, name: str) -> None:
    async with serving(tmp_path) as house:
        guest = await house.guest()
        refused = await guest.greet(name)
        assert isinstance(refused, Refused)
        assert refused.code == "name_unacceptable"
        assert isinstance(await guest.greet("Ann"), Welcome)


async def test_who_was_forgotten_is_not_let_in_again(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        ann, bob = await house.guest(), await house.guest()
        welcome = await ann.greet("Annabella")
        assert isinstance(welcome, Welcome)
        assert isinstance(await bob.greet("Bob"), Welcome)
    await forget(tmp_path, welcome.player.id)

    async with serving(tmp_path) as house:
        for name in (None, "Annabella", "Anna"):
            refused = await (await house.guest(ann.token)).greet(name)
            assert isinstance(refused, Refused)
            assert (refused.code, refused.sentence) == (
                "forgotten",
                "this player was forgotten: come back under another name, as somebody new",
            )
        assert isinstance(await (await house.guest(bob.token)).greet(), Welcome)
        again = await (await house.guest()).greet("Annabella")
        assert isinstance(again, Welcome)
        assert again.player.id != welcome.player.id


async def forget(folder: Path, player: PlayerId) -> None:
    """As an admin of a server that rests."""
    with closing(KeyFile(folder / "keys.db")) as keys:
        async with SQLiteStore(folder / "events.db", CODEC.sealed_by(keys)) as store:
            clock = Clock()
            system = System(store, folder, clock.now, rest=clock.rest, keyring=keys)
            async with running_house(system, clock):
                await system.forget(player, Admin("admin"))


async def test_neither_a_name_nor_a_trace_of_it_is_in_a_command_id(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        tokens = [(await house.player(name)).token for name in ("Annabella", "Bob")]

    async with SQLiteStore(tmp_path / "events.db", CODEC.sealed_by(MemoryKeyring())) as store:
        ids = [one.command_id for one in await store.read_log(BEGINNING, 10)]
    assert len(ids) == len(set(ids)) == 2
    for name in ("Annabella", "Bob"):
        for guess in (name.encode(), *(f"{token}{name}".encode() for token in tokens)):
            assert not any(name in one or sha256(guess).hexdigest()[:32] in one for one in ids)

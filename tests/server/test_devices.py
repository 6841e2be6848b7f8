"""Devices of a player: tokens of their own, let in by a code, signed out within a second."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from clouds_edges.domain.ids import MAIN_LOBBY, PlayerId
from clouds_edges.domain.lobby.commands import OpenGame
from clouds_edges.protocol.messages import (
    PROTOCOL_VERSION,
    Accepted,
    AskDeviceCode,
    AskDevices,
    CloseCode,
    DeviceCodeIs,
    DeviceRow,
    DevicesAre,
    Hello,
    Refused,
    RevokeDevice,
    Welcome,
)
from clouds_edges.server.device_codes import DeviceCodes
from clouds_edges.server.tokens import Tokens, device_of
from tests.scenario import NOON
from tests.server.guests import SMALL, Guest, House, new_token, serving

ANN, BOB = PlayerId("ann"), PlayerId("bob")


async def devices_of(guest: Guest) -> tuple[DeviceRow, ...]:
    await guest.say(AskDevices())
    return (await guest.next(DevicesAre)).devices


async def code_of(guest: Guest) -> str:
    await guest.say(AskDeviceCode())
    return (await guest.next(DeviceCodeIs)).code


async def greeted(
    house: House, code: str, device: str = "phone"
) -> tuple[Guest, Welcome | Refused]:
    guest = await house.guest()
    await guest.say(Hello(protocol=PROTOCOL_VERSION, token=guest.token, device=device, code=code))
    return guest, await guest.next(Welcome | Refused)  # type: ignore[arg-type]  # a union of classes is one for isinstance


async def test_a_code_lets_one_more_device_in_as_the_same_player(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        ann = await house.player("Ann")
        phone, welcome = await greeted(house, await code_of(ann))
        assert isinstance(welcome, Welcome)
        assert welcome.player.name == "Ann"
        assert isinstance(await phone.order(MAIN_LOBBY, OpenGame(SMALL)), Accepted)
        first, second = await devices_of(phone)
        assert (first.id, second.id) == (device_of(ann.token), device_of(phone.token))
        assert (first.is_this, second.is_this) == (False, True)
        assert second.name == "phone"
        assert second.since is not None


async def test_a_code_may_be_typed_in_capitals(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        ann = await house.player("Ann")
        _, welcome = await greeted(house, (await code_of(ann)).upper())
        assert isinstance(welcome, Welcome)


async def test_a_code_is_good_once(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        ann = await house.player("Ann")
        code = await code_of(ann)
        await greeted(house, code)
        _, refused = await greeted(house, code)
        assert isinstance(refused, Refused)
        assert refused.code == "unknown_code"
        assert len(await devices_of(ann)) == 2


async def test_a_new_code_takes_the_place_of_the_last(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        ann = await house.player("Ann")
        old = await code_of(ann)
        await code_of(ann)
        assert isinstance((await greeted(house, old))[1], Refused)


async def test_codes_cannot_be_tried_out(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        ann = await house.player("Ann")
        codes = {(await greeted(house, f"{number:08}"))[1].code for number in range(12)}  # type: ignore[union-attr]  # all are refused
        assert codes == {"unknown_code", "too_often"}
        _, refused = await greeted(house, await code_of(ann))
        assert isinstance(refused, Refused)
        assert refused.code == "too_often"


async def test_a_greeting_by_code_whose_answer_was_lost_can_be_repeated(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        ann = await house.player("Ann")
        code = await code_of(ann)
        phone, _ = await greeted(house, code)
        again = await house.guest(phone.token)
        await again.say(Hello(protocol=PROTOCOL_VERSION, token=phone.token, code=code))
        assert (await again.next(Welcome)).player.name == "Ann"


async def test_a_device_that_is_signed_out_is_sent_away_within_a_second_and_stays_out(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path) as house:
        ann = await house.player("Ann")
        phone, _ = await greeted(house, await code_of(ann))
        second_socket = await house.player(token=phone.token)
        began = asyncio.get_running_loop().time()
        await ann.say(RevokeDevice(device=device_of(phone.token)))
        for lost in (phone, second_socket):
            assert (await lost.goodbye()).code == CloseCode.REVOKED
        assert asyncio.get_running_loop().time() - began < 1
        assert [one.id for one in (await ann.next(DevicesAre)).devices] == [device_of(ann.token)]
        refused = await (await house.guest(phone.token)).greet()
        assert isinstance(refused, Refused)
        assert refused.code == "not_signed_up"
        assert isinstance(await ann.order(MAIN_LOBBY, OpenGame(SMALL)), Accepted)


async def test_to_sign_out_is_to_revoke_the_device_one_is_at(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        ann = await house.player("Ann")
        await ann.say(RevokeDevice(device=device_of(ann.token)))
        assert (await ann.goodbye()).code == CloseCode.REVOKED


async def test_nobody_signs_the_device_of_another_out(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        ann, eve = await house.player("Ann"), await house.player("Eve")
        await eve.say(RevokeDevice(device=device_of(ann.token)))
        assert (await eve.next(Refused)).code == "unknown_device"
        assert [one.id for one in await devices_of(ann)] == [device_of(ann.token)]


async def test_a_device_stays_signed_out_after_a_restart(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        ann = await house.player("Ann")
        phone, _ = await greeted(house, await code_of(ann))
        await ann.say(RevokeDevice(device=device_of(phone.token)))
        await ann.next(DevicesAre)
    async with serving(tmp_path) as house:
        assert isinstance(await (await house.guest(phone.token)).greet(), Refused)
        assert isinstance(await (await house.guest(ann.token)).greet(), Welcome)


@pytest.mark.parametrize("device", ["\x1b]0;x\x07", "x" * 64, "a\u202eb", " "])
async def test_a_device_whose_name_cannot_be_shown_has_none(tmp_path: Path, device: str) -> None:
    async with serving(tmp_path) as house:
        ann = await house.player("Ann")
        phone, _ = await greeted(house, await code_of(ann), device)
        assert (await devices_of(phone))[1].name == ""


def test_a_code_is_good_for_ten_minutes() -> None:
    now = [NOON]
    codes = DeviceCodes(lambda: now[0], iter(range(10**6)).__next__)
    promise = codes.new(ANN)
    assert promise.until == NOON + timedelta(minutes=10)
    now[0] = promise.until
    assert codes.redeem(promise.code) is None
    promise = codes.new(ANN)
    now[0] = promise.until - timedelta(seconds=1)
    assert codes.redeem(promise.code) == ANN


def test_codes_of_different_players_are_different() -> None:
    codes = DeviceCodes(lambda: NOON, iter(range(10**6)).__next__)
    ann, bob = codes.new(ANN), codes.new(BOB)
    assert codes.redeem(bob.code) == BOB
    assert codes.redeem(ann.code) == ANN


async def test_when_a_device_was_here_is_kept_to_the_hour(tmp_path: Path) -> None:
    tokens, token = Tokens(tmp_path / "tokens.db"), new_token()
    await tokens.claim(token, ANN, "laptop", NOON)
    seen = []
    for minutes in (59, 61, 62):
        await tokens.seen(token, NOON + timedelta(minutes=minutes))
        seen.append((await tokens.devices(ANN))[0].seen)
    tokens.close()
    assert seen == [NOON, NOON + timedelta(minutes=61), NOON + timedelta(minutes=61)]


async def test_no_part_of_a_token_is_kept(tmp_path: Path) -> None:
    tokens, token = Tokens(tmp_path / "tokens.db"), new_token()
    await tokens.claim(token, ANN, "laptop", NOON)
    tokens.close()
    kept = content_of(tmp_path)
    assert token.removeprefix("ce1_").encode() not in kept
    assert b"laptop" in kept


def content_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())

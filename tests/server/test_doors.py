import asyncio
from collections.abc import Coroutine
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Final

import pytest

from clouds_edges.domain.ids import PlayerId
from clouds_edges.protocol.messages import CloseCode
from clouds_edges.server.doors import USUAL_LIMITS, Doors, Limits, TooOften, origin_of
from clouds_edges.server.incoming import Goodbye
from clouds_edges.server.token_bucket import Rate

FEW: Final = replace(
    USUAL_LIMITS,
    connections=5,
    connections_of_address=3,
    waiting=6,
    waiting_of_address=2,
    sign_ups_of_address=Rate(a_second=1, at_once=2),
    codes_of_address=Rate(a_second=1, at_once=2),
)
HERE: Final = "127.0.0.1"
THERE: Final = "192.168.1.5"


@dataclass(eq=False)
class Somebody:
    address: str = THERE
    is_out: bool = False

    def turn_out(self) -> None:
        self.is_out = True


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def doors_with(limits: Limits = FEW) -> Doors:
    return Doors(limits, Clock())


def arrive(doors: Doors, *addresses: str) -> list[Somebody]:
    people = [Somebody(address) for address in addresses]
    for one in people:
        doors.arrived(one)
    return people


def test_who_has_waited_longest_makes_room_for_who_comes_from_the_same_address() -> None:
    people = arrive(doors_with(), THERE, THERE, "192.168.1.6", THERE)
    assert [one.is_out for one in people] == [True, False, False, False]


def test_who_has_greeted_makes_no_room() -> None:
    doors = doors_with()
    (first,) = arrive(doors, THERE)
    with doors.inside(first):
        arrive(doors, THERE, THERE, THERE)
        assert not first.is_out


def test_in_a_crowd_of_all_the_address_with_most_waiting_makes_room() -> None:
    doors = doors_with()
    people = arrive(doors, HERE, HERE, HERE, HERE, "10.0.0.1", "10.0.0.2", "10.0.0.3")
    assert [one.is_out for one in people] == [True, False, False, False, False, False, False]


def test_five_hundred_who_say_nothing_keep_nobody_out() -> None:
    doors = doors_with(USUAL_LIMITS)
    arrive(doors, *[THERE] * 500)
    (player,) = arrive(doors, THERE)
    assert not player.is_out
    with doors.inside(player):
        assert doors.connections == USUAL_LIMITS.waiting_of_address


def test_who_leaves_is_not_counted_any_more() -> None:
    doors = doors_with()
    people = arrive(doors, THERE, HERE)
    with doors.inside(people[0]):
        assert doors.connections == 2
        doors.left(people[0])
    assert doors.connections == 1
    doors.left(people[1])
    doors.left(people[1])
    assert doors.connections == 0


def test_one_address_has_so_many_connections_and_no_more() -> None:
    doors = doors_with()
    with ExitStack() as stack:
        for _ in range(FEW.connections_of_address):
            stack.enter_context(doors.inside(Somebody()))
        with pytest.raises(Goodbye, match="from one address") as goodbye:
            stack.enter_context(doors.inside(Somebody()))
        assert goodbye.value.code is CloseCode.TOO_MANY
        stack.enter_context(doors.inside(Somebody("192.168.1.6")))
    with doors.inside(Somebody()):
        assert doors.connections == 1


def test_programs_of_this_machine_have_as_many_as_there_are() -> None:
    doors = doors_with()
    with ExitStack() as stack:
        for _ in range(FEW.connections):
            stack.enter_context(doors.inside(Somebody(HERE)))
        with pytest.raises(Goodbye, match="the server is full"):
            stack.enter_context(doors.inside(Somebody(HERE)))


def test_sign_ups_from_one_address_have_a_limit() -> None:
    doors = doors_with()
    for _ in range(2):
        doors.check_sign_up(Somebody())
    with pytest.raises(TooOften, match="wait a minute"):
        doors.check_sign_up(Somebody())
    doors.check_sign_up(Somebody("192.168.1.6"))
    for _ in range(10):
        doors.check_sign_up(Somebody(HERE))


@pytest.mark.parametrize("address", [HERE, THERE])
def test_codes_from_any_one_address_have_a_limit(address: str) -> None:
    doors = doors_with()
    for _ in range(2):
        doors.check_code(Somebody(address))
    with pytest.raises(TooOften, match="wait some minutes"):
        doors.check_code(Somebody(address))


async def test_a_connection_in_a_hurry_waits() -> None:
    one_a_minute = Rate(a_second=1 / 60, at_once=1)
    pace = doors_with(replace(FEW, frames_of_connection=one_a_minute)).pace_of(Somebody(HERE))
    await asyncio.wait_for(pace.keep(), 1)
    await waits(pace.keep())


async def test_two_connections_of_a_player_share_a_pace() -> None:
    doors = doors_with(replace(FEW, frames_of_player=Rate(a_second=1 / 60, at_once=1)))
    first, second = doors.pace_of(Somebody(HERE)), doors.pace_of(Somebody(HERE))
    first.belongs_to(PlayerId("ann"))
    second.belongs_to(PlayerId("ann"))
    await asyncio.wait_for(first.keep(), 1)
    await waits(second.keep())


async def test_connections_from_one_address_share_a_pace() -> None:
    doors = doors_with(replace(FEW, frames_of_address=Rate(a_second=1 / 60, at_once=1)))
    await asyncio.wait_for(doors.pace_of(Somebody()).keep(), 1)
    await waits(doors.pace_of(Somebody()).keep())
    await asyncio.wait_for(doors.pace_of(Somebody("192.168.1.6")).keep(), 1)


async def waits(coming: Coroutine[None, None, None]) -> None:
    task = asyncio.ensure_future(coming)
    for _ in range(10):
        await asyncio.sleep(0)
    assert not task.done()
    task.cancel()


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("192.168.1.5", "192.168.1.5"),
        ("::ffff:192.168.1.5", "192.168.1.5"),
        ("::1", "::1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::7", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_an_ipv6_network_counts_as_one_address(host: str, origin: str) -> None:
    assert origin_of(host) == origin

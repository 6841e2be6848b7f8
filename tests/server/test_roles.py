"""Players who look after the server: they get the role from an admin, and may lose it again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from clouds_edges.client.admin_connection import (
    AdminConnection,
    NoServer,
    OwnToken,
    QuestionRefused,
)
from clouds_edges.domain.ids import MAIN_LOBBY, PlayerId
from clouds_edges.domain.lobby.commands import OpenGame
from clouds_edges.protocol.admin import (
    ForgetPlayer,
    FreezeServer,
    GrantAdmin,
    ListEvents,
    ListPlayers,
    ShowState,
    ShowSystem,
    UnfreezeServer,
    WithdrawAdmin,
)
from clouds_edges.protocol.admin_answers import NotDone
from clouds_edges.protocol.admin_messages import Answered, Ask, OperatorWelcome
from clouds_edges.protocol.frames import format_frame, parse_answer_frame
from clouds_edges.protocol.messages import (
    PROTOCOL_VERSION,
    Accepted,
    CloseCode,
    GiveOrder,
    Hello,
    Refused,
)
from tests.protocol.messages import ID
from tests.server.guests import PATIENCE, SMALL, Guest, House
from tests.server.operators import operating

MOST_SECONDS = 1.0
"""After which nobody without the role may be connected as an admin any more."""


async def id_of(operator: AdminConnection, name: str) -> str:
    (row,) = (await operator.ask(ListPlayers(name=name))).players
    return row.player


async def granted(house: House, operator: AdminConnection, name: str) -> tuple[Guest, str]:
    """A player who is connected as such, and has the role."""
    guest = await house.player(name)
    player = await id_of(operator, name)
    await operator.ask(GrantAdmin(player=player))
    return guest, player


@asynccontextmanager
async def as_admin(house: House, token: str) -> AsyncIterator[AdminConnection]:
    """The connection of a player as an admin."""
    async with AdminConnection(lambda: OwnToken(house.address.url, token)) as connection:
        yield connection


async def raw_admin(house: House, token: str) -> Guest:
    """Likewise, bare: it is let in, and sees whatever comes."""
    guest = await house.guest(token)
    await guest.say(Hello(protocol=PROTOCOL_VERSION, token=token, role="admin"))
    assert isinstance(parse_answer_frame(await guest.socket.recv()), OperatorWelcome)
    return guest


async def greeting_of(house: House, token: str, name: str | None = None) -> Refused:
    """What somebody is told who would be an admin, and is not."""
    guest = await house.guest(token)
    await guest.say(Hello(protocol=PROTOCOL_VERSION, token=token, role="admin", name=name))
    return await guest.next(Refused)


async def sent_away(guest: Guest) -> tuple[int | None, str | None, float]:
    """How a connection ends, and after how many seconds."""
    began = asyncio.get_running_loop().time()
    async with asyncio.timeout(PATIENCE):
        await guest.socket.wait_closed()
    seconds = asyncio.get_running_loop().time() - began
    return guest.socket.close_code, guest.socket.close_reason, seconds


async def test_a_player_with_the_role_looks_after_the_server(tmp_path: Path) -> None:
    async with operating(tmp_path) as (house, operator):
        ann, me = await granted(house, operator, "Ann")
        async with as_admin(house, ann.token) as admin:
            assert (await admin.ask(ShowSystem())).operators == 2
            state = (await admin.ask(ShowState(stream="players"))).state
            assert isinstance(state, dict)
            assert state["admins"] == [me]
        opened = await ann.order(MAIN_LOBBY, OpenGame(SMALL))
        assert isinstance(opened, Accepted)  # as a player nothing has changed


async def test_what_an_admin_does_is_signed_by_the_player_who_it_is(tmp_path: Path) -> None:
    async with operating(tmp_path) as (house, operator):
        ann, me = await granted(house, operator, "Ann")
        await house.player("Bob")
        async with as_admin(house, ann.token) as admin:
            await admin.ask(FreezeServer(reason="backup"))
            await admin.ask(UnfreezeServer())
            done = await admin.ask(GrantAdmin(player=await id_of(admin, "Bob")))
            assert done.sentence == "Bob is an admin of this server"
            await admin.ask(ForgetPlayer(player=await id_of(admin, "Bob")))
        events = (await operator.ask(ListEvents(actor=me))).events
        assert [one.kind for one in events][1:] == [
            "server_frozen",
            "server_unfrozen",
            "admin_granted",
            "player_forgotten",
        ]
        (first, _) = (await operator.ask(ListEvents(event_kind="admin_granted"))).events
        assert first.by == "admin"


async def test_a_player_without_the_role_is_told_so(tmp_path: Path) -> None:
    async with operating(tmp_path) as (house, _):
        ann = await house.player("Ann")
        refused = await greeting_of(house, ann.token)
        assert refused.code == "not_admin"
        assert refused.sentence.startswith("Ann is no admin of this server: an admin can give")
        with pytest.raises(NoServer, match="Ann is no admin of this server"):
            async with as_admin(house, ann.token) as admin:
                await admin.ask(ShowSystem())


async def test_nobody_signs_up_as_an_admin(tmp_path: Path) -> None:
    async with operating(tmp_path) as (house, operator):
        stranger = await house.guest()
        refused = await greeting_of(house, stranger.token, name="Eve")
        assert (refused.code, refused.sentence) == (
            "not_admin",
            "this server does not know you: sign up as a player, and ask for the role",
        )
        assert (await operator.ask(ListPlayers())).players == ()


async def test_with_the_role_one_still_plays_on_a_connection_of_ones_own(tmp_path: Path) -> None:
    """A connection is either: an admin's gives no orders, a player's asks nothing."""
    async with operating(tmp_path) as (house, operator):
        ann, _ = await granted(house, operator, "Ann")
        admin = await raw_admin(house, ann.token)
        order = GiveOrder(id=ID, stream=MAIN_LOBBY, command=OpenGame(SMALL))
        await admin.say(order)
        answer = parse_answer_frame(await admin.socket.recv())
        assert isinstance(answer, Refused)
        assert answer.code == "malformed_frame"
        await ann.say_raw(format_frame(Ask(id=ID, question=ShowSystem())))
        assert (await ann.next(Refused)).code == "not_admin"


async def test_who_loses_the_role_is_sent_away_within_a_second(tmp_path: Path) -> None:
    async with operating(tmp_path) as (house, operator):
        ann, me = await granted(house, operator, "Ann")
        bob, _ = await granted(house, operator, "Bob")
        admins = [await raw_admin(house, ann.token) for _ in range(3)]
        async with as_admin(house, bob.token) as other:
            await other.ask(ShowSystem())
            done = await operator.ask(WithdrawAdmin(player=me))
            assert done.sentence == "Ann is no admin of this server"
            for code, reason, seconds in await asyncio.gather(*map(sent_away, admins)):
                assert (code, reason) == (CloseCode.REVOKED, "the role of admin was withdrawn")
                assert seconds < MOST_SECONDS
            assert (await other.ask(ShowSystem())).operators == 2  # the control: Bob's has not gone
        assert (await greeting_of(house, ann.token)).code == "not_admin"
        assert isinstance(await ann.order(MAIN_LOBBY, OpenGame(SMALL)), Accepted)


async def test_who_has_lost_the_role_is_answered_nothing_more(tmp_path: Path) -> None:
    """Not even in the moment before the connection ends."""
    async with operating(tmp_path) as (house, operator):
        ann, me = await granted(house, operator, "Ann")
        admin = await raw_admin(house, ann.token)
        await operator.ask(WithdrawAdmin(player=me))
        await admin.say_raw(format_frame(Ask(id=ID, question=GrantAdmin(player=me))))
        with suppress(ConnectionClosed):
            while True:
                message = parse_answer_frame(await admin.socket.recv())
                assert isinstance(message, Answered)
                assert isinstance(message.answer, NotDone)
                assert message.answer.code == "not_admin"
        assert admin.socket.close_code == CloseCode.REVOKED
        assert (await greeting_of(house, ann.token)).code == "not_admin"


async def test_who_is_forgotten_is_an_admin_no_more(tmp_path: Path) -> None:
    async with operating(tmp_path) as (house, operator):
        ann, me = await granted(house, operator, "Ann")
        admin = await raw_admin(house, ann.token)
        await operator.ask(ForgetPlayer(player=me))
        code, _, seconds = await sent_away(admin)
        assert code == CloseCode.REVOKED
        assert seconds < MOST_SECONDS
        assert (await ann.goodbye()).code == CloseCode.FORGOTTEN
        assert (await greeting_of(house, ann.token)).code == "forgotten"
        with pytest.raises(QuestionRefused, match="was forgotten"):
            await operator.ask(GrantAdmin(player=me))


async def test_the_client_of_who_lost_the_role_is_told_why(tmp_path: Path) -> None:
    async with operating(tmp_path) as (house, operator):
        ann, me = await granted(house, operator, "Ann")
        async with as_admin(house, ann.token) as admin:
            waiting = asyncio.ensure_future(admin.ask(ListEvents(after=10**6, wait_seconds=20)))
            await asyncio.sleep(0)
            await admin.ask(ShowSystem())  # behind it the other question is under way
            await operator.ask(WithdrawAdmin(player=me))
            with pytest.raises(NoServer, match="any more: the role of admin was withdrawn"):
                await waiting
            with pytest.raises(NoServer, match="Ann is no admin of this server"):
                await admin.ask(ShowSystem())


async def test_a_frozen_server_gives_no_roles_and_its_admins_let_it_go_on(tmp_path: Path) -> None:
    async with operating(tmp_path) as (house, operator):
        ann, me = await granted(house, operator, "Ann")
        await operator.ask(FreezeServer(reason="backup"))
        with pytest.raises(QuestionRefused, match="the server is frozen"):
            await operator.ask(WithdrawAdmin(player=me))
        async with as_admin(house, ann.token) as admin:
            await admin.ask(UnfreezeServer())
        await operator.ask(WithdrawAdmin(player=me))


async def test_the_role_is_kept_when_the_server_starts_again(tmp_path: Path) -> None:
    async with operating(tmp_path) as (house, operator):
        ann, _ = await granted(house, operator, "Ann")
    async with operating(tmp_path) as (house, _), as_admin(house, ann.token) as admin:
        assert (await admin.ask(ShowSystem())).operators == 1


async def test_a_role_that_is_given_twice_is_given_once_and_can_be_given_again(
    tmp_path: Path,
) -> None:
    async with operating(tmp_path) as (house, operator):
        _, me = await granted(house, operator, "Ann")
        await operator.ask(GrantAdmin(player=me))
        await operator.ask(WithdrawAdmin(player=me))
        await operator.ask(WithdrawAdmin(player=me))
        await operator.ask(GrantAdmin(player=me))
        events = (await operator.ask(ListEvents(stream_prefix="players"))).events
        assert [one.kind for one in events][1:] == [
            "admin_granted",
            "admin_withdrawn",
            "admin_granted",
        ]
        with pytest.raises(QuestionRefused, match="there is no player nobody"):
            await operator.ask(GrantAdmin(player=PlayerId("nobody")))

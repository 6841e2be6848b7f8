"""Who is an operator, and what a connection without the role gets."""

import asyncio
import json
import os
from contextlib import closing
from functools import partial
from pathlib import Path

import apsw
import pytest
from websockets.asyncio.client import connect

from clouds_edges.client.admin_connection import (
    AdminConnection,
    NoServer,
    QuestionRefused,
    ServerLost,
    read_access,
)
from clouds_edges.domain.ids import PlayerId
from clouds_edges.protocol.access import ACCESS_FILE, Access
from clouds_edges.protocol.admin import MOST_UNDER_WAY, ListEvents, ShowSystem
from clouds_edges.protocol.admin_answers import NotDone, SystemIs
from clouds_edges.protocol.admin_messages import Answered, Ask, OperatorWelcome
from clouds_edges.protocol.frames import format_frame, parse_answer_frame
from clouds_edges.protocol.messages import (
    PROTOCOL_VERSION,
    CloseCode,
    Hello,
    Refused,
    Welcome,
)
from clouds_edges.server.incoming import MOST_MISTAKES
from clouds_edges.server.tokens import Role, Tokens, new_token
from tests.protocol.admin_messages import OPERATOR_MESSAGES
from tests.protocol.messages import CLIENT_MESSAGES, ID
from tests.scenario import NOON
from tests.server.guests import PATIENCE, Guest, House, serving
from tests.server.operators import operating
from tests.server.test_serving import everything_in


def test_tokens_are_flushed_before_they_are_relied_on(tmp_path: Path) -> None:
    """The settings that this rests on; FULL is 2."""
    with closing(Tokens(tmp_path / "tokens.db")) as tokens:
        connection = tokens._connection  # noqa: SLF001 - settings of this connection
        assert (connection.pragma("journal_mode"), connection.pragma("synchronous")) == ("wal", 2)


async def raw_operator(house: House, folder: Path) -> Guest:
    """An operator who has been let in, and may send whatever it likes."""
    guest = await house.guest(read_access(folder).token)
    await guest.say(Hello(protocol=PROTOCOL_VERSION, token=guest.token))
    assert isinstance(parse_answer_frame(await guest.socket.recv()), OperatorWelcome)
    return guest


async def answer_to(guest: Guest, frame: str | bytes) -> Answered | Refused:
    await guest.say_raw(frame)
    async with asyncio.timeout(PATIENCE):
        answer = parse_answer_frame(await guest.socket.recv())
    assert not isinstance(answer, OperatorWelcome)
    return answer


@pytest.mark.parametrize("ask", OPERATOR_MESSAGES.values(), ids=OPERATOR_MESSAGES)
async def test_a_player_is_refused_every_question(tmp_path: Path, ask: Ask) -> None:
    async with serving(tmp_path) as house:
        ann = await house.player("Ann")
        await ann.say_raw(format_frame(ask))
        refused = await ann.next(Refused)
        assert (refused.id, refused.code) == (ID, "not_admin")
        assert refused.sentence == "only the operator of this server may ask that"


async def test_who_has_not_greeted_is_refused_and_asked_to(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        guest = await house.guest()
        await guest.say_raw(format_frame(Ask(id=ID, question=ShowSystem())))
        assert (await guest.next(Refused)).code == "not_admin"
        assert isinstance(await guest.greet("Ann"), Welcome)


async def test_a_player_who_asks_on_and_on_is_sent_away(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        ann = await house.player("Ann")
        for _ in range(MOST_MISTAKES + 1):
            await ann.say_raw(format_frame(Ask(id=ID, question=ShowSystem())))
        assert (await ann.goodbye()).code == CloseCode.TOO_MANY_MISTAKES


async def test_the_operator_finds_the_token_of_a_running_server(tmp_path: Path) -> None:
    async with operating(tmp_path) as (house, operator):
        access = read_access(tmp_path)
        assert access == Access(url=house.address.url, token=access.token, pid=os.getpid())
        assert (tmp_path / ACCESS_FILE).stat().st_mode & 0o777 == 0o600
        assert (await operator.ask(ShowSystem())).operators == 1
    assert not (tmp_path / ACCESS_FILE).exists()


async def test_a_file_left_behind_is_replaced_and_its_token_good_for_nothing(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path):
        left_behind = (tmp_path / ACCESS_FILE).read_bytes()
    (tmp_path / ACCESS_FILE).write_bytes(left_behind)
    (tmp_path / "admin.new").write_bytes(b"{")
    with pytest.raises(NoServer, match=r"no server answers at .*not stopped in order"):
        async with AdminConnection(partial(read_access, tmp_path)) as operator:
            await operator.ask(ShowSystem())
    async with serving(tmp_path) as house:
        assert (tmp_path / ACCESS_FILE).read_bytes() != left_behind
        old = Access.model_validate_json(left_behind)
        answer = await (await house.guest(old.token)).greet()
        assert isinstance(answer, Refused)
        assert answer.code == "not_signed_up"
        now = Access(url=house.address.url, token=old.token, pid=0)
        with pytest.raises(NoServer, match="does not know its operator"):
            async with AdminConnection(lambda: now) as operator:
                await operator.ask(ShowSystem())


async def test_the_operators_token_signs_nobody_up(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        token = read_access(tmp_path).token
        guest = await house.guest(token)
        await guest.say(Hello(protocol=PROTOCOL_VERSION, token=token, name="Ann"))
        assert isinstance(parse_answer_frame(await guest.socket.recv()), OperatorWelcome)
        assert isinstance(await (await house.guest()).greet("Ann"), Welcome)


async def test_the_operators_token_is_in_no_other_file(tmp_path: Path) -> None:
    async with serving(tmp_path):
        token = read_access(tmp_path).token.encode()
        everything = await asyncio.to_thread(everything_in, tmp_path)
        assert everything.count(token) == (tmp_path / ACCESS_FILE).read_bytes().count(token) == 1


async def test_a_file_that_is_deleted_while_the_server_runs_is_there_again(tmp_path: Path) -> None:
    async with serving(tmp_path):
        access = read_access(tmp_path)
        (tmp_path / ACCESS_FILE).unlink()
        async with asyncio.timeout(PATIENCE):
            while not (tmp_path / ACCESS_FILE).exists():  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)
        assert read_access(tmp_path) == access
        assert (tmp_path / ACCESS_FILE).stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / ACCESS_FILE).exists()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"url": 1, "token": "x", "pid": 1}'])
async def test_a_damaged_file_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ACCESS_FILE).write_bytes(content)
    with pytest.raises(NoServer, match="cannot be understood: start the server again"):
        read_access(tmp_path)


async def test_a_folder_without_a_server_is_told(tmp_path: Path) -> None:
    with pytest.raises(NoServer, match=f"no server runs on {tmp_path}: .*clouds-edges serve"):
        read_access(tmp_path)
    (tmp_path / ACCESS_FILE).mkdir()
    with pytest.raises(NoServer, match="cannot be read"):
        read_access(tmp_path)


async def test_tokens_of_before_there_were_roles_are_tokens_of_players(tmp_path: Path) -> None:
    token = new_token()
    tokens = Tokens(tmp_path / "tokens.db")
    assert await tokens.claim(token, PlayerId("ann"), "", NOON) == "ann"
    tokens.close()
    with apsw.Connection(str(tmp_path / "tokens.db")) as connection:
        for column in ("role", "device", "since", "seen"):
            connection.execute(f"ALTER TABLE tokens DROP COLUMN {column}")

    for _ in range(2):
        tokens = Tokens(tmp_path / "tokens.db")
        assert await tokens.owner(token) == "ann"
        assert await tokens.role(token) is Role.PLAYER
        assert await tokens.role(new_token()) is None
        tokens.close()


async def test_there_is_one_token_of_the_operator_at_a_time(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path / "tokens.db")
    first, second, anns = new_token(), new_token(), new_token()
    await tokens.claim(anns, PlayerId("ann"), "", NOON)
    await tokens.appoint(first)
    assert await tokens.role(first) is Role.ADMIN
    await tokens.appoint(second)
    assert [await tokens.role(token) for token in (first, second)] == [None, Role.ADMIN]
    assert (await tokens.owner(anns), await tokens.owner(second)) == ("ann", None)
    tokens.close()


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "[" * 100_0,
        "null",
        b"\x00",
        json.dumps({"kind": "ask", "id": "x", "question": {"kind": "drop_tables"}}),
        json.dumps({"kind": "ask", "id": "x", "question": None}),
        json.dumps({"kind": "ask", "id": "", "question": {"kind": "show_system"}}),
        json.dumps({"kind": "ask", "id": "x" * 65, "question": {"kind": "show_system"}}),
        json.dumps({"kind": "ask", "id": "x", "question": {"kind": "show_system", "x": 1}}),
        '{"kind": "ask", "id": "x", "question": {"kind": "show_state", "stream": "\\ud800"}}',
        *(format_frame(message) for message in CLIENT_MESSAGES.values()),
    ],
)
async def test_what_is_no_question_is_refused_and_the_next_one_answered(
    tmp_path: Path, frame: str | bytes
) -> None:
    async with serving(tmp_path) as house:
        operator = await raw_operator(house, tmp_path)
        refused = await answer_to(operator, frame)
        assert isinstance(refused, Refused)
        assert refused.code == "malformed_frame"
        answered = await answer_to(operator, format_frame(Ask(id=ID, question=ShowSystem())))
        assert isinstance(answered, Answered)


async def test_an_operator_who_makes_mistakes_on_and_on_is_sent_away(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        operator = await raw_operator(house, tmp_path)
        for _ in range(MOST_MISTAKES + 1):
            await operator.say_raw("x")
        assert (await operator.goodbye()).code == CloseCode.TOO_MANY_MISTAKES


async def test_many_questions_are_under_way_at_once_and_each_gets_its_answer(
    tmp_path: Path,
) -> None:
    async with operating(tmp_path) as (house, operator):
        await house.player("Ann")
        async with asyncio.TaskGroup() as tasks:
            asked = [
                tasks.create_task(operator.ask(ListEvents(after=number % 2)))
                for number in range(100)
            ]
        for number, answer in enumerate(asked):
            assert len(answer.result().events) == 1 - number % 2


async def test_a_question_too_many_is_refused_until_another_is_answered(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        operator = await raw_operator(house, tmp_path)
        waiting = format_frame(Ask(id=ID, question=ListEvents(wait_seconds=30)))
        for _ in range(MOST_UNDER_WAY):
            await operator.say_raw(waiting)
        refused = await answer_to(operator, waiting)
        assert isinstance(refused, Answered)
        assert isinstance(refused.answer, NotDone)
        assert refused.answer.code == "too_many_questions"
        await house.player("Ann")
        for _ in range(MOST_UNDER_WAY):
            assert "player_signed_up" in str(await operator.socket.recv())
        answered = await answer_to(operator, format_frame(Ask(id=ID, question=ShowSystem())))
        assert isinstance(answered, Answered)
        assert isinstance(answered.answer, SystemIs)


async def test_an_operator_who_hangs_up_in_the_middle_harms_nobody(tmp_path: Path) -> None:
    async with operating(tmp_path) as (house, operator):
        for _ in range(5):
            lost = await raw_operator(house, tmp_path)
            ask = Ask(id=ID, question=ListEvents(wait_seconds=30))
            for _ in range(40):
                await lost.say_raw(format_frame(ask))
            lost.socket.transport.abort()
        async with asyncio.timeout(PATIENCE):
            while (await operator.ask(ShowSystem())).operators != 1:
                pass


async def test_a_server_that_goes_away_is_told_and_found_again(tmp_path: Path) -> None:
    async with AdminConnection(partial(read_access, tmp_path)) as operator:
        async with serving(tmp_path):
            asked = asyncio.create_task(operator.ask(ListEvents(wait_seconds=30)))
            await operator.ask(ShowSystem())
        with pytest.raises(ServerLost, match="went away before it answered"):
            await asked
        with pytest.raises(NoServer):
            await operator.ask(ShowSystem())
        async with serving(tmp_path):
            assert (await operator.ask(ShowSystem())).operators == 1


async def test_connections_are_counted(tmp_path: Path) -> None:
    async with operating(tmp_path) as (house, operator):
        ann = await house.player("Ann")
        await house.player(token=ann.token)
        await house.player("Bob")
        guest = await house.guest()
        await guest.greet()  # is refused without a name
        figures = await operator.ask(ShowSystem())
        assert (figures.connections, figures.players, figures.operators) == (5, 2, 1)
        await guest.socket.close()
        await ann.socket.close()
        async with asyncio.timeout(PATIENCE):
            while (await operator.ask(ShowSystem())).connections != 3:
                pass
        assert (await operator.ask(ShowSystem())).players == 2


async def test_an_operator_may_come_late_to_greet_like_anybody(tmp_path: Path) -> None:
    async with serving(tmp_path), connect(read_access(tmp_path).url, proxy=None) as socket:
        await socket.send(format_frame(Hello(protocol=99, token=read_access(tmp_path).token)))
        async with asyncio.timeout(PATIENCE):
            await socket.wait_closed()
        assert socket.close_code == CloseCode.UPDATE_NEEDED


async def test_what_an_operator_cannot_have_is_refused_with_a_sentence(tmp_path: Path) -> None:
    async with operating(tmp_path) as (_, operator):
        with pytest.raises(QuestionRefused) as refused:
            await operator.ask(ListEvents.model_construct(limit=0))
        assert refused.value.code == "malformed_frame"

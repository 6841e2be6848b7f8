"""The operator's end of the socket, against servers that do not do as they should."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection, serve

from clouds_edges.client.admin_connection import (
    AdminConnection,
    AdminTrouble,
    NoServer,
    QuestionRefused,
    ServerLost,
    read_access,
)
from clouds_edges.eventsourcing.decider import CommandId
from clouds_edges.protocol.access import ACCESS_FILE, Access
from clouds_edges.protocol.admin import ShowSystem, UnfreezeServer
from clouds_edges.protocol.admin_answers import Done, SystemIs
from clouds_edges.protocol.admin_messages import Answered, Ask, OperatorWelcome
from clouds_edges.protocol.frames import format_frame, parse_question_frame
from clouds_edges.protocol.messages import CloseCode, Refused

WELCOME = format_frame(OperatorWelcome(protocol=2, server="0.1.0"))
TOKEN = "ce1_" + "x" * 43
DONE = Done(sentence="done")


@asynccontextmanager
async def asking(*frames: str | bytes, close: CloseCode | None = None) -> AsyncIterator["Asking"]:
    """A server that says these frames after the greeting, then answers one question or hangs up."""

    async def talk(socket: ServerConnection) -> None:
        await socket.recv()
        for frame in frames:
            await socket.send(frame)
        if close is not None:
            await socket.close(close, "because")
        async for frame in socket:
            ask = parse_question_frame(frame)
            for answer in (
                Answered(id=CommandId("another"), answer=DONE),
                Answered(id=ask.id, answer=DONE),
            ):
                await socket.send(format_frame(answer))

    async with serve(talk, "127.0.0.1", 0, compression=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        access = Access(url=f"ws://127.0.0.1:{port}", token=TOKEN, pid=1)
        async with AdminConnection(lambda: access) as operator:
            yield Asking(operator)


class Asking:
    def __init__(self, operator: AdminConnection) -> None:
        self._operator = operator

    async def ask(self) -> Done:
        return await self._operator.ask(UnfreezeServer())

    async def ask_for_figures(self) -> SystemIs:
        return await self._operator.ask(ShowSystem())


async def test_a_question_gets_its_own_answer() -> None:
    async with asking(WELCOME) as client:
        answers = await asyncio.gather(*(client.ask() for _ in range(50)))
        assert answers == [DONE] * 50


@pytest.mark.parametrize(
    ("frames", "kind", "words"),
    [
        (["{"], ServerLost, "update needed: the server says what this program cannot read"),
        ([b"\x00"], ServerLost, "update needed"),
        ([WELCOME, "{}"], ServerLost, "update needed"),
        ([format_frame(Refused(id=None, code="x", sentence="y"))], NoServer, "its operator"),
    ],
)
async def test_a_server_that_speaks_otherwise_is_told(
    frames: list[str | bytes], kind: type[AdminTrouble], words: str
) -> None:
    async with asking(*frames) as client:
        with pytest.raises(kind, match=words):
            await client.ask()


@pytest.mark.parametrize(
    ("close", "words"),
    [
        (CloseCode.UPDATE_NEEDED, "^because$"),
        (CloseCode.STOPPING, r"hung up at the greeting \(because\)"),
    ],
)
async def test_a_server_that_hangs_up_at_the_greeting_is_told(close: CloseCode, words: str) -> None:
    async with asking(close=close) as client:
        with pytest.raises(NoServer, match=words):
            await client.ask()


async def test_a_server_that_hangs_up_instead_of_answering_is_told() -> None:
    async with asking(WELCOME, close=CloseCode.STOPPING) as client:
        with pytest.raises(ServerLost, match=r"went away before it answered \(because\)"):
            await client.ask()


@pytest.mark.parametrize(
    "url",
    [
        "ws://127.0.0.1:1",
        "http://127.0.0.1:1",
        "nonsense",
        "",
        "ws://127.0.0.1:99999",
        "ws://[::1",
        f"ws://{'x' * 64}:1",
        "ws://x..com",
        "ws://a\0b",
    ],
)
async def test_an_address_where_nobody_answers_is_told(url: str) -> None:
    async with AdminConnection(lambda: Access(url=url, token=TOKEN, pid=1)) as operator:
        with pytest.raises(NoServer, match="no server answers at"):
            await operator.ask(ShowSystem())


async def test_an_answer_to_another_question_is_told() -> None:
    async with asking(WELCOME) as client:
        with pytest.raises(ServerLost, match="update needed: the server answers with 'done'"):
            await client.ask_for_figures()


def test_a_file_that_says_where_the_server_is_and_makes_no_sense_is_told(tmp_path: Path) -> None:
    file = tmp_path / ACCESS_FILE
    access = Access(url="ws://127.0.0.1:1", token=TOKEN, pid=1).model_dump_json()
    file.write_text(access)
    assert read_access(tmp_path).token == TOKEN
    for nonsense in ("", "{}", access.replace(TOKEN, "x" * 300)):
        file.write_text(nonsense)
        with pytest.raises(NoServer, match=r"admin\.json cannot be understood: start the server"):
            read_access(tmp_path)


def test_a_pipe_in_its_place_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ACCESS_FILE)
    with pytest.raises(NoServer, match=r"admin\.json cannot be understood: start the server"):
        read_access(tmp_path)


async def test_a_question_that_is_given_up_does_not_disturb_the_next() -> None:
    async with asking(WELCOME) as client:
        given_up = asyncio.ensure_future(client.ask())
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.wait([given_up])
        assert await client.ask() == DONE


async def test_what_a_server_refuses_has_its_code_and_sentence() -> None:
    async def talk(socket: ServerConnection) -> None:
        await socket.recv()
        await socket.send(WELCOME)
        ask = parse_question_frame(await socket.recv())
        assert isinstance(ask, Ask)
        await socket.send(format_frame(Refused(id=ask.id, code="x", sentence="no")))
        await socket.wait_closed()

    async with serve(talk, "127.0.0.1", 0, compression=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        access = Access(url=f"ws://127.0.0.1:{port}", token=TOKEN, pid=1)
        async with AdminConnection(lambda: access) as operator:
            with pytest.raises(QuestionRefused, match="no") as refused:
                await operator.ask(ShowSystem())
            assert refused.value.code == "x"

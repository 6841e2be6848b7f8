import json
from pathlib import Path

import pytest

from clouds_edges.domain.ids import MAIN_LOBBY
from clouds_edges.domain.lobby.commands import OpenGame
from clouds_edges.protocol.messages import (
    LARGEST_FRAME,
    LARGEST_GREETING,
    Accepted,
    CloseCode,
    Happened,
    Refused,
    Welcome,
)
from clouds_edges.server.incoming import MOST_MISTAKES
from tests.server.guests import SMALL, draw, serving


def order(command: object, **more: object) -> str:
    frame = {"kind": "give_order", "id": "bad", "stream": "GAME", "command": command, **more}
    return json.dumps(frame)


DRAW = {"kind": "draw_line", "line": "a1h"}
OPEN = {"kind": "open_game", "board": {"rows": 2, "cols": 2}}

WITHOUT_ID = {
    "nothing": "",
    "no JSON": "hello",
    "half of it": order(DRAW)[:-1],
    "no object": "[1, 2]",
    "a number": "42",
    "null": "null",
    "no kind": "{}",
    "an unknown kind": '{"kind": "shutdown"}',
    "a kind that is a number": '{"kind": 1}',
    "a message only servers send": '{"kind": "record_is"}',
    "an extra field": '{"kind": "ask_record", "x": 1}',
    "not a number": '{"kind": "watch", "stream": "GAME", "after": NaN}',
    "infinity": '{"kind": "watch", "stream": "GAME", "after": Infinity}',
    "a negative version": '{"kind": "watch", "stream": "GAME", "after": -1}',
    "a version with a fraction": '{"kind": "watch", "stream": "GAME", "after": 1.5}',
    "a version that is a text": '{"kind": "watch", "stream": "GAME", "after": "1"}',
    "a version that is true": '{"kind": "watch", "stream": "GAME", "after": true}',
    "a huge integer": '{"kind": "watch", "stream": "GAME", "after": %s}' % ("9" * 10_000),
    "deep lists": "[" * 15_000,
    "deep objects": '{"kind":' * 1_500,
    "a lone surrogate": '{"kind": "watch", "stream": "game/\\ud800"}',
    "an empty stream": '{"kind": "watch", "stream": ""}',
    "a long stream": '{"kind": "watch", "stream": "%s"}' % ("x" * 65),
    "a long id": order(DRAW, id="x" * 65),
    "an empty id": order(DRAW, id=""),
    "an id that is a number": order(DRAW, id=7),
    "a key that is there twice": order(DRAW)[:-1] + ', "stream": "lobby/main"}',
    "a key of the command that is there twice": order(DRAW)[:-2] + ', "line": "a1v"}}',
    "an id that is there twice": order(DRAW)[:-1] + ', "id": "other"}',
    "a lone surrogate as line": order(DRAW).replace("a1h", "\\udfff"),
}

WITH_ID = {
    "an extra field": order(DRAW, by="Ann"),
    "an extra field in the command": order({**DRAW, "by": "Ann"}),
    "an extra field in the board": order({**OPEN, "board": {"rows": 2, "cols": 2, "x": 1}}),
    "a command without kind": order({"line": "a1h"}),
    "an unknown command": order({"kind": "win"}),
    "no command": order(None),
    "a line that is no text": order({**DRAW, "line": ["a1h"]}),
    "a size of 0": order({**OPEN, "board": {"rows": 0, "cols": 2}}),
    "a size of 21": order({**OPEN, "board": {"rows": 2, "cols": 21}}),
    "a negative size": order({**OPEN, "board": {"rows": -3, "cols": 2}}),
    "a size that is a text": order({**OPEN, "board": {"rows": "2", "cols": 2}}),
    "a size that is true": order({**OPEN, "board": {"rows": True, "cols": 2}}),
    "a size with a fraction": order({**OPEN, "board": {"rows": 2.5, "cols": 2}}),
    "a size beyond all machines": order({**OPEN, "board": {"rows": 10**4000, "cols": 2}}),
    "a bot nobody knows": order({**OPEN, "bots": ["stockfish"]}),
    "bots that are no list": order({**OPEN, "bots": {"random": 1}}),
    "neighbours that are numbers": order({**OPEN, "neighbours": [1]}),
    "a private that is a text": order({**OPEN, "private": "yes"}),
    **{
        f"the line {line!r}": order({**DRAW, "line": line})
        for line in (
            "", "a1", "1ah", "A1H", "a0h", "a22h", "v1h", "a1h ", " a1h", "a1h\n", "a01h", "aah",
            "a1x", "a\u0661h", "\x1b[2J", "a1h" * 1000,
        )
    },
}  # fmt: skip

INTERNAL = [
    {"kind": "sign_up", "name": "Eve"},
    {"kind": "close_game", "game": "GAME-ID"},
    {
        "kind": "start_game",
        "board": {"rows": 1, "cols": 1},
        "private": False,
        "seats": [],
        "first": 0,
    },
]


@pytest.mark.parametrize("frame", WITHOUT_ID.values(), ids=WITHOUT_ID)
async def test_a_frame_that_is_no_message_is_refused_and_the_game_goes_on(
    tmp_path: Path, frame: str
) -> None:
    await send_in_a_game(tmp_path, frame, None)


@pytest.mark.parametrize("frame", WITH_ID.values(), ids=WITH_ID)
async def test_a_malformed_order_is_refused_under_its_id_and_the_game_goes_on(
    tmp_path: Path, frame: str
) -> None:
    await send_in_a_game(tmp_path, frame, "bad")


@pytest.mark.parametrize("command", INTERNAL, ids=lambda command: str(command["kind"]))
@pytest.mark.parametrize("stream", ["GAME", "lobby/main", "players"])
async def test_a_command_of_the_server_itself_cannot_be_sent(
    tmp_path: Path, command: dict[str, object], stream: str
) -> None:
    await send_in_a_game(tmp_path, order(command, stream=stream), "bad")


@pytest.mark.parametrize("frame", [b"", b"\xff\xfe", b'{"kind": "ask_record"}'])
async def test_a_binary_frame_is_refused_and_the_game_goes_on(tmp_path: Path, frame: bytes) -> None:
    await send_in_a_game(tmp_path, frame, None)


async def send_in_a_game(folder: Path, frame: str | bytes, order_id: str | None) -> None:
    async with serving(folder) as house:
        bob, ann, game = await house.two_in_a_game()
        lobby = await bob.lobby()
        if isinstance(frame, str):
            frame = frame.replace("GAME-ID", game.removeprefix("game/")).replace("GAME", game)
        await bob.say_raw(frame)
        refused = await bob.next(Refused)
        assert (refused.code, refused.id) == ("malformed_frame", order_id)
        assert refused.sentence
        assert await bob.lobby() == lobby
        answer = await bob.order(game, draw("a1h"))
        assert isinstance(answer, Accepted)
        assert answer.version == 2
        seen = await ann.watch(game)
        assert isinstance(seen, Happened)
        assert seen.version == 2


async def test_too_many_mistakes_end_the_connection_and_no_other(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        bob, ann, game = await house.two_in_a_game()
        for _ in range(MOST_MISTAKES):
            await ann.say_raw("?")
            assert (await ann.next(Refused)).code == "malformed_frame"
        await ann.say_raw("?")
        assert (await ann.goodbye()).code == CloseCode.TOO_MANY_MISTAKES
        assert isinstance(await bob.order(game, draw("a1h")), Accepted)
        ann = await house.player(token=ann.token)
        assert isinstance(await ann.order(game, draw("a2h")), Accepted)


async def test_too_many_mistakes_before_the_greeting_end_the_connection(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        guest = await house.guest()
        for _ in range(MOST_MISTAKES + 1):
            await guest.say_raw("?")
        assert (await guest.goodbye()).code == CloseCode.TOO_MANY_MISTAKES


async def test_a_greeting_that_is_malformed_may_be_mended(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        guest = await house.guest()
        await guest.say_raw('{"kind": "hello"}')
        assert (await guest.next(Refused)).code == "malformed_frame"
        assert isinstance(await guest.greet("Ann"), Welcome)


@pytest.mark.parametrize("size", [LARGEST_GREETING + 1, LARGEST_FRAME])
async def test_a_greeting_too_large_ends_the_connection(tmp_path: Path, size: int) -> None:
    async with serving(tmp_path) as house:
        guest = await house.guest()
        await guest.say_raw(" " * size)
        assert (await guest.goodbye()).code == 1009
        assert isinstance(await (await house.guest()).greet("Ann"), Welcome)


async def test_a_frame_too_large_ends_the_connection(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        bob, ann, game = await house.two_in_a_game()
        await ann.say_raw("x" * LARGEST_FRAME)
        assert (await ann.next(Refused)).code == "malformed_frame"
        await ann.say_raw("x" * (LARGEST_FRAME + 1))
        assert (await ann.goodbye()).code == 1009
        assert isinstance(await bob.order(game, draw("a1h")), Accepted)


async def test_text_that_is_no_text_ends_the_connection(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        ann = await house.player("Ann")
        await ann.socket.send(b"\xff\xfe", text=True)
        assert (await ann.goodbye()).code == 1007
        ann = await house.player(token=ann.token)
        assert isinstance(await ann.order(MAIN_LOBBY, OpenGame(SMALL)), Accepted)

import json
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clouds_edges.domain.game import commands as game_commands
from clouds_edges.domain.game import events as game_events
from clouds_edges.domain.lobby import commands as lobby_commands
from clouds_edges.domain.lobby import events as lobby_events
from clouds_edges.domain.players import events as players_events
from clouds_edges.domain.players.commands import Rename
from clouds_edges.eventsourcing.decider import CommandId, StreamName
from clouds_edges.protocol.frames import (
    MalformedFrame,
    format_frame,
    json_schemas,
    parse_client_frame,
    parse_server_frame,
)
from clouds_edges.protocol.messages import (
    LARGEST_FRAME,
    LARGEST_GREETING,
    LONGEST_ID,
    ClientMessage,
    GiveOrder,
    Hello,
    Refused,
    ServerMessage,
    Watch,
)
from clouds_edges.rules import Board
from clouds_edges.rules.board import LARGEST_SIDE
from tests.protocol.messages import CLIENT_MESSAGES, GAME_STREAM, SERVER_MESSAGES, name_of

GOLDEN = Path(__file__).parent.parent / "golden" / "frames"
"""A frame of every kind ever released, by who sends it. None is ever changed or taken away."""

CLIENT_FRAMES = sorted(GOLDEN.glob("client/*.json"))
SERVER_FRAMES = sorted(GOLDEN.glob("server/*.json"))

ids = st.text(min_size=1, max_size=LONGEST_ID).map(CommandId)
streams = st.text(min_size=1, max_size=LONGEST_ID).map(StreamName)


@pytest.mark.parametrize("path", CLIENT_FRAMES, ids=lambda path: path.stem)
def test_a_frame_of_a_client_that_was_ever_sent_is_read(path: Path) -> None:
    message = parse_client_frame(path.read_text(encoding="utf-8"))
    assert parse_client_frame(format_frame(message)) == message


@pytest.mark.parametrize("path", SERVER_FRAMES, ids=lambda path: path.stem)
def test_a_frame_of_a_server_that_was_ever_sent_is_read(path: Path) -> None:
    message = parse_server_frame(path.read_text(encoding="utf-8"))
    assert parse_server_frame(format_frame(message)) == message


@pytest.mark.parametrize("name", CLIENT_MESSAGES)
def test_what_a_client_may_say_is_written_as_it_is_stored(name: str) -> None:
    stored = (GOLDEN / "client" / f"{name}.json").read_text(encoding="utf-8")
    assert format_frame(CLIENT_MESSAGES[name]) + "\n" == stored
    assert parse_client_frame(stored) == CLIENT_MESSAGES[name]


@pytest.mark.parametrize("name", SERVER_MESSAGES)
def test_what_a_server_may_say_is_written_as_it_is_stored(name: str) -> None:
    stored = (GOLDEN / "server" / f"{name}.json").read_text(encoding="utf-8")
    assert format_frame(SERVER_MESSAGES[name]) + "\n" == stored
    assert parse_server_frame(stored) == SERVER_MESSAGES[name]


def test_a_frame_of_every_kind_is_stored() -> None:
    assert {path.stem for path in CLIENT_FRAMES} >= CLIENT_MESSAGES.keys()
    assert {path.stem for path in SERVER_FRAMES} >= SERVER_MESSAGES.keys()
    assert {type(message) for message in CLIENT_MESSAGES.values()} == {*get_args(ClientMessage)}
    assert {type(message) for message in SERVER_MESSAGES.values()} == {*get_args(ServerMessage)}
    for kind in (*command_kinds(), *event_kinds()):
        message = "give_order" if kind in command_kinds() else "happened"
        assert name_of(message, kind) in {*CLIENT_MESSAGES, *SERVER_MESSAGES}


def test_there_is_a_schema_of_every_kind() -> None:
    schemas = json_schemas()
    json.dumps(schemas)
    assert kinds_in(schemas["client"]) == {
        *(one.kind for one in CLIENT_MESSAGES.values()),
        *command_kinds(),
    }
    assert kinds_in(schemas["server"]) == {
        *(one.kind for one in SERVER_MESSAGES.values()),
        *event_kinds(),
    }


def test_a_schema_says_what_a_line_and_an_id_look_like() -> None:
    client = json.dumps(json_schemas()["client"])
    assert '"pattern": "^([a-u])([1-9]|1[0-9]|2[01])([hv])$"' in client
    assert f'"maxLength": {LONGEST_ID}' in client


@given(
    st.builds(
        Hello,
        protocol=st.integers(0, 1_000_000),
        token=st.text(max_size=128),
        name=st.none() | st.text(max_size=200),
        client=st.text(max_size=64),
    )
    | st.builds(Watch, stream=streams, after=st.integers(0, 2**63))
    | st.builds(GiveOrder, id=ids, stream=streams, command=st.builds(Rename, name=st.text()))
)
def test_what_a_client_says_arrives_as_it_was_said(message: ClientMessage) -> None:
    assert parse_client_frame(format_frame(message)) == message


@given(st.integers(1, LARGEST_SIDE), st.integers(1, LARGEST_SIDE), st.data())
def test_every_line_arrives_as_it_was_drawn(rows: int, cols: int, data: st.DataObject) -> None:
    line = data.draw(st.sampled_from(Board(rows, cols).lines))
    order = GiveOrder(id=CommandId("x"), stream=GAME_STREAM, command=game_commands.DrawLine(line))
    assert parse_client_frame(format_frame(order)) == order


@given(st.none() | ids, st.text(), st.text(), st.none() | st.integers(0))
def test_a_refusal_arrives_as_it_was_said(
    order_id: CommandId | None, code: str, sentence: str, version: int | None
) -> None:
    refused = Refused(id=order_id, code=code, sentence=sentence, version=version)
    assert parse_server_frame(format_frame(refused)) == refused


@given(st.text())
def test_any_text_is_a_message_or_malformed(text: str) -> None:
    with pytest.raises(MalformedFrame):
        parse_client_frame(text)
    with pytest.raises(MalformedFrame):
        parse_server_frame(text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ),
    st.sampled_from(["id", "stream", "command", "kind", "x"]),
)
def test_any_value_in_any_place_is_read_or_malformed(value: object, place: str) -> None:
    order = json.loads(format_frame(CLIENT_MESSAGES["give_order-open_game.2"]))
    with suppress(MalformedFrame):
        message = parse_client_frame(json.dumps({**order, place: value}))
        assert isinstance(message, GiveOrder)


@pytest.mark.parametrize(
    ("frame", "order_id", "where"),
    [
        ('{"kind":"give_order","id":"x"}', "x", "give_order.stream: Field required"),
        ('{"kind":"give_order","id":7}', None, "give_order.id: Input should be a valid string"),
        ('{"kind":"win","id":"x"}', "x", "frame: Input tag 'win'"),
        ("[", None, "frame: Invalid JSON"),
        (b"{}", None, "frame: messages are text, this is binary"),
    ],
)
def test_a_malformed_frame_says_what_is_wrong_and_where(
    frame: str | bytes, order_id: str | None, where: str
) -> None:
    with pytest.raises(MalformedFrame, match=where) as malformed:
        parse_client_frame(frame)
    assert malformed.value.id == order_id


@pytest.mark.parametrize("message", CLIENT_MESSAGES.values(), ids=CLIENT_MESSAGES)
def test_what_a_client_may_say_fits_in_a_frame(message: ClientMessage) -> None:
    most = LARGEST_GREETING if isinstance(message, Hello) else LARGEST_FRAME
    assert len(format_frame(message).encode()) < most / 4


def command_kinds() -> set[str]:
    unions = (game_commands.PublicCommand, lobby_commands.PublicCommand)
    return {kind_of(one) for union in unions for one in get_args(union)} | {kind_of(Rename)}


def event_kinds() -> set[str]:
    unions = (game_events.Event, lobby_events.Event, players_events.Event)
    return {kind_of(one) for union in unions for one in get_args(union)}


def kind_of(command_or_event: type) -> str:
    (kind,) = (one for one in fields(command_or_event) if one.name == "kind")
    return str(kind.default)


def kinds_in(schema: dict[str, Any]) -> set[str]:
    return {
        definition["properties"]["kind"]["const"]
        for definition in schema["$defs"].values()
        if "kind" in definition.get("properties", {})
    }

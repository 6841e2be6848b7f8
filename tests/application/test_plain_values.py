import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clouds_edges.application.plain_values import plain
from clouds_edges.domain.actors import BotLevel
from clouds_edges.domain.game.events import LineDrawn
from clouds_edges.domain.lobby.state import Lobby
from clouds_edges.rules import Board, Position, parse_line
from tests.protocol.messages import ANN, GAME, TABLE


@dataclass(frozen=True, slots=True)
class Inner:
    names: frozenset[str]
    numbers: tuple[int, ...]


@pytest.mark.parametrize(
    ("value", "as_json"),
    [
        (None, None),
        (1.5, 1.5),
        (BotLevel.GREEDY, "greedy"),
        (parse_line("b3h"), "b3h"),
        (Position.start(Board(1, 1)), ["+   +", "", "+   +", "seats AB, A to draw"]),
        (Inner(frozenset("cab"), (1, 2)), {"names": ["a", "b", "c"], "numbers": [1, 2]}),
        (MappingProxyType({1: "x"}), {"1": "x"}),
        (datetime(2026, 7, 1, tzinfo=UTC), "2026-07-01 00:00:00+00:00"),
        (timedelta(minutes=5), "0:05:00"),
        (LineDrawn(1, parse_line("a1v")), {"seat": 1, "line": "a1v", "kind": "line_drawn"}),
    ],
)
def test_a_value_is_shown_as_json_has_it(value: object, as_json: object) -> None:
    assert plain(value) == as_json


def test_a_lobby_is_shown_with_everything_in_it() -> None:
    shown = plain(Lobby({GAME: TABLE}))
    assert isinstance(shown, dict)
    text = json.dumps(shown)
    assert all(word in text for word in (GAME, ANN.id, ANN.name, '"rows": 3'))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_what_is_json_already_is_shown_as_it_is(value: object) -> None:
    assert plain(value) == value

import json
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clouds_edges.protocol.admin import MOST_ROWS, ListEvents, Question, answer_of
from clouds_edges.protocol.admin_answers import Answer, NotDone
from clouds_edges.protocol.admin_messages import Answered, Ask
from clouds_edges.protocol.frames import (
    MalformedFrame,
    OperatorsOnly,
    format_frame,
    json_schemas,
    parse_answer_frame,
    parse_client_frame,
    parse_question_frame,
)
from clouds_edges.protocol.messages import LARGEST_FRAME
from tests.protocol.admin_messages import ANSWERS, OPERATOR_MESSAGES, QUESTIONS, TO_OPERATORS
from tests.protocol.messages import CLIENT_MESSAGES, ID

GOLDEN = Path(__file__).parent.parent / "golden" / "frames"
"""See `test_frames`."""

FRAMES_OF_OPERATORS = sorted(GOLDEN.glob("operator/*.json"))
FRAMES_TO_OPERATORS = sorted(GOLDEN.glob("server_to_operator/*.json"))


@pytest.mark.parametrize("path", FRAMES_OF_OPERATORS, ids=lambda path: path.stem)
def test_a_question_that_was_ever_asked_is_read_and_written_the_same(path: Path) -> None:
    frame = path.read_text(encoding="utf-8").rstrip("\n")
    assert format_frame(parse_question_frame(frame)) == frame


@pytest.mark.parametrize("path", FRAMES_TO_OPERATORS, ids=lambda path: path.stem)
def test_an_answer_that_was_ever_given_is_read(path: Path) -> None:
    message = parse_answer_frame(path.read_text(encoding="utf-8"))
    assert parse_answer_frame(format_frame(message)) == message


@pytest.mark.parametrize("name", OPERATOR_MESSAGES)
def test_a_question_is_written_as_it_is_stored(name: str) -> None:
    stored = (GOLDEN / "operator" / f"{name}.json").read_text(encoding="utf-8")
    assert format_frame(OPERATOR_MESSAGES[name]) + "\n" == stored
    assert parse_question_frame(stored) == OPERATOR_MESSAGES[name]


@pytest.mark.parametrize("name", TO_OPERATORS)
def test_an_answer_is_written_as_it_is_stored(name: str) -> None:
    stored = (GOLDEN / "server_to_operator" / f"{name}.json").read_text(encoding="utf-8")
    assert format_frame(TO_OPERATORS[name]) + "\n" == stored
    assert parse_answer_frame(stored) == TO_OPERATORS[name]


def test_every_question_and_every_answer_is_stored() -> None:
    assert {type(one) for one in QUESTIONS} == {*get_args(Question)}
    assert {type(one) for one in ANSWERS} == {*get_args(Answer)}
    assert {path.stem for path in FRAMES_OF_OPERATORS} >= OPERATOR_MESSAGES.keys()
    assert {path.stem for path in FRAMES_TO_OPERATORS} >= TO_OPERATORS.keys()


def test_every_question_knows_the_kind_of_its_answer() -> None:
    kinds: set[object] = {answer_of(question) for question in QUESTIONS}
    assert kinds == {*get_args(Answer)} - {NotDone}


def test_there_is_a_schema_of_every_question_and_answer() -> None:
    schemas = json_schemas()
    kinds = {name: json.dumps(schemas[name]) for name in ("operator", "server_to_operator")}
    assert all(f'"const": "{one.kind}"' in kinds["operator"] for one in QUESTIONS)
    assert all(f'"const": "{one.kind}"' in kinds["server_to_operator"] for one in ANSWERS)


@pytest.mark.parametrize("ask", OPERATOR_MESSAGES.values(), ids=OPERATOR_MESSAGES)
def test_a_question_is_none_for_a_player_and_not_read_any_further(ask: Ask) -> None:
    with pytest.raises(OperatorsOnly) as refused:
        parse_client_frame(format_frame(ask))
    assert refused.value.id == ask.id
    with pytest.raises(OperatorsOnly):
        parse_client_frame('{"kind": "ask", "question": "whatever"}')


@pytest.mark.parametrize("name", CLIENT_MESSAGES)
def test_what_players_say_is_no_question(name: str) -> None:
    with pytest.raises(MalformedFrame):
        parse_question_frame(format_frame(CLIENT_MESSAGES[name]))


@pytest.mark.parametrize("ask", OPERATOR_MESSAGES.values(), ids=OPERATOR_MESSAGES)
def test_a_question_fits_in_a_frame(ask: Ask) -> None:
    assert len(format_frame(ask).encode()) < LARGEST_FRAME / 4


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("limit", 0),
        ("limit", MOST_ROWS + 1),
        ("limit", 10**400),
        ("limit", "10"),
        ("after", -1),
        ("after", 2**63),
        ("before", 1.5),
        ("since", "2026-07-01T12:00:00"),
        ("since", "yesterday"),
        ("since", 0),
        ("wait_seconds", -1),
        ("wait_seconds", 1e9),
        ("actor", "x" * 1000),
        ("actor", 7),
        ("newest_first", "yes"),
        ("x", None),
    ],
)
def test_a_question_with_a_wrong_value_is_malformed(field: str, value: object) -> None:
    ask = json.loads(format_frame(Ask(id=ID, question=ListEvents())))
    ask["question"][field] = value
    with pytest.raises(MalformedFrame, match=f"question.list_events.{field}: ") as malformed:
        parse_question_frame(json.dumps(ask))
    assert malformed.value.id == ID


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_wait_that_is_no_number_is_malformed(number: str) -> None:
    frame = format_frame(Ask(id=ID, question=ListEvents())).replace(
        '"wait_seconds":0.0', f'"wait_seconds":{number}'
    )
    with pytest.raises(MalformedFrame):
        parse_question_frame(frame)


@given(st.text())
def test_any_text_is_malformed(text: str) -> None:
    with pytest.raises(MalformedFrame):
        parse_question_frame(text)
    with pytest.raises(MalformedFrame):
        parse_answer_frame(text)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(json_values)
def test_any_data_of_an_event_arrives_as_it_was_stored(value: object) -> None:
    answered = json.loads(format_frame(TO_OPERATORS["answered-events_page"]))
    answered["answer"]["events"][0]["data"] = value
    message = parse_answer_frame(json.dumps(answered))
    assert isinstance(message, Answered)
    assert parse_answer_frame(format_frame(message)) == message

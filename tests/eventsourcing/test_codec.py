from dataclasses import dataclass
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clouds_edges.eventsourcing.codec import Codec, Encoded
from clouds_edges.eventsourcing.errors import UnknownKind, UnknownSchema
from tests.eventsourcing.lamp import CODEC, Event, Labelled, TurnedOff, TurnedOn

_text = st.text(st.characters(exclude_categories=["Cs"]))


@given(
    st.sampled_from([TurnedOn(), TurnedOff()])
    | st.builds(Labelled, _text, st.lists(_text).map(tuple))
)
def test_decoding_undoes_encoding(event: Event) -> None:
    assert CODEC.decode(CODEC.encode(event)) == event


def test_an_event_is_named_by_its_kind() -> None:
    assert CODEC.kinds == {"turned_on", "turned_off", "labelled"}
    assert CODEC.encode(Labelled("hall")) == Encoded(
        "labelled", 1, b'{"label":"hall","rooms":[],"kind":"labelled"}'
    )


def test_a_domain_may_have_one_event_only() -> None:
    codec: Codec[TurnedOn] = Codec(TurnedOn)
    assert codec.kinds == {"turned_on"}
    assert codec.decode(codec.encode(TurnedOn())) == TurnedOn()


def test_an_unknown_kind_is_not_guessed_at() -> None:
    with pytest.raises(UnknownKind, match="'dimmed'") as caught:
        CODEC.decode(Encoded("dimmed", 1, b"{}"))
    assert caught.value.kind == "dimmed"


@pytest.mark.parametrize("schema", [0, 2])
def test_a_schema_of_another_program_is_not_guessed_at(schema: int) -> None:
    with pytest.raises(UnknownSchema, match="older") as caught:
        CODEC.decode(Encoded("turned_on", schema, b"{}"))
    assert (caught.value.kind, caught.value.schema) == ("turned_on", schema)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"[]",
        b"null",
        b"{}",
        b'{"label":1}',
        b'{"label":null}',
        b'{"label":"hall","rooms":"hall"}',
        b'{"label":"hall","colour":"red"}',
        b'{"label":"hall","kind":"turned_on"}',
        b'{"label":"hall"}}',
    ],
)
def test_data_that_does_not_fit_its_kind_is_not_guessed_at(data: bytes) -> None:
    with pytest.raises(UnknownSchema, match="does not fit"):
        CODEC.decode(Encoded("labelled", 1, data))


@dataclass(frozen=True, slots=True)
class _Dimmed:
    kind: Literal["dimmed"] = "dimmed"


def test_an_event_outside_the_union_is_not_written() -> None:
    with pytest.raises(KeyError):
        CODEC.encode(_Dimmed())  # type: ignore[arg-type]  # that is what is tested


def test_a_field_of_another_type_is_not_written() -> None:
    with pytest.raises(ValueError, match="label"):
        CODEC.encode(Labelled(7))  # type: ignore[arg-type]  # that is what is tested


def _name_to_label(data: dict[str, Any]) -> dict[str, Any]:
    return {"label": data["name"]}


def _add_rooms(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "rooms": [data["label"]]}


_LATER: Codec[Event] = Codec(Event, {"labelled": (_name_to_label, _add_rooms)})


def test_old_data_is_brought_up_step_by_step() -> None:
    today = Labelled("hall", ("hall",))
    assert _LATER.schema_of("labelled") == 3
    assert _LATER.schema_of("turned_on") == 1
    assert _LATER.decode(Encoded("labelled", 1, b'{"name":"hall"}')) == today
    assert _LATER.decode(Encoded("labelled", 2, b'{"label":"hall"}')) == today
    assert _LATER.encode(today).schema == 3
    assert _LATER.decode(_LATER.encode(today)) == today
    assert (_LATER.steps, CODEC.steps) == ((_name_to_label, _add_rooms), ())


@pytest.mark.parametrize("data", [b"{}", b"[]", b"nonsense"])
def test_old_data_that_cannot_be_brought_up_does_not_fit(data: bytes) -> None:
    with pytest.raises(UnknownSchema, match="does not fit"):
        _LATER.decode(Encoded("labelled", 1, data))

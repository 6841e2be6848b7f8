from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

import pytest

from clouds_edges.eventsourcing.codec import Codec, Encoded
from clouds_edges.eventsourcing.errors import UnknownSchema
from clouds_edges.eventsourcing.text_form import TextForm


def _parse(text: str) -> frozenset[str]:
    if sorted(set(text)) != list(text):
        message = f"the letters of {text!r} are not in order"
        raise ValueError(message)
    return frozenset(text)


def _format(letters: frozenset[str]) -> str:
    return "".join(sorted(letters))


Letters: TypeAlias = Annotated[frozenset[str], TextForm(_parse, _format, "^[a-z]*$")]


@dataclass(frozen=True, slots=True)
class LettersChosen:
    letters: Letters
    kind: Literal["letters_chosen"] = "letters_chosen"


@dataclass(frozen=True, slots=True)
class LettersLost:
    kind: Literal["letters_lost"] = "letters_lost"


_CODEC: Codec[LettersChosen | LettersLost] = Codec(LettersChosen | LettersLost)


def test_a_marked_field_is_stored_as_text() -> None:
    event = LettersChosen(frozenset("cab"))
    encoded = _CODEC.encode(event)
    assert encoded.data == b'{"letters":"abc","kind":"letters_chosen"}'
    assert _CODEC.decode(encoded) == event


@pytest.mark.parametrize("letters", [b'"ba"', b'"A"', b'["a"]', b"1", b"null"])
def test_text_that_does_not_parse_does_not_fit(letters: bytes) -> None:
    with pytest.raises(UnknownSchema, match="does not fit"):
        _CODEC.decode(Encoded("letters_chosen", 1, b'{"letters":' + letters + b"}"))

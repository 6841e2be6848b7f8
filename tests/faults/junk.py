"""Frames that nobody in their right mind sends, from the schemas of the protocol and a seed."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from clouds_edges.protocol.frames import json_schemas

_GOLDEN: Final = Path(__file__).parent.parent / "golden" / "frames"
_DEFINITION: Final = "#/$defs/"
_LEFT_OUT: Final = "-LEFT-OUT-"

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame; bytes that go as text need be none."""

    content: str | bytes
    is_text: bool


_PATTERNS: Final[Mapping[str, Callable[[random.Random], str]]] = {
    "^[0-9a-f]{64}$": lambda chance: f"{chance.getrandbits(256):064x}",
    "^[0-9a-f]{8}$": lambda chance: f"{chance.getrandbits(32):08x}",
    "^([a-u])([1-9]|1[0-9]|2[01])([hv])$": lambda chance: (
        f"{chance.choice('abcu')}{chance.randint(1, 21)}{chance.choice('hv')}"
    ),
}
_FORMATS: Final = {
    "duration": ("PT60S", "PT0S", "P1D", "-PT1S"),
    "date": ("2026-07-01", "0000-00-00"),
    "date-time": ("2026-07-01T12:00:00Z", "0001-01-01T00:00:00+14:00"),
}
# A text that begins with RAW: stands for itself, for what `json.dumps` does not write.
_NASTY: Final[Sequence[object]] = (
    None, True, False, 0, -1, 1.5, -0.0, 2**63, -(2**63) - 1, 10**4_000,
    "", " ", "\x00", "x" * 5_000, "\x1b[2J", "\u202eevil\u2066", "bob[/]", "e\u0301" * 30,
    "1", "null", [], {}, [[]], [None] * 100, {"kind": "resign"}, {"": {}},
    "RAW:NaN", "RAW:-Infinity", "RAW:1e999", "RAW:01", 'RAW:"\\ud800"', 'RAW:"\\udfff\\ud800"',
    'RAW:{"kind":"a","kind":"b"}', "RAW:" + "[" * 500 + "]" * 500, "RAW:" + "[" * 7_000,
    "RAW:" + '{"a":' * 1_000 + "1" + "}" * 1_000,
)  # fmt: skip


class Junk:
    """Makes frames: valid ones, such as are nearly valid, and noise."""

    def __init__(self, chance: random.Random, streams: Callable[[], Sequence[str]]) -> None:
        """Begin; `streams` are those that there is something to find in."""
        self._chance = chance
        self._streams = streams
        self._schemas = json_schemas()
        self._golden = [
            file.read_text(encoding="utf-8") for file in sorted(_GOLDEN.rglob("*.json"))
        ]

    def frame(self) -> Frame:
        """One more frame."""
        makers = (self._valid, self._nearly_valid, self._worn, self._noise)
        (make,) = self._chance.choices(makers, (2, 4, 3, 2))
        return make()

    def _valid(self) -> Frame:
        return self._from_schema(flaw=0)

    def _nearly_valid(self) -> Frame:
        return self._from_schema(flaw=0.15)

    def _from_schema(self, flaw: float) -> Frame:
        who = self._chance.choices(tuple(self._schemas), (6, 1, 1, 1))[0]
        schema = self._schemas[who]
        value = _Sample(self._chance, schema.get("$defs", {}), self._streams(), flaw).of(schema)
        text = _written(value)
        if self._chance.random() < flaw / 3:
            text = text.removesuffix("}") + ', "kind": "ask_record"}'
        return Frame(text, is_text=True)

    def _worn(self) -> Frame:
        """A frame ever released, of which some characters are not what they were."""
        text = list(self._chance.choice(self._golden).strip())
        for _ in range(self._chance.randint(1, 4)):
            at = self._chance.randrange(len(text) + 1)
            end = at + self._chance.choice((0, 1, 1, 5))
            text[at:end] = self._chance.choice(
                ("", "", '"', "{", "}", ",", "\\", "\x00", "\ufeff", "9" * 50, "é", *text[at:end])
            )
        return Frame("".join(text)[: self._chance.choice((10, 10_000, 10_000))], is_text=True)

    def _noise(self) -> Frame:
        size = self._chance.choice((0, 1, 10, 100, 1_000, 16 * 1024, 16 * 1024, 16 * 1024 + 1))
        is_text = self._chance.random() < 0.7
        if self._chance.random() < 0.1:
            return Frame(self._chance.randbytes(size), is_text)
        text = "".join(self._chance.choices('{}[]":,0e-\\u tnf', k=size))
        return Frame(text.encode(), is_text)


@dataclass(slots=True)
class _Sample:
    """Values as a schema wants them; here and there, as often as `flaw` says, others."""

    chance: random.Random
    definitions: Mapping[str, Schema]
    streams: Sequence[str]
    flaw: float

    def of(self, schema: Schema, name: str = "") -> object:
        """A value of a property with this name."""
        if self.chance.random() < self.flaw / 2:
            return self.chance.choice((*_NASTY, _LEFT_OUT))
        if name == "stream":
            return self.chance.choice(self.streams)
        for choice in ("oneOf", "anyOf", "enum"):
            if choice in schema:
                chosen = self.chance.choice(schema[choice])
                return chosen if choice == "enum" else self.of(chosen, name)
        if "$ref" in schema:
            return self.of(self.definitions[schema["$ref"].removeprefix(_DEFINITION)], name)
        if "const" in schema:
            return schema["const"]
        return self._of_type(schema)

    def _of_type(self, schema: Schema) -> object:
        match schema.get("type"):
            case "object":
                return self._object(schema)
            case "array":
                length = self.chance.choice((0, 1, 2, schema.get("maxItems", 3)))
                return [self.of(schema.get("items", {})) for _ in range(length)]
            case "string":
                return self._text(schema)
            case "integer" | "number":
                least, most = int(schema.get("minimum", 0)), int(schema.get("maximum", 20))
                return self.chance.choice((least, most, self.chance.randint(least, most)))
            case "boolean":
                return self.chance.random() < 0.5
            case _:
                return None

    def _object(self, schema: Schema) -> dict[str, object]:
        made = {
            name: self.of(property_, name)
            for name, property_ in schema.get("properties", {}).items()
            if name == "kind" or name in schema.get("required", ()) or self.chance.random() < 0.5
        }
        if self.chance.random() < self.flaw:
            made[self.chance.choice(("x", "by", "__class__", "Kind", "kind ", ""))] = 1
        return {name: value for name, value in made.items() if value is not _LEFT_OUT}

    def _text(self, schema: Schema) -> str:
        if "pattern" in schema:
            return _PATTERNS[schema["pattern"]](self.chance)
        if "format" in schema:
            return self.chance.choice(_FORMATS[schema["format"]])
        longest = schema.get("maxLength", 20)
        length = self.chance.choice((schema.get("minLength", 0), 8, longest))
        return "".join(self.chance.choices("abcdefghijklmnopqrstuvwxyz", k=length))


def _written(value: object) -> str:
    """As JSON, but for what stands for itself."""
    text = json.dumps(value, ensure_ascii=False)
    return re.sub(r'"RAW:((?:[^"\\]|\\.)*)"', lambda raw: str(json.loads(f'"{raw[1]}"')), text)

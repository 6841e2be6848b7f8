"""States of the domain as values of JSON, to be looked at; they are never read back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass

from pydantic import JsonValue

from clouds_edges.rules import Line, Position, format_line, format_position


def plain(value: object) -> JsonValue:
    """A value as JSON has it; lines in the notation of the game, positions drawn row by row."""
    match value:
        case None | bool() | int() | float():
            return value
        case str() | Line() | Position():
            return _text(value)
        case Mapping():
            return {str(key): plain(inner) for key, inner in value.items()}
        case AbstractSet():
            return sorted(map(plain, value), key=str)
        case Iterable():
            return [plain(inner) for inner in value]
        case _:
            return _fields(value)


def _text(value: str | Line | Position) -> JsonValue:
    match value:
        case str():
            return str(value)  # what is an enumeration becomes a text
        case Line():
            return format_line(value)
        case Position():
            return [*format_position(value).splitlines()]


def _fields(value: object) -> JsonValue:
    if not is_dataclass(value):
        return str(value)
    return {field.name: plain(getattr(value, field.name)) for field in fields(value)}

"""Events to bytes and back: an event is named by its `kind`, never by a Python path."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, get_args

from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError, from_json, to_json

from clouds_edges.eventsourcing.errors import UnknownKind, UnknownSchema
from clouds_edges.eventsourcing.personal import Sealer

E = TypeVar("E")

Upcast = Callable[[dict[str, Any]], dict[str, Any]]
"""Turns the data of one schema version into that of the next."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """An event as bytes, with the names under which they can be read again."""

    kind: str
    schema: int
    data: bytes


class Codec(Generic[E]):
    """Reads and writes the events of a union of frozen dataclasses, or of one, each with a `kind`.

    A kind whose data has changed lists an upcast for each step: with two of them the kind is at
    schema version 3, and data of versions 1 and 2 is brought up to it when read.

    With a sealer, texts marked as `Personal` are sealed when written and unsealed when read.
    """

    def __init__(
        self,
        events: object,
        upcasts: Mapping[str, tuple[Upcast, ...]] = {},
        sealer: Sealer | None = None,
    ) -> None:
        """Take the union of all events, such as `LineDrawn | GameEnded`, or the only event."""
        classes = get_args(events) or (events,)
        self._adapters: dict[str, TypeAdapter[E]] = {
            _kind_of(a_class): TypeAdapter(a_class) for a_class in classes
        }
        self._upcasts = upcasts
        self._sealer = sealer

    def sealed_by(self, sealer: Sealer) -> Codec[E]:
        """The same codec with a sealer."""
        sealing = copy.copy(self)
        sealing._sealer = sealer  # noqa: SLF001 - of the copy
        return sealing

    @property
    def kinds(self) -> frozenset[str]:
        """Every kind that can be read."""
        return frozenset(self._adapters)

    @property
    def steps(self) -> tuple[Upcast, ...]:
        """Every upcast: with another one, the same log may lead to other states."""
        return tuple(step for steps in self._upcasts.values() for step in steps)

    def schema_of(self, kind: str) -> int:
        """The schema version in which events of this kind are written."""
        return 1 + len(self._upcasts.get(kind, ()))

    def encode(self, event: E) -> Encoded:
        """Write an event; whatever the sealer raises comes out as it is."""
        return self.encode_and_keep(event)[0]

    def encode_and_keep(self, event: E) -> tuple[Encoded, E]:
        """Write an event; and the event as whoever reads it finds it.

        Texts of those whose key is gone are lost in writing: nothing else differs.
        """
        kind = _kind_of(event)
        sealer = None if self._sealer is None else _Witnessed(self._sealer)
        try:
            data = self._adapters[kind].dump_json(event, context=sealer, warnings="error")
        except PydanticSerializationError as error:
            if sealer is not None and sealer.trouble is not None:
                raise sealer.trouble from error
            raise
        encoded = Encoded(kind, self.schema_of(kind), data)
        is_as_it_was = sealer is None or not sealer.has_sealed
        return encoded, event if is_as_it_was else self.decode(encoded)

    def decode(self, encoded: Encoded) -> E:
        """Read an event, brought up to today's schema.

        Raises:
            UnknownKind: This program knows no such event.
            UnknownSchema: The data is from a newer program, or does not fit the kind.
        """
        adapter = self._adapters.get(encoded.kind)
        if adapter is None:
            raise UnknownKind(encoded.kind)
        if not 1 <= encoded.schema <= self.schema_of(encoded.kind):
            raise UnknownSchema(encoded.kind, encoded.schema, "the program is older than that")
        try:
            data = self._brought_up(encoded)
            return adapter.validate_json(data, strict=True, extra="forbid", context=self._sealer)
        except (ValueError, LookupError, TypeError) as error:  # the last two from an upcast
            raise UnknownSchema(encoded.kind, encoded.schema, "its data does not fit") from error

    def _brought_up(self, encoded: Encoded) -> bytes:
        steps = self._upcasts.get(encoded.kind, ())[encoded.schema - 1 :]
        if not steps:
            return encoded.data
        data: dict[str, Any] = from_json(encoded.data)
        for step in steps:
            data = step(data)
        return to_json(data)


class _Witnessed:
    """A sealer of which it is known whether it was used, and its trouble is kept.

    Pydantic makes a sentence of that.
    """

    def __init__(self, sealer: Sealer) -> None:
        self.has_sealed = False
        self.trouble: Exception | None = None
        self._sealer = sealer

    def seal(self, owner: str, text: str) -> str:
        self.has_sealed = True
        try:
            return self._sealer.seal(owner, text)
        except Exception as trouble:
            self.trouble = trouble
            raise


def _kind_of(event: object) -> str:
    kind: str = event.__dataclass_fields__["kind"].default  # type: ignore[attr-defined]  # events are dataclasses
    return kind

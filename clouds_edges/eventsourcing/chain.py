"""The chain of hashes that ties each event of a stream to those before it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from clouds_edges.eventsourcing.codec import Codec, Encoded
from clouds_edges.eventsourcing.recorded import Checkpoint, Recorded, microseconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clouds_edges.eventsourcing.store import Append

E = TypeVar("E")

EMPTY_HEAD: Final = bytes(32)
"""The hash before the first event of a stream."""
MOST_HEADS: Final = 10_000
"""Of how many streams the last hash stays in memory, at about 200 bytes each."""
_UP_TO_COMMAND: Final = b"%b" + b"%d:%b" * 7


@dataclass(frozen=True, slots=True)
class Sealed(Generic[E]):
    """An event ready to be stored: encoded, numbered, and tied to the one before it.

    `event` is what will be read of it, so that who is told now and who reads later agree.
    """

    event: E
    encoded: Encoded
    version: int
    hash: bytes


def seal(append: Append[E], head: bytes, codec: Codec[E]) -> Iterator[Sealed[E]]:
    """Encode and chain the events of an append, the first one after `head`."""
    for version, event in enumerate(append.events, append.expected_version + 1):
        encoded, kept = codec.encode_and_keep(event)
        head = chain_hash(
            head,
            append.stream,
            version,
            encoded,
            microseconds(append.at),
            append.by,
            append.command_id,
            append.cause,
        )
        yield Sealed(kept, encoded, version, head)


def recorded_from(append: Append[E], sealed: Sealed[E], position: Checkpoint) -> Recorded[E]:
    """The event as it stands in the log once it is committed."""
    return Recorded(
        position,
        append.stream,
        sealed.version,
        sealed.event,
        append.at,
        append.by,
        append.command_id,
        append.cause,
        sealed.hash,
    )


def chain_hash(  # noqa: PLR0913, PLR0917 - the whole envelope is sealed, field by field
    previous: bytes,
    stream: str,
    version: int,
    encoded: Encoded,
    at: int,
    by: str,
    command_id: str,
    cause: str | None,
) -> bytes:
    """The hash that follows `previous`: SHA-256 over it and the canonical bytes of an event.

    The canonical bytes are stream, version, kind, schema version, time in microseconds since
    1970, actor, command id, cause (if there is one) and data, each as a netstring without the
    comma (its length in decimal, a colon, the bytes), so that no two events share them. The
    position is left out: it says where an event is, not what it is.
    """
    return hash_of_fields(
        previous,
        stream.encode(),
        version,
        encoded.kind.encode(),
        encoded.schema,
        at,
        by.encode(),
        command_id.encode(),
        None if cause is None else cause.encode(),
        encoded.data,
    )


def hash_of_fields(  # noqa: PLR0913, PLR0917 - as above
    previous: bytes,
    stream: bytes,
    version: int,
    kind: bytes,
    schema: int,
    at: int,
    by: bytes,
    command_id: bytes,
    cause: bytes | None,
    data: bytes,
) -> bytes:
    """The same from bytes in UTF-8; spelled out, because readers of the log do it a lot."""
    numbers = b"%d" % version, b"%d" % schema, b"%d" % at
    before = _UP_TO_COMMAND % (
        previous,
        len(stream),
        stream,
        len(numbers[0]),
        numbers[0],
        len(kind),
        kind,
        len(numbers[1]),
        numbers[1],
        len(numbers[2]),
        numbers[2],
        len(by),
        by,
        len(command_id),
        command_id,
    )
    if cause is not None:
        before = b"%b%d:%b" % (before, len(cause), cause)
    return hashlib.sha256(b"%b%d:%b" % (before, len(data), data)).digest()

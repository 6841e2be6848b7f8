"""Every kind of event ever released is in tests/golden/events, and is read for ever.

A file holds an event as a store keeps it. Released files are never changed: data that changes
gets another schema version, an upcast, and a file of its own.
"""

import json
from pathlib import Path
from typing import Final, get_args

import pytest

from clouds_edges.application.vocabulary import CODEC, AnyEvent
from clouds_edges.eventsourcing.codec import Encoded

_FILES: Final = sorted((Path(__file__).parent.parent / "golden" / "events").glob("*.json"))


def _stored(file: Path) -> Encoded:
    kept = json.loads(file.read_text(encoding="utf-8"))
    data = json.dumps(kept["data"], ensure_ascii=False, separators=(",", ":"))
    return Encoded(kept["kind"], kept["schema"], data.encode())


_TODAY: Final = [
    file for file in _FILES if _stored(file).schema == CODEC.schema_of(_stored(file).kind)
]


def test_every_kind_is_there_in_every_schema_version() -> None:
    expected = {
        f"{kind}.{schema}.json"
        for kind in CODEC.kinds
        for schema in range(1, CODEC.schema_of(kind) + 1)
    }
    assert {file.name for file in _FILES} == expected


def test_no_two_events_share_a_kind() -> None:
    assert len(CODEC.kinds) == len(get_args(AnyEvent))


@pytest.mark.parametrize("file", _FILES, ids=lambda file: file.name)
def test_a_stored_event_is_read(file: Path) -> None:
    stored = _stored(file)
    assert file.name == f"{stored.kind}.{stored.schema}.json"
    assert CODEC.decode(stored).kind == stored.kind


@pytest.mark.parametrize("file", _TODAY, ids=lambda file: file.name)
def test_a_stored_event_of_today_is_written_with_the_same_bytes(file: Path) -> None:
    stored = _stored(file)
    assert CODEC.encode(CODEC.decode(stored)) == stored

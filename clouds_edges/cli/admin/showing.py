"""How answers are shown: data on stdout, as columns or as JSON; words on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import typer

from clouds_edges.client.clean_text import cleaned

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from pydantic import BaseModel, JsonValue

    from clouds_edges.protocol.admin_answers import Done, EventRow

EVENT_COLUMNS: Final = ("position", "at (UTC)", "event", "kind", "by", "data")


def show_json(answer: BaseModel, *, indent: int | None = 2) -> None:
    """An answer as JSON in ASCII: nothing in it can steer a terminal."""
    import json

    typer.echo(json.dumps(answer.model_dump(mode="json"), indent=indent))


def show_done(done: Done, *, as_json: bool) -> None:
    """What was done, in words; and as JSON for who asked for that."""
    if as_json:
        show_json(done)
    say(done.sentence)


def say(words: str) -> None:
    """Words for people."""
    typer.echo(cleaned(words), err=True)


def show_columns(names: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Rows in columns as wide as what is in them; the last one as it comes."""
    from rich.cells import cell_len, set_cell_size

    cells = [[_cell(value) for value in row] for row in (names, *rows)]
    widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        padded = [
            set_cell_size(cell, width) for cell, width in zip(row[:-1], widths[:-1], strict=True)
        ]
        typer.echo("  ".join([*padded, row[-1]]).rstrip())


def show_event(event: EventRow) -> list[str]:
    """An event as cells of `EVENT_COLUMNS`."""
    place = f"{event.stream}@{event.version}"
    return [
        str(event.position),
        moment(event.at),
        place,
        event.kind,
        event.by,
        in_one_line(event.data),
    ]


def moment(at: datetime) -> str:
    """A time in UTC, to the second."""
    return f"{at:%Y-%m-%d %H:%M:%S}"


def in_one_line(value: JsonValue) -> str:
    """A value of JSON, readable."""
    import json

    return json.dumps(value, ensure_ascii=False)


def show_value(value: JsonValue) -> None:
    """A value of JSON over several lines, readable."""
    import json

    for line in json.dumps(value, ensure_ascii=False, indent=2).splitlines():
        typer.echo(cleaned(line))


def _cell(value: object) -> str:
    return "-" if value is None else cleaned(str(value))

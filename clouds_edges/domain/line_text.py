"""A line as it is stored and sent: as text."""

from functools import lru_cache
from typing import Annotated, Final, TypeAlias

from clouds_edges.eventsourcing.text_form import TextForm
from clouds_edges.rules import Line, format_line, parse_line
from clouds_edges.rules.notation import LINE_PATTERN

_MOST_LINES: Final = 1024
"""More than the largest board has; whoever reads a log meets the same ones for ever."""

LineText: TypeAlias = Annotated[
    Line, TextForm(lru_cache(_MOST_LINES)(parse_line), format_line, LINE_PATTERN)
]

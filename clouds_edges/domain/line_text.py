"""A line as it is stored and sent: as text."""

from typing import Annotated, TypeAlias

from clouds_edges.eventsourcing.text_form import TextForm
from clouds_edges.rules import Line, format_line, parse_line
from clouds_edges.rules.notation import LINE_PATTERN

LineText: TypeAlias = Annotated[Line, TextForm(parse_line, format_line, LINE_PATTERN)]

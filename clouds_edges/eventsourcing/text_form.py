"""Values that are stored and sent as text, such as a line as `b3h`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class TextForm:
    """Marks a field as text on disk and on the wire: `Annotated[Line, TextForm(...)]`.

    Pydantic asks the mark for its schema, which is a plain dictionary (see "core schema" in the
    documentation of pydantic-core): a domain that uses the mark does not import pydantic.

    `parse` raises `ValueError` for text it does not know; `pattern` documents it.
    """

    parse: Callable[[str], object]
    format: Callable[[Any], str]
    pattern: str

    def __get_pydantic_core_schema__(self, _source: object, _handler: object) -> dict[str, Any]:
        return {
            "type": "function-after",
            "function": {"type": "no-info", "function": self.parse},
            "schema": {"type": "str", "strict": True, "pattern": self.pattern},
            "serialization": {
                "type": "function-plain",
                "function": self.format,
                "return_schema": {"type": "str"},
            },
        }

"""Text that belongs to a person, and can be forgotten although the log cannot be changed.

Where a store writes it, it is sealed with a key of that person's; to forget somebody is to delete
the key. The chain of hashes is over the sealed text, so it holds before and after.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

_SEALED: Final = "sealed"


class Sealer(Protocol):
    """Seals texts so that they can be read again for as long as there is a key."""

    def seal(self, owner: str, text: str) -> str:
        """The text, to be read again with the owner's key only; made when there is none yet."""
        ...

    def unseal(self, owner: str, sealed: str) -> str | None:
        """The text again; None when the key is gone."""
        ...


class _Validation(Protocol):
    """What pydantic tells of the object that is being read."""

    @property
    def context(self) -> Sealer | None: ...

    @property
    def data(self) -> dict[str, Any]: ...


class _Serialization(Protocol):
    """What pydantic tells of how an object is being written."""

    @property
    def context(self) -> Sealer | None: ...


@dataclass(frozen=True, slots=True)
class Personal:
    """Marks a text as a person's: `Annotated[str, Personal("id", placeholder)]`.

    `owner` names the field that says whose it is; it stands before this one. A codec that is given
    a sealer writes `{"sealed": …}`, and reads what cannot be unsealed any more as
    `placeholder(owner)`. Everywhere else, as on the wire, the text is written as it is.

    Like `TextForm` the mark gives its schema as a plain dictionary, so that a domain that uses it
    does not import pydantic.
    """

    owner: str
    placeholder: Callable[[str], str]

    def __get_pydantic_core_schema__(self, _source: object, _handler: object) -> dict[str, Any]:
        return {
            "type": "function-before",
            "function": {"type": "with-info", "function": self._read},
            "schema": {"type": "str", "strict": True},
            "serialization": {
                "type": "function-plain",
                "function": self._write,
                "is_field_serializer": True,
                "info_arg": True,
            },
        }

    def _read(self, stored: object, info: _Validation) -> object:
        sealer = info.context
        if sealer is None or not isinstance(stored, dict) or stored.keys() != {_SEALED}:
            return stored
        owner, sealed = info.data[self.owner], stored[_SEALED]
        if not isinstance(sealed, str):
            return stored
        text = sealer.unseal(owner, sealed)
        return self.placeholder(owner) if text is None else text

    def _write(self, whole: object, text: object, info: _Serialization) -> object:
        if not isinstance(text, str):
            message = f"a text is needed, not {text!r}"
            raise TypeError(message)
        sealer = info.context
        if sealer is None:
            return text
        return {_SEALED: sealer.seal(getattr(whole, self.owner), text)}

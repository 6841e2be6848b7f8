"""F25: text that would steer a terminal, and what of it is found in the bytes a program writes.

A program writes sequences of its own; of those that an app of Textual writes, the shapes are known.
Each hostile text carries a mark, so that it is found in a sequence of the same shape, too.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import count
from typing import Final, TypeAlias

from clouds_edges.client.clean_text import cleaned

MARK: Final = "7777"
HOSTILE: Final = (
    f"\x1b]52;c;{base64.b64encode(MARK.encode()).decode()}\x07ann",
    f"\x1b]0;{MARK}\x07bob",
    f"\x1b[{MARK}mcyd",
    f"\x9b{MARK}mdan",
    f"\x1b[{MARK};1Heve",
    f"\x9d0;{MARK}\x9cfay",
    f"\x1bP{MARK}\x1b\\gus",
    "\u202ehal\u2066\u200b\u061c\u2028",
    "ivy\r\n\x0b\x0c\x08\x7f\x00",
    "[/][red]jim[/red][@click=app.quit]",
    "kim" + "\u0301" * 6 + "\ue000\u3164",
    f"\x1b]8;;{MARK}://lea\x1b\\lea\x1bc",
)
"""What names, titles and sentences could be; short, so that it is not cut away."""

OF_TEXTUAL: Final = frozenset(
    {"CSI H", "CSI m", "CSI ?h", "CSI ?l", "CSI ?$p", "CSI <u", "CSI >u", "ESC ]22", "ESC ]52"}
)
"""Places, colours and modes; whether modes are known, keys, the shape of the pointer, clipboard."""
OF_PROGRESS: Final = frozenset({"CSI A", "CSI K", "CSI m", "CSI ?h", "CSI ?l"})
"""What a bar of Rich writes."""

Words: TypeAlias = Callable[[str], str]
"""What is said where an honest server would say this."""

_INTRODUCED: Final = re.compile(
    r"""
    \x1b(?P<string>[\]PX^_])(?P<content>.*?)(?:\x07|\x1b\\|\x9c|\Z)  # OSC, DCS, SOS, PM, APC
    | \x1b\[(?P<parameters>[0-?]*)(?P<final>[ -/]*[@-~])             # CSI
    | \x1b(?P<other>[ -/]*[0-Z\\^-~])                                # all that is shorter
    | (?P<lone>\x1b)                                                 # none at all
    """,
    re.VERBOSE | re.DOTALL,
)
"""ECMA-48, section 5.4 (control sequences), 5.6 (control strings) and 5.3 (escape sequences)."""
_OWN_CONTROLS: Final = frozenset("\r\n\t\b\x07")


@dataclass(frozen=True, slots=True)
class Sequence:
    """A control sequence: what kind it is of, and what is in it."""

    shape: str
    content: str


def harmless(text: str) -> str:
    """What an honest server says."""
    return text


def hostile() -> Words:
    """One hostile text after the other, whatever is to be said."""
    places = count()
    return lambda _: HOSTILE[next(places) % len(HOSTILE)]


def sequences_in(said: bytes) -> list[Sequence]:
    """The control sequences in the output of a program."""
    text = said.decode("utf-8", "surrogateescape")
    return [_sequence(found) for found in _INTRODUCED.finditer(text)]


def foreign_in(said: bytes, own: Collection[str]) -> list[str]:
    """What steers the terminal in the output of a program that writes sequences of these shapes."""
    text = said.decode("utf-8", "surrogateescape")
    strange = [
        sequence.shape + sequence.content
        for sequence in sequences_in(said)
        if sequence.shape not in own or _is_hostile(sequence)
    ]
    rest = _INTRODUCED.sub("", text)
    return strange + [one for one in rest if one not in _OWN_CONTROLS and cleaned(one) != one]


def _sequence(found: re.Match[str]) -> Sequence:
    if found["string"]:
        kind = found["content"].partition(";")[0] if found["string"] == "]" else ""
        return Sequence(f"ESC {found['string']}{kind}", found["content"])
    if found["final"]:
        private = found["parameters"][:1] if found["parameters"][:1] in set("<=>?") else ""
        return Sequence(f"CSI {private}{found['final']}", found["parameters"])
    return Sequence(f"ESC {found['other'] or ''}", "")


def _is_hostile(sequence: Sequence) -> bool:
    if MARK in sequence.content:
        return True
    if sequence.shape != "ESC ]52":
        return False
    copied = base64.b64decode(sequence.content.rpartition(";")[2]).decode()
    return MARK in copied or cleaned(copied) != copied

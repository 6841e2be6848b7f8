"""What can be asked of the list of players."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from clouds_edges.domain.ids import PlayerId


@dataclass(frozen=True, slots=True)
class SignUp:
    """Take a name; avatar and colour come by chance."""

    name: str
    kind: Literal["sign_up"] = "sign_up"


@dataclass(frozen=True, slots=True)
class Rename:
    """Take another name; games that have begun keep the old one."""

    name: str
    kind: Literal["rename"] = "rename"


@dataclass(frozen=True, slots=True)
class ForgetPlayer:
    """Let nobody know any more what a player was called; only an admin may."""

    player: PlayerId
    kind: Literal["forget_player"] = "forget_player"


Command: TypeAlias = SignUp | Rename | ForgetPlayer
PublicCommand: TypeAlias = Rename
"""What a player may send; signing up belongs to the greeting."""

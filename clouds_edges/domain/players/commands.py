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


@dataclass(frozen=True, slots=True)
class GrantAdmin:
    """Let a player look after the server from now on; only an admin may."""

    player: PlayerId
    kind: Literal["grant_admin"] = "grant_admin"


@dataclass(frozen=True, slots=True)
class WithdrawAdmin:
    """Let a player look after the server no longer; only an admin may."""

    player: PlayerId
    kind: Literal["withdraw_admin"] = "withdraw_admin"


AdminCommand: TypeAlias = ForgetPlayer | GrantAdmin | WithdrawAdmin
Command: TypeAlias = SignUp | Rename | AdminCommand
PublicCommand: TypeAlias = Rename
"""What a player may send; signing up belongs to the greeting."""

"""Digests of commands that tell nobody a name, however long they try names out."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from clouds_edges.domain.forgotten import forgotten_name
from clouds_edges.domain.game.commands import StartGame
from clouds_edges.domain.lobby.commands import OpenGame
from clouds_edges.domain.players.commands import Rename, SignUp
from clouds_edges.eventsourcing.store import digest

if TYPE_CHECKING:
    from clouds_edges.domain.actors import Actor
    from clouds_edges.eventsourcing.command_handler import BodyOf
    from clouds_edges.eventsourcing.decider import Issued, StreamName
    from clouds_edges.eventsourcing.keyring import Keyring

_WithNames: TypeAlias = SignUp | Rename | OpenGame


def private_bodies(keyring: Keyring) -> BodyOf[object, Actor]:
    """What to tell commands apart by: of those with names, under the key of who gives them.

    A process has no key: what it gives is told apart without the names.
    """

    async def body_of(stream: StreamName, issued: Issued[object, Actor]) -> bytes:
        if isinstance(issued.command, StartGame):
            return digest(stream, _nameless(issued.command))
        body = digest(stream, issued.command)
        if isinstance(issued.command, _WithNames):
            return await asyncio.to_thread(keyring.mac, issued.by.id, body)
        return body

    return body_of


def _nameless(command: StartGame) -> StartGame:
    seats = (
        replace(seat, player=replace(seat.player, name=forgotten_name(seat.player.id)))
        for seat in command.seats
    )
    return replace(command, seats=tuple(seats))

"""Players who vanish: they may come back for a while, then the others need not wait for them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from clouds_edges.domain.actors import Actor
from clouds_edges.domain.game.commands import (
    AbsenceCommand,
    ClaimGame,
    EndGrace,
    NoteAbsence,
    NoteReturn,
)
from clouds_edges.domain.game.events import (
    AbsenceEvent,
    Event,
    GameClaimed,
    GraceEnded,
    PlayerReturned,
    PlayerVanished,
)
from clouds_edges.domain.game.leaving import after_leaving, seats_in_play, without
from clouds_edges.domain.game.refusals import NobodyVanished
from clouds_edges.domain.game.state import Absence, Game
from clouds_edges.rules import Ending

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from clouds_edges.domain.ids import PlayerId


def decide_on_absence(command: AbsenceCommand, by: Actor, at: datetime, game: Game) -> list[Event]:
    """Note who is gone and who is back; let those who waited claim the game."""
    match command:
        case NoteAbsence(player, grace):
            return _vanish(player, grace, at, game)
        case NoteReturn(player):
            return [PlayerReturned(seat) for seat in game.seats_of(player) if seat in game.absences]
        case EndGrace(seat):
            until = game.graces.get(seat)
            return [] if until is None or at < until else [GraceEnded(seat)]
        case ClaimGame():
            return _claim(by, at, game)


def evolve_absences(game: Game, event: AbsenceEvent) -> Game:
    """Follow who is gone, and since when."""
    match event:
        case PlayerVanished(seat, at, until):
            return replace(game, absences={**game.absences, seat: Absence(at, until)})
        case PlayerReturned(seat):
            others = {absent: one for absent, one in game.absences.items() if absent != seat}
            return replace(game, absences=others)
        case GraceEnded(seat):
            ended = replace(game.absences[seat], has_grace=False)
            return replace(game, absences={**game.absences, seat: ended})
        case GameClaimed(_, vanished):
            return without(game, vanished, Ending.ABANDONED)


def _vanish(player: PlayerId, grace: timedelta, at: datetime, game: Game) -> list[Event]:
    """Bots never vanish, and nobody does from a game in which no other person waits."""
    people = [seat for seat in game.in_play if game.seats[seat].bot is None]
    own = [seat for seat in people if game.seats[seat].player.id == player]
    if own == people:
        return []
    return [PlayerVanished(seat, at, at + grace) for seat in own if seat not in game.absences]


def _claim(by: Actor, at: datetime, game: Game) -> list[Event]:
    own = seats_in_play(by, game)
    vanished = game.claimable_by(by.id)
    if not vanished:
        message = "nobody has been away for long enough: wait, or offer a draw"
        raise NobodyVanished(message)
    claimed = GameClaimed(own[0], vanished)
    return [claimed, *after_leaving(game, vanished, Ending.ABANDONED, at)]

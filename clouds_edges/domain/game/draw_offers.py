"""Offers of a draw: each has a number, and stands until the next line."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from clouds_edges.domain.actors import Actor
from clouds_edges.domain.game.commands import (
    AcceptDraw,
    DeclineDraw,
    OfferCommand,
    OfferDraw,
)
from clouds_edges.domain.game.events import (
    DrawAccepted,
    DrawDeclined,
    DrawOffered,
    Event,
    GameEnded,
    OfferEvent,
)
from clouds_edges.domain.game.leaving import pressed, seats_in_play
from clouds_edges.domain.game.refusals import (
    BotsPlayOn,
    NoSuchOffer,
    OfferedAlready,
    OfferStands,
    OwnOffer,
)
from clouds_edges.domain.game.state import Game, Offer
from clouds_edges.rules import Ending, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


def decide_on_offer(command: OfferCommand, by: Actor, at: datetime, game: Game) -> list[Event]:
    """Let players offer and agree; once everybody in play agrees, the game ends."""
    own = seats_in_play(by, game)
    match command:
        case OfferDraw():
            _check_may_offer(game, own)
            return [DrawOffered(own[0], game.offers + 1), *_end_if_agreed(game, own, at)]
        case AcceptDraw(number):
            offer = _answerable(game, number, own)
            if own[0] in offer.agreed:
                return []
            return [DrawAccepted(own[0], number), *_end_if_agreed(game, {*own, *offer.agreed}, at)]
        case DeclineDraw(number):
            _answerable(game, number, own)
            return [DrawDeclined(own[0], number)]


def evolve_offers(game: Game, event: OfferEvent) -> Game:
    """Follow the offer that stands; who speaks for one seat speaks for all their seats."""
    own = frozenset(game.seats_of(game.seats[event.seat].player.id))
    match event:
        case DrawOffered(seat, number):
            offer = Offer(number, seat, own)
            return replace(game, offer=offer, offers=number, offered=game.offered | own)
        case DrawAccepted():
            if game.offer is None:
                return game
            return replace(game, offer=replace(game.offer, agreed=game.offer.agreed | own))
        case DrawDeclined():
            return replace(game, offer=None)


def _check_may_offer(game: Game, own: tuple[int, ...]) -> None:
    if any(game.seats[seat].bot is not None for seat in game.in_play):
        message = "bots do not agree to a draw, they play on"
        raise BotsPlayOn(message)
    if game.offer is not None and game.offer.seat not in own:
        message = f"{game.seats[game.offer.seat].player.name} offers a draw already: answer that"
        raise OfferStands(message)
    if own[0] in game.offered:
        message = "you have offered a draw: offer another after the next line"
        raise OfferedAlready(message)


def _answerable(game: Game, number: int, own: tuple[int, ...]) -> Offer:
    offer = game.offer
    if offer is None or offer.id != number:
        message = "that offer of a draw does not stand any more"
        raise NoSuchOffer(message)
    if offer.seat in own:
        message = "the offer is your own: the others answer it"
        raise OwnOffer(message)
    return offer


def _end_if_agreed(game: Game, agreed: Iterable[int], at: datetime) -> list[Event]:
    if set(game.in_play) - set(agreed):
        return []
    outcome = Outcome(Ending.DRAW_AGREED, game.position.scores, game.in_play)
    return [*pressed(game, game.position, at), GameEnded(outcome)]

"""What players wait for, in words: the clocks, an answer to an offer, somebody to come back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from clouds_edges.client.clock_text import format_time_left
from clouds_edges.client.wording import listed, names

if TYPE_CHECKING:
    from datetime import datetime

    from clouds_edges.domain.game.state import Game, Offer
    from clouds_edges.domain.ids import PlayerId

REQUESTS: Final = ("claim", "offer_draw", "agree_draw", "decline_draw")
"""What players may ask of each other beside lines."""


def times_left(game: Game, now: datetime | None) -> tuple[str, ...]:
    """What each seat has left at the server's time `now`; "" in a game without a clock.

    Without knowing the time, what they had when the turn began.
    """
    clocks, seat = game.clocks, game.position.seat_to_draw
    if clocks is None:
        return ("",) * len(game.seats)
    left = list(clocks.left)
    if now is not None and game.outcome is None:
        left[seat] = clocks.left_at(now, seat)
    return tuple(map(format_time_left, left))


def is_waiting(game: Game) -> bool:
    """Whether what is said here changes as time passes."""
    return game.runs_out is not None or bool(game.graces)


def answerable(game: Game, player: PlayerId) -> Offer | None:
    """The offer of a draw that this reader has to answer, or None."""
    own = {seat for seat in game.seats_of(player) if seat in game.in_play}
    offer = None if game.outcome is not None else game.offer
    return offer if offer is not None and own - offer.agreed else None


def is_playing(game: Game, player: PlayerId) -> bool:
    """Whether the game goes on and this reader has a seat in it that they have not left."""
    return game.outcome is None and any(seat in game.in_play for seat in game.seats_of(player))


def requests(game: Game, player: PlayerId) -> frozenset[str]:
    """Which of `REQUESTS` this reader may make now; who plays alone has nobody to offer a draw."""
    if not is_playing(game, player):
        return frozenset()
    has_bots = any(game.seats[seat].bot is not None for seat in game.in_play)
    has_offered = not game.offered.isdisjoint(game.seats_of(player))
    may_offer = not has_bots and game.offer is None and not has_offered
    is_asked, is_alone = answerable(game, player) is not None, _speaks_for_all(game, player)
    possible = {
        "claim": bool(game.claimable_by(player)),
        "offer_draw": may_offer and not is_alone,
        "agree_draw": is_asked or (may_offer and is_alone),
        "decline_draw": is_asked,
    }
    return frozenset(request for request in REQUESTS if possible[request])


def draw_question(game: Game, player: PlayerId) -> tuple[str, str]:
    """What to ask this reader before a draw, and the word for yes."""
    if answerable(game, player) is not None:
        return "Agree to end this game as a draw?", "Agree draw"
    if _speaks_for_all(game, player):
        called = listed([names(game.seats)[seat] for seat in game.in_play])
        return f"Do {called} agree to end this game as a draw?", "Agree draw"
    return "Offer to end this game as a draw? The offer stands until the next line.", "Offer draw"


def notice(game: Game, player: PlayerId, now: datetime | None) -> str:
    """What this reader should know of now, or nothing: an offer, or who is away."""
    if game.outcome is not None:
        return ""
    return _offered(game, player) or _missed(game, player, now)


def _speaks_for_all(game: Game, player: PlayerId) -> bool:
    """Whether everybody in play sits at the keyboard of this reader."""
    return set(game.in_play) <= {*game.seats_of(player)}


def _offered(game: Game, player: PlayerId) -> str:
    if game.offer is None:
        return ""
    if game.offer.seat in game.seats_of(player):
        return "You offer a draw, until the next line"
    offers = f"{names(game.seats)[game.offer.seat]} offers a draw"
    return offers if answerable(game, player) is None else f"{offers}: Ctrl+D yes, Ctrl+X no"


def _missed(game: Game, player: PlayerId, now: datetime | None) -> str:
    """Who is away: first those for whom the game can be claimed, then who is missed longest."""
    called = names(game.seats)
    own = game.seats_of(player)
    gone = game.claimable_by(player)
    if gone:
        may_claim = any(seat in game.in_play for seat in own)
        return f"{called[gone[0]]} is away" + (": Ctrl+W claims the game" if may_claim else "")
    graces = [(until, seat) for seat, until in game.graces.items() if seat not in own]
    if not graces:
        return ""
    until, seat = min(graces)
    if now is None:
        return f"{called[seat]} is away"
    return f"{called[seat]} is away, {format_time_left(max(until - now, timedelta(0)))} to return"

"""Everything the client says about games and tables, in words; knows no Textual.

A reader is the player at this terminal. They may hold one seat, none (a spectator) or several
(people who share a keyboard): only who holds exactly one seat is called "you".
"""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import wrap
from typing import TYPE_CHECKING, Final

from clouds_edges.client.clock_text import format_clock
from clouds_edges.domain.actors import BotLevel
from clouds_edges.domain.game.events import (
    ClockPressed,
    ClockStarted,
    ClockStood,
    DrawAccepted,
    DrawDeclined,
    DrawOffered,
    GameClaimed,
    GameEnded,
    GameStarted,
    GraceEnded,
    LineDrawn,
    PlayerResigned,
    PlayerReturned,
    PlayerVanished,
    TimeRanOut,
)
from clouds_edges.domain.ids import MAIN_LOBBY, PLAYERS, game_in
from clouds_edges.protocol.messages import PROTOCOL_VERSION
from clouds_edges.rules import MIN_SEATS, SEAT_LETTERS, Ending, Outcome, format_board

if TYPE_CHECKING:
    from clouds_edges.client.heard import HeardServer
    from clouds_edges.client.streams import HistoryLost
    from clouds_edges.domain.actors import Player, Seat
    from clouds_edges.domain.game.events import Event
    from clouds_edges.domain.game.state import Game
    from clouds_edges.domain.ids import PlayerId
    from clouds_edges.domain.lobby.state import Table
    from clouds_edges.eventsourcing.decider import StreamName
    from clouds_edges.protocol.messages import FrozenIs, RecordIs
    from clouds_edges.rules import Line

BOT_LEVELS: Final = {
    BotLevel.RANDOM: "random: draws anything",
    BotLevel.GREEDY: "greedy: takes every box",
    BotLevel.CHAINS: "chains: counts and plans",
}

NO_SUCH_GAME: Final = "The game of your invite is over, or it is private, or it was never here"
FROZEN: Final = "The server is frozen"
HISTORY_LOST: Final = "This server lost or changed history"
_STREAMS: Final[Mapping[StreamName, str]] = {MAIN_LOBBY: "the lobby", PLAYERS: "the players"}

_HOW: Final[Mapping[Ending, str]] = {
    Ending.DRAW_AGREED: " by agreement",
    Ending.TIME_RAN_OUT: " on time",
}
_DEEDS: Final[dict[type[Event], str]] = {
    PlayerResigned: "resigned",
    TimeRanOut: "ran out of time",
    PlayerVanished: "went away",
    PlayerReturned: "came back",
    GameClaimed: "claimed the game",
    DrawOffered: "offered a draw",
    DrawAccepted: "agreed to a draw",
    DrawDeclined: "declined the draw",
}
_YOU_LEFT: Final = {
    Ending.RESIGNED: "You resigned",
    Ending.TIME_RAN_OUT: "You ran out of time",
    Ending.ABANDONED: "You were away when the game was claimed",
}


def names(seats: tuple[Seat, ...]) -> tuple[str, ...]:
    """What the seats are called: names, with the letter where two are the same."""
    plain = [seat.player.name for seat in seats]
    return tuple(
        name if plain.count(name) == 1 else f"{name} ({letter})"
        for name, letter in zip(plain, SEAT_LETTERS, strict=False)
    )


def own_seat(game: Game, player: PlayerId) -> int | None:
    """The only seat of a player; None for spectators and for people who share a keyboard."""
    seats = game.seats_of(player)
    return seats[0] if len(seats) == 1 else None


def turn(game: Game, player: PlayerId) -> str:
    """Whose turn it is, or how the game ended."""
    if game.outcome is not None:
        return ending(game, game.outcome, player)
    seat = game.position.seat_to_draw
    if seat == own_seat(game, player):
        return "Your turn"
    return f"{names(game.seats)[seat]} is to draw"


def frozen(told: FrozenIs) -> str:
    """Why the server takes no orders."""
    return f"{FROZEN}: {told.reason}"


def what_happened(before: Game | None, event: Event, player: PlayerId) -> str | None:
    """One event of a game as a sentence, or None when it goes without saying.

    `before` is the game it happened to.
    """
    if before is None or isinstance(event, GameStarted):
        return "The game has begun"
    match event:
        case LineDrawn(seat, line):
            closed = len(before.position.boxes_closed_by(line))
            drew = f"{_who(before, seat, player)} drew {line}"
            return drew + (f" and closed {_counted(closed, 'box', 'boxes')}" if closed else "")
        case GameEnded(outcome):
            return ending(before, outcome, player)
        case ClockStarted() | ClockPressed() | GraceEnded():
            return None
        case ClockStood():
            return "No clock ran while no line could be drawn"
        case (PlayerResigned() | TimeRanOut() | PlayerVanished() | PlayerReturned()) | (
            GameClaimed() | DrawOffered() | DrawAccepted() | DrawDeclined()
        ):
            who, away = _who(before, event.seat, player), ""
            if isinstance(event, GameClaimed):
                away = _who_was_away(before, event.vanished, player)
            return f"{who} {_DEEDS[type(event)]}{away}"


def ending(game: Game, outcome: Outcome, player: PlayerId) -> str:
    """How a game ended, for this reader."""
    if not outcome.winners:
        return "The game was cancelled"
    own = own_seat(game, player)
    if outcome.is_draw:
        result, reason = _shared_first_place(game, outcome, own), _draw_reason(outcome)
    else:
        result, reason = _result(game, outcome, own), _reason(game, outcome, own)
    if len(game.seats) == MIN_SEATS:
        return f"{result} {_score(game, outcome, own)}{reason}"
    return f"{result}{reason}: {_scores(game, outcome, own)}"


def why_not(game: Game | None, line: Line, player: PlayerId) -> str | None:
    """Why this reader cannot draw this line now; None when they can."""
    if game is None:
        return "The game has not begun yet"
    if game.outcome is not None:
        return "The game is over"
    if not game.seats_of(player):
        return "You are watching, you have no seat in this game"
    if game.to_draw.id != player:
        return f"It is not your turn: {turn(game, player)}"
    if game.position.is_drawn(line):
        return f"{line} is drawn already, choose a free line"
    return None


def pointed_at(game: Game | None, line: Line, typed: str) -> str:
    """The line under the cursor in words, or what is typed so far."""
    if typed and typed != str(line):
        return f"typed {typed}_"
    if game is None:
        return str(line)
    if game.position.is_drawn(line):
        return f"{line}, drawn"
    closes = len(game.position.boxes_closed_by(line))
    return f"{line}, free" + (f", closes {_counted(closes, 'box', 'boxes')}" if closes else "")


def greeting(player: Player | None) -> str:
    """The first words on the home screen."""
    return "Dots and Boxes" if player is None else f"Hello, {player.name} {player.avatar}"


def record(found: RecordIs | None) -> str:
    """The finished games of a player."""
    if found is None:
        return ""
    if found.played == 0:
        return "No finished game yet"
    drawn = f", drew {found.drawn}" if found.drawn else ""
    boxes = _counted(found.boxes, "box", "boxes")
    return f"Played {found.played}, won {found.won}{drawn}, {boxes} closed"


def open_table(table: Table, player: PlayerId) -> str:
    """A game that waits for players."""
    words = [_what(table), _people(table, player)]
    words.append(f"{len(table.taken)} of {table.seats} seats taken")
    if table.private:
        words.append("private" if table.invite is None else f"invite code {table.invite}")
    return " · ".join(words)


def my_table(table: Table, player: PlayerId) -> str:
    """A game in which this reader has a seat."""
    if table.is_playing:
        return f"{_what(table)} · {_people(table, player)} · in play"
    missing = table.seats - len(table.taken)
    waiting = "waiting for " + ("an opponent" if missing == 1 else f"{missing} opponents")
    words = [_what(table), waiting]
    if len(table.taken) > 1:
        words.append(_people(table, player))
    if table.invite is not None:
        words.append(f"invite code {table.invite}")
    return " · ".join(words)


def begun(table: Table, player: PlayerId) -> str:
    """That a game of this reader has begun while they look at something else."""
    return f"Your game has begun: {_what(table)}, {_people(table, player)}"


def expired(table: Table) -> str:
    """That a game in which this reader had a seat was open for too long."""
    return f"Nobody came for too long, your open game is gone: {_what(table)}"


def name_question(*, is_known: bool) -> str:
    """Why a name is asked for; `is_known` is whether the server has let us in before."""
    if not is_known:
        return "What shall the others call you?"
    return (
        "This server does not know you here. It is asked again and again with the key you have, "
        "in case it remembers. To begin as somebody new, choose another name."
    )


def left_without_name(*, is_known: bool) -> str:
    """Why the program ends; `is_known` is whether the server has let us in before."""
    if not is_known:
        return "nobody plays without a name: start again and choose one"
    return (
        "this server does not know you here, although it did before: ask who runs it whether "
        "tokens.db is missing there, or start again and choose another name; your key is kept"
    )


def heard(server: HeardServer) -> str:
    """A server that is announced on this network."""
    said = server.announcement
    if said.protocol != PROTOCOL_VERSION:
        how = "update needed"
    else:
        how = "encrypted" if said.is_encrypted else "not encrypted"
    return f"{server.name} · {server.place} · {how}"


def history_lost(lost: HistoryLost) -> str:
    """What a server lost or changed, as far as it is known."""
    what = _STREAMS.get(lost.stream) or f"game {game_in(lost.stream)}"
    called = f"{what} ({lost.title})" if lost.title else what
    if lost.has < lost.had:
        words = f"{called}: of {_counted(lost.had, 'event', 'events')} {lost.has or 'none'} left"
    else:
        words = f"{called}: its first {_counted(lost.had, 'event', 'events')} were changed"
    return f"{words}; your line {lost.line}, once accepted, is missing" if lost.line else words


def receipts_lost(trouble: str) -> str:
    """That nothing is known any more of what servers have told before."""
    return (
        "What servers told you before is not remembered any more, so whether they have lost or "
        f"changed it is not noticed. {trouble}"
    )


def too_small(width: int, height: int, needed: tuple[int, int]) -> str:
    """What to do about a terminal without room for a board, in lines that fit it."""
    sentences = (
        f"This terminal has {width} columns and {height} rows.",
        f"Clouds & Edges needs at least {needed[0]} columns and {needed[1]} rows.",
    )
    lines = [line for sentence in sentences for line in wrap(sentence, max(1, width))]
    if len(lines) > height:
        lines = [f"now {width}x{height},", f"need {needed[0]}x{needed[1]}"]
    return "\n".join(lines)


def _who(game: Game, seat: int, player: PlayerId) -> str:
    return "You" if seat == own_seat(game, player) else names(game.seats)[seat]


def _who_was_away(game: Game, vanished: tuple[int, ...], player: PlayerId) -> str:
    own, called = own_seat(game, player), names(game.seats)
    away = ["you" if seat == own else called[seat] for seat in vanished]
    were = "was" if len(away) == 1 and own not in vanished else "were"
    return f", {listed(away)} {were} away"


def _what(table: Table) -> str:
    board = format_board(table.board)
    return board if table.clock is None else f"{board} · {format_clock(table.clock)}"


def _people(table: Table, player: PlayerId) -> str:
    is_mine = sum(seat.player.id == player for seat in table.taken) == 1
    called = [
        "you" if is_mine and seat.player.id == player else name
        for seat, name in zip(table.taken, names(table.taken), strict=True)
    ]
    return listed(called)


def _score(game: Game, outcome: Outcome, own: int | None) -> str:
    """The boxes of two seats: the winner's first, unless the reader lost by playing."""
    first = outcome.winners[0]
    if own is not None and own not in game.position.withdrawn:
        first = own
    return f"{outcome.scores[first]} : {outcome.scores[1 - first]}"


def _scores(game: Game, outcome: Outcome, own: int | None) -> str:
    """The boxes of more than two seats, by name, the most first."""
    called = ["you" if seat == own else name for seat, name in enumerate(names(game.seats))]
    by_boxes = sorted(zip(called, outcome.scores, strict=True), key=lambda pair: -pair[1])
    return ", ".join(f"{name} {boxes}" for name, boxes in by_boxes)


def _result(game: Game, outcome: Outcome, own: int | None) -> str:
    (winner,) = outcome.winners
    name = names(game.seats)[winner]
    if own is None:
        return f"{name} won"
    if own == winner:
        return "You won"
    if own in game.position.withdrawn:
        why = _why_left(game, own)
        if why is outcome.ending is Ending.ABANDONED:  # who claims the end of a game wins it
            return f"You were away, so {name} claimed the game"
        return f"{_YOU_LEFT[why]}, {name} won"
    return "You lost" if len(game.seats) == MIN_SEATS else f"You lost to {name}"


def _shared_first_place(game: Game, outcome: Outcome, own: int | None) -> str:
    if len(game.seats) == MIN_SEATS:
        return "Draw"
    called = names(game.seats)
    others = [called[seat] for seat in outcome.winners if seat != own]
    if own in outcome.winners:
        return f"{listed(['You', *others])} share the first place"
    if own is None:
        return f"{listed(others)} share the first place"
    begin = _YOU_LEFT[_why_left(game, own)] if own in game.position.withdrawn else "You lost"
    return f"{begin}, {listed(others)} share the first place"


def _draw_reason(outcome: Outcome) -> str:
    return _HOW.get(outcome.ending, "")


def _reason(game: Game, outcome: Outcome, own: int | None) -> str:
    """How it came to an end, when the board was not filled."""
    if own in game.position.withdrawn:
        return ""
    called = names(game.seats)
    left = [
        called[seat]
        for seat in sorted(game.position.withdrawn)
        if _why_left(game, seat) is outcome.ending
    ]
    if left and outcome.ending is Ending.RESIGNED:
        return f", {listed(left)} resigned"
    if left and outcome.ending is Ending.ABANDONED:
        return f", claimed from {listed(left)}, who {'was' if len(left) == 1 else 'were'} away"
    return _HOW.get(outcome.ending, "")


def _why_left(game: Game, seat: int) -> Ending:
    return game.departures.get(seat, Ending.RESIGNED)


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def listed(words: list[str]) -> str:
    """Words as a list in a sentence."""
    if len(words) < 2:  # noqa: PLR2004 - a list of one needs no "and"
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"

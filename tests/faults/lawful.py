"""Whether a game was played by the rules (I8), told without the code that plays it."""

from __future__ import annotations

from collections.abc import Sequence

from clouds_edges.domain.game.events import Event, GameEnded, GameStarted, LineDrawn
from clouds_edges.rules import Ending, Line


def is_lawful(events: Sequence[Event]) -> bool:
    """Whether lines were drawn once, in turn, and counted right, and nothing followed the end."""
    started = events[0]
    if not isinstance(started, GameStarted):
        return False
    turn, scores = started.first, [0] * len(started.seats)
    drawn: set[Line] = set()
    ended: GameEnded | None = None
    for event in events[1:]:
        if ended is not None:
            return False
        match event:
            case LineDrawn(seat, line):
                if seat != turn or line in drawn:
                    return False
                drawn.add(line)
                closed = sum(
                    drawn.issuperset(box.lines) for box in started.board.boxes_beside(line)
                )
                scores[seat] += closed
                turn = seat if closed else (seat + 1) % len(scores)
            case GameEnded():
                ended = event
            case _:
                pass
    if ended is None:
        return True
    best = tuple(seat for seat, score in enumerate(scores) if score == max(scores))
    outcome = ended.outcome
    return (
        outcome.ending is Ending.PLAYED_OUT
        and drawn == set(started.board.lines)
        and (outcome.scores, outcome.winners) == (tuple(scores), best)
    )

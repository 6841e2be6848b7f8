"""The rules of Dots and Boxes once more, in their plainest form, to hold recorded games against."""

from collections.abc import Iterator, Sequence

from clouds_edges.application.vocabulary import AnyEvent
from clouds_edges.domain.game.events import (
    GameClaimed,
    GameEnded,
    GameStarted,
    LineDrawn,
    PlayerResigned,
    TimeRanOut,
)
from clouds_edges.rules import Ending


def lies_of_game(events: Sequence[AnyEvent]) -> Iterator[str]:
    """What in the events of a game cannot have happened (I8)."""
    started, *later = events
    if not isinstance(started, GameStarted):
        yield f"it begins with {started}"
        return
    table = _Table(started)
    for event in later:
        yield from table.lies(event)
    if table.is_full and not table.is_over:
        yield "it has no end, though nothing can be drawn"


class _Table:
    """Lines as a dot and a direction, and how many boxes each seat has closed."""

    def __init__(self, started: GameStarted) -> None:
        self.is_over = False
        self._seats = len(started.seats)
        self._to_draw = started.first
        self._rows, self._cols = started.board.rows, started.board.cols
        self._drawn: set[tuple[int, int, str]] = set()
        self._scores = [0] * self._seats
        self._gone: set[int] = set()

    @property
    def is_full(self) -> bool:
        return sum(self._scores) == self._rows * self._cols

    def lies(self, event: AnyEvent) -> Iterator[str]:
        """Let this happen; what of it cannot."""
        if self.is_over:
            yield f"{event} comes behind the end"
        match event:
            case GameStarted():
                yield "it begins twice"
            case LineDrawn():
                yield from self._draw(event)
            case PlayerResigned(seat) | TimeRanOut(seat):
                self._leave(seat)
            case GameClaimed(_, vanished):
                for seat in vanished:
                    self._leave(seat)
            case GameEnded():
                yield from self._end(event)
            case _:
                pass

    def _draw(self, event: LineDrawn) -> Iterator[str]:
        line = event.line.dot.column, event.line.dot.row, event.line.direction.value
        if event.seat != self._to_draw:
            yield f"{event}, but it was the turn of {self._to_draw}"
        if line in self._drawn:
            yield f"{event}, but it is drawn already"
        before = self._closed()
        self._drawn.add(line)
        closed = self._closed() - before
        self._scores[event.seat] += closed
        if not closed:
            self._pass_on()

    def _end(self, event: GameEnded) -> Iterator[str]:
        self.is_over = True
        if event.outcome.scores != tuple(self._scores):
            yield f"{event}, but the boxes are {self._scores}"
        if (event.outcome.ending is Ending.PLAYED_OUT) != self.is_full:
            yield f"{event}, but {len(self._drawn)} lines are drawn"

    def _leave(self, seat: int) -> None:
        self._gone.add(seat)
        if seat == self._to_draw and len(self._gone) < self._seats:
            self._pass_on()

    def _pass_on(self) -> None:
        self._to_draw = (self._to_draw + 1) % self._seats
        while self._to_draw in self._gone:
            self._to_draw = (self._to_draw + 1) % self._seats

    def _closed(self) -> int:
        return sum(
            {(x, y, "h"), (x, y + 1, "h"), (x, y, "v"), (x + 1, y, "v")} <= self._drawn
            for x in range(self._cols)
            for y in range(self._rows)
        )

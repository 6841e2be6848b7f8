"""A position: the lines drawn, the boxes owned, whose turn it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self

from clouds_edges.rules.errors import GameIsOver, ImpossibleSeats, LineTaken
from clouds_edges.rules.outcome import Ending, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clouds_edges.rules.board import Board, Box, Line

MIN_SEATS: Final = 2
MAX_SEATS: Final = 4


@dataclass(frozen=True, slots=True)
class Position:
    """One state of a game; `draw` leads to the next.

    Seats count from 0, in the order in which they take turns. Make one with `start` or
    `parse_position`: the masks of bits are the inside, with the indices of `Board`.
    """

    board: Board
    drawn: int
    owned: tuple[int, ...]
    seat_to_draw: int
    """The seat that draws next; once the game is over, the seat that drew last."""
    withdrawn: frozenset[int] = frozenset()

    @classmethod
    def start(cls, board: Board, seats: int = MIN_SEATS, first: int = 0) -> Self:
        """The empty board, with seat `first` to draw.

        Raises:
            ImpossibleSeats: Not 2 to 4 seats, or `first` is none of them.
        """
        if not MIN_SEATS <= seats <= MAX_SEATS:
            message = f"a game has {MIN_SEATS} to {MAX_SEATS} seats, not {seats}"
            raise ImpossibleSeats(message)
        if not 0 <= first < seats:
            message = f"seat {first} cannot begin a game of {seats} seats"
            raise ImpossibleSeats(message)
        return cls(board, 0, (0,) * seats, first)

    @property
    def seats(self) -> int:
        """How many seats the game has, withdrawn ones included."""
        return len(self.owned)

    @property
    def is_full(self) -> bool:
        """Whether every line is drawn."""
        return self.drawn == self.board.geometry.all_lines

    @property
    def is_over(self) -> bool:
        """Whether every line is drawn or a single seat is left."""
        return self.is_full or len(self.withdrawn) == self.seats - 1

    @property
    def scores(self) -> tuple[int, ...]:
        """The boxes owned, by seat."""
        return tuple(boxes.bit_count() for boxes in self.owned)

    @property
    def free_lines(self) -> tuple[Line, ...]:
        """The lines not drawn yet, in the order of `Board.lines`."""
        return tuple(self._lines_where(drawn=False))

    @property
    def drawn_lines(self) -> tuple[Line, ...]:
        """The lines drawn, in the order of `Board.lines` (not of play)."""
        return tuple(self._lines_where(drawn=True))

    @property
    def outcome(self) -> Outcome | None:
        """The result, or None while the game goes on.

        A seat that withdrew keeps its boxes but cannot win.
        """
        if not self.is_over:
            return None
        scores = self.scores
        staying = [seat for seat in range(self.seats) if seat not in self.withdrawn]
        best = max(scores[seat] for seat in staying)
        return Outcome(
            ending=Ending.PLAYED_OUT if self.is_full else Ending.RESIGNED,
            scores=scores,
            winners=tuple(seat for seat in staying if scores[seat] == best),
        )

    def may_draw(self, seat: int) -> bool:
        """Whether it is this seat's turn."""
        return not self.is_over and seat == self.seat_to_draw

    def is_drawn(self, line: Line) -> bool:
        """Whether the line is drawn.

        Raises:
            LineOffBoard: The line does not lie on the board.
        """
        return bool(self.drawn >> self.board.index_of(line) & 1)

    def owner(self, box: Box) -> int | None:
        """The seat that closed the box, or None."""
        bit = 1 << self.board.index_of_box(box)
        return next((seat for seat, boxes in enumerate(self.owned) if boxes & bit), None)

    def sides(self, box: Box) -> int:
        """How many of the four lines around the box are drawn."""
        return sum(self.is_drawn(line) for line in box.lines)

    def boxes_closed_by(self, line: Line) -> tuple[Box, ...]:
        """The boxes, none to two, that drawing this line would close; none once it is drawn.

        Raises:
            LineOffBoard: The line does not lie on the board.
        """
        index = self.board.index_of(line)
        closed = 0 if self.drawn >> index & 1 else self._closed_by(index)
        return tuple(
            box
            for box in self.board.boxes_beside(line)
            if closed >> self.board.index_of_box(box) & 1
        )

    def draw(self, line: Line) -> Position:
        """The position after the seat to draw has drawn this line.

        A line that closes a box scores it, and the same seat draws again.

        Raises:
            GameIsOver: Nothing is drawn any more.
            LineOffBoard: The line does not lie on the board.
            LineTaken: The line is drawn already.
        """
        if self.is_over:
            raise GameIsOver(line, self.board)
        index = self.board.index_of(line)
        bit = 1 << index
        if self.drawn & bit:
            raise LineTaken(line, self.board)
        closed = self._closed_by(index)
        seat, owned, drawn = self.seat_to_draw, self.owned, self.drawn | bit
        if not closed:
            return Position(self.board, drawn, owned, self._seat_after(seat), self.withdrawn)
        owned = (*owned[:seat], owned[seat] | closed, *owned[seat + 1 :])
        return Position(self.board, drawn, owned, seat, self.withdrawn)

    def withdraw(self, seat: int) -> Position:
        """The position after a seat has given up: its boxes stay, its turns are passed over.

        Raises:
            ImpossibleSeats: The seat is not in play, or the game is over.
        """
        if self.is_over or seat in self.withdrawn or not 0 <= seat < self.seats:
            message = f"seat {seat} is not in play, it cannot withdraw"
            raise ImpossibleSeats(message)
        left = replace(self, withdrawn=self.withdrawn | {seat})
        if seat != self.seat_to_draw or left.is_over:
            return left
        return replace(left, seat_to_draw=left._seat_after(seat))  # noqa: SLF001 - it is our own

    def _closed_by(self, index: int) -> int:
        drawn = self.drawn | 1 << index
        closed = 0
        for box, around in self.board.geometry.around[index]:
            if drawn & around == around:
                closed |= box
        return closed

    def _seat_after(self, seat: int) -> int:
        seat = (seat + 1) % self.seats
        while seat in self.withdrawn:
            seat = (seat + 1) % self.seats
        return seat

    def _lines_where(self, *, drawn: bool) -> Iterator[Line]:
        for index, line in enumerate(self.board.lines):
            if bool(self.drawn >> index & 1) is drawn:
                yield line

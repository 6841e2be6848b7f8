"""The streams of one server: how far each watched one was told, and whether it is still the same.

There is no I/O in here: what the server says goes in, and out comes what it means, and what to
say to the server next.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from clouds_edges.domain.game.commands import DrawLine
from clouds_edges.domain.game.events import GameStarted, LineDrawn
from clouds_edges.protocol.messages import (
    MOST_RECEIPTS,
    Accepted,
    CheckReceipts,
    Happened,
    LobbyIs,
    Receipt,
    Unwatch,
    Watch,
)
from clouds_edges.rules import format_board

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clouds_edges.client.receipts import Receipts
    from clouds_edges.eventsourcing.decider import StreamName
    from clouds_edges.protocol.messages import ClientMessage, Duplicate, GiveOrder, HistoryDiffers


@dataclass(frozen=True, slots=True)
class HistoryLost:
    """A stream is not what the server said it was: it is told from its beginning again.

    It had come to version `had` and is at `has` now. `title` is what people call it, if that is
    known. `line` is our own line that was accepted and is missing, if there is one that is known.
    """

    stream: StreamName
    title: str
    had: int
    has: int
    line: str = ""


News: TypeAlias = Happened | LobbyIs | HistoryLost


@dataclass(frozen=True, slots=True)
class Step:
    """What came of a message: news for the player, and wishes to the server."""

    news: tuple[News, ...] = ()
    wishes: tuple[ClientMessage, ...] = ()


@dataclass(frozen=True, slots=True)
class _Reached:
    """How far a watched stream was told; `head` is None where none is given."""

    version: int = 0
    head: str | None = None


_NOTHING: Final = Step()


class Streams:
    """The watched streams, and the receipts of all."""

    def __init__(self, receipts: Receipts) -> None:
        self.receipts = receipts
        self._reached: dict[StreamName, _Reached] = {}
        self._doubted: dict[StreamName, HistoryLost] = {}
        """Streams told anew; our own line in each may turn out to be missing."""

    def watch(self, stream: StreamName) -> tuple[ClientMessage, ...]:
        """What to say in order to be told of a stream from its beginning on."""
        self._reached[stream] = _Reached()
        kept = self.receipts.of(stream)
        receipts = [] if kept is None else [_receipt(stream, kept.version, kept.head)]
        return (*_checks(receipts), Watch(stream=stream))

    def unwatch(self, stream: StreamName) -> tuple[ClientMessage, ...]:
        """What to say in order to be told no more of a stream."""
        self._doubted.pop(stream, None)
        if self._reached.pop(stream, None) is None:
            return ()
        return (Unwatch(stream=stream),)

    def resume(self) -> tuple[ClientMessage, ...]:
        """What to say after each greeting: what we were told before, and to go on from there."""
        unsaid = [
            receipt
            for receipt in self.receipts.all()
            if self._reached.get(receipt.stream) != _Reached(receipt.version, receipt.head)
        ]
        return (*_checks(unsaid), *map(self._wish, self._reached))

    def happened(self, message: Happened) -> Step:
        """Hand on what is new; over a gap, ask for what is missing instead."""
        stream, seen = message.stream, self._reached.get(message.stream)
        if seen is None:
            return _NOTHING
        news = tuple(told for told in message.events if told.version > seen.version)
        if news[0].version != seen.version + 1 if news else message.version > seen.version:
            return Step(wishes=(self._wish(stream),))
        went_back = not message.events and message.version < seen.version
        if went_back or self._contradicts(stream, message.version, message.head):
            return self._lost(stream, message.version)
        if news:
            self._reached[stream] = _Reached(message.version, message.head)
            self.receipts.keep(stream, message.version, message.head, _title_in(message))
        return Step((*self._missed_in(message), message.model_copy(update={"events": news})))

    def lobby_is(self, message: LobbyIs) -> Step:
        """Go on from a lobby shown whole."""
        if message.stream not in self._reached:
            return _NOTHING
        self._reached[message.stream] = _Reached(message.version)
        return Step((message,))

    def answered(self, order: GiveOrder, answer: Accepted | Duplicate) -> Step:
        """Keep what the server has acknowledged."""
        stream, version, head = answer.stream, answer.version, answer.head
        if isinstance(answer, Accepted) and self._contradicts(stream, version, head):
            return self._lost(stream, version)
        self.receipts.keep(stream, version, head)
        if isinstance(order.command, DrawLine):
            self.receipts.keep_line(stream, version, str(order.command.line))
        return _NOTHING

    def differs(self, message: HistoryDiffers) -> Step:
        """The server says that it does not have what it said before.

        What it says of a receipt that is kept no more was asked before the stream began anew.
        """
        stream, shown = message.receipt.stream, message.receipt
        kept, seen = self.receipts.of(stream), self._reached.get(stream)
        is_kept = kept is not None and (kept.version, kept.head) == (shown.version, shown.head)
        if is_kept or seen == _Reached(shown.version, shown.head):
            return self._lost(stream, message.version)
        return _NOTHING

    def _contradicts(self, stream: StreamName, version: int, head: str | None) -> bool:
        """Whether the server has said something else of this version before."""
        kept = self.receipts.of(stream)
        return (
            kept is not None
            and head is not None
            and (kept.version == version)
            and kept.head != head
        )

    def _lost(self, stream: StreamName, has: int) -> Step:
        """Say so once, and begin anew."""
        kept, seen = self.receipts.of(stream), self._reached.get(stream, _Reached())
        self.receipts.forget(stream)
        lost = HistoryLost(stream, "", seen.version, has)
        if kept is not None:
            is_missing = bool(kept.line) and has < kept.line_version
            lost = HistoryLost(stream, kept.title, kept.version, has, kept.line)
            if not is_missing:
                self._doubted[stream] = lost
                lost = replace(lost, line="")
        if stream not in self._reached:
            return Step((lost,))
        self._reached[stream] = _Reached()
        return Step((lost,), (self._wish(stream),))

    def _missed_in(self, message: Happened) -> tuple[HistoryLost, ...]:
        """What is lost for certain, now that the stream was told anew."""
        doubted = self._doubted.pop(message.stream, None)
        if doubted is None or not doubted.line:
            return ()
        lines = {str(t.event.line) for t in message.events if isinstance(t.event, LineDrawn)}
        return () if doubted.line in lines else (doubted,)

    def _wish(self, stream: StreamName) -> Watch:
        seen = self._reached[stream]
        return Watch(stream=stream, after=seen.version, head=seen.head)


def _checks(receipts: Sequence[Receipt]) -> list[CheckReceipts]:
    """As few messages as hold all receipts."""
    return [
        CheckReceipts(receipts=tuple(receipts[begin : begin + MOST_RECEIPTS]))
        for begin in range(0, len(receipts), MOST_RECEIPTS)
    ]


def _receipt(stream: StreamName, version: int, head: str) -> Receipt:
    return Receipt(stream=stream, version=version, head=head)


def _title_in(message: Happened) -> str:
    """What the game that begins here is called, without names, which may be forgotten.

    Nothing if none begins.
    """
    first = message.events[0].event
    return format_board(first.board) if isinstance(first, GameStarted) else ""

"""What the clients of a simulation have said, and what they were answered and told."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from clouds_edges.client.connection import Answer
from clouds_edges.domain.ids import PlayerId
from clouds_edges.eventsourcing.decider import CommandId, StreamName
from clouds_edges.protocol.messages import Command, Happened, LobbyIs, Told


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer to an order that was first sent at `asked`, in seconds."""

    asked: float
    answer: Answer


@dataclass(slots=True)
class Order:
    """One order, under one id, whoever has sent it how often on how many connections."""

    by: PlayerId
    id: CommandId
    stream: StreamName
    commands: list[Command]
    """More than one if somebody has used the id again for something else."""
    answers: list[Answered] = field(default_factory=list)
    is_echoed: bool = False
    """Whether somebody else has sent it, too."""
    is_awaited: bool = False
    """Whether who gave it is still there, and has no answer."""


@dataclass(slots=True)
class View:
    """A stream as one client was told of it, from one wish to watch it on."""

    viewer: PlayerId
    stream: StreamName
    shown: LobbyIs | None = None
    told: list[Told] = field(default_factory=list)
    shown_before: "list[View]" = field(default_factory=list)
    """What was told of a lobby before it was shown whole once more."""
    is_current: bool = True

    @property
    def version(self) -> int:
        """Up to where the client knows the stream."""
        if self.told:
            return self.told[-1].version
        return 0 if self.shown is None else self.shown.version

    def add(self, news: Happened | LobbyIs) -> None:
        if isinstance(news, Happened):
            self.told += news.events
            return
        if self.shown is not None:
            earlier = View(self.viewer, self.stream, self.shown, self.told, is_current=False)
            self.shown_before.append(earlier)
        self.shown, self.told = news, []


Said: TypeAlias = tuple[PlayerId, CommandId]


@dataclass(slots=True)
class Journal:
    """Everything of one simulation."""

    orders: dict[Said, Order] = field(default_factory=dict)
    views: list[View] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)
    """What no server may do, in sentences."""

    def order(self, by: PlayerId, id_: CommandId, stream: StreamName, command: Command) -> Order:
        """The order with this id, which is noted."""
        order = self.orders.setdefault((by, id_), Order(by, id_, stream, []))
        if command not in order.commands:
            order.commands.append(command)
        return order

    def all_views(self) -> Iterator[View]:
        for view in self.views:
            yield view
            yield from view.shown_before

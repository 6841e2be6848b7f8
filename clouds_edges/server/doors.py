"""Who is let in: how many connections, in all and from one address, and how much each may ask.

Whoever has not greeted yet is nobody: when too many of those wait, the one that has waited longest
makes room, so that idle sockets keep nobody out. Whoever has greeted stays, and is slowed down
rather than sent away when asking too much at a time.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv6Network, ip_address
from typing import TYPE_CHECKING, Final, Protocol

from clouds_edges.eventsourcing.decider import Refused
from clouds_edges.protocol.addresses import is_loopback
from clouds_edges.protocol.messages import CloseCode
from clouds_edges.server.incoming import Goodbye
from clouds_edges.server.token_bucket import Rate, TokenBucket, TokenBuckets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from clouds_edges.domain.ids import PlayerId


class TooOften(Refused):
    """The same was tried too often from one address in too short a time."""

    code = "too_often"


class Visitor(Protocol):
    """A connection, as far as it concerns the doors."""

    @property
    def address(self) -> str:
        """Where it comes from; see `origin_of`."""

    def turn_out(self) -> None:
        """End the connection at once."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a server bears; an address that is `spared` is limited as part of the whole only.

    Programs on the server's own machine are spared: behind a proxy there, everybody has its
    address.
    """

    connections: int
    connections_of_address: int
    waiting: int
    """Connections that have not greeted yet."""
    waiting_of_address: int
    frames_of_connection: Rate
    frames_of_player: Rate
    frames_of_address: Rate
    sign_ups_of_address: Rate
    codes_of_address: Rate
    """Tries of codes that let a device in, those of spared addresses too."""
    spared: Callable[[str], bool] = is_loopback


USUAL_LIMITS: Final = Limits(
    connections=4096,
    connections_of_address=256,
    waiting=1024,
    waiting_of_address=64,
    frames_of_connection=Rate(a_second=200, at_once=400),
    frames_of_player=Rate(a_second=200, at_once=400),
    frames_of_address=Rate(a_second=1000, at_once=2000),
    sign_ups_of_address=Rate(a_second=0.1, at_once=64),
    codes_of_address=Rate(a_second=1 / 60, at_once=10),
)


class Doors:
    """Counts connections by address, from the first byte on, and keeps the buckets."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        """Begin empty; the clock gives seconds that never go back."""
        self._limits = limits
        self._clock = clock
        self._waiting: dict[str, dict[Visitor, None]] = {}
        self._crowd = 0
        self._inside: Counter[str] = Counter()
        self._operators = 0
        self._players = TokenBuckets(limits.frames_of_player, clock)
        self._addresses = TokenBuckets(limits.frames_of_address, clock)
        self._sign_ups = TokenBuckets(limits.sign_ups_of_address, clock)
        self._codes = TokenBuckets(limits.codes_of_address, clock)

    @property
    def connections(self) -> int:
        """All there are, of people who have greeted and of those who have not yet."""
        return self._inside.total() + self._crowd

    @property
    def operators(self) -> int:
        """Those of operators."""
        return self._operators

    @contextmanager
    def operating(self) -> Iterator[None]:
        """A connection is an operator's for as long as the context lasts."""
        self._operators += 1
        try:
            yield
        finally:
            self._operators -= 1

    def arrived(self, visitor: Visitor) -> None:
        """Somebody is at the door; who has waited for too long in a crowd is turned out."""
        address = visitor.address
        ours = self._waiting.setdefault(address, {})
        ours[visitor] = None
        self._crowd += 1
        if len(ours) > self._limits.waiting_of_address and not self._limits.spared(address):
            self._turn_out_oldest(ours)
        elif self._crowd > self._limits.waiting:
            self._turn_out_oldest(max(self._waiting.values(), key=len))

    def left(self, visitor: Visitor) -> None:
        """Somebody who was at the door is not there any more; nothing if they had come in."""
        ours = self._waiting.get(visitor.address, {})
        if visitor in ours:
            del ours[visitor]
            self._crowd -= 1
            if not ours:
                del self._waiting[visitor.address]

    @contextmanager
    def inside(self, visitor: Visitor) -> Iterator[None]:
        """Somebody has greeted, and is in for as long as the context lasts.

        Raises:
            Goodbye: There are too many already.
        """
        address = visitor.address
        is_spared = self._limits.spared(address)
        if self._inside.total() >= self._limits.connections:
            raise Goodbye(CloseCode.TOO_MANY, "the server is full: come back later")
        if self._inside[address] >= self._limits.connections_of_address and not is_spared:
            raise Goodbye(CloseCode.TOO_MANY, "too many connections from one address")
        self.left(visitor)
        self._inside[address] += 1
        try:
            yield
        finally:
            self._inside[address] -= 1
            self._inside += Counter()  # without those of whom nobody is left

    def pace_of(self, visitor: Visitor) -> Pace:
        """What slows a new connection down."""
        address = visitor.address
        shared = [] if self._limits.spared(address) else [(self._addresses, address)]
        own = TokenBucket(self._limits.frames_of_connection, self._clock)
        return Pace(own, shared, self._players)

    def check_sign_up(self, visitor: Visitor) -> None:
        """Let somebody new in; raises `TooOften`."""
        address = visitor.address
        if not self._limits.spared(address) and not self._sign_ups.of(address).take():
            message = "too many people have signed up from your address: wait a minute"
            raise TooOften(message)

    def check_code(self, visitor: Visitor) -> None:
        """Let somebody try a code, whoever they are; raises `TooOften`."""
        if not self._codes.of(visitor.address).take():
            message = "too many codes were tried: wait some minutes"
            raise TooOften(message)

    def _turn_out_oldest(self, waiting: dict[Visitor, None]) -> None:
        oldest = next(iter(waiting))
        self.left(oldest)
        oldest.turn_out()


class Pace:
    """How fast one connection is read: at the pace of its slowest bucket."""

    def __init__(
        self,
        own: TokenBucket,
        shared: list[tuple[TokenBuckets, str]],
        of_players: TokenBuckets,
    ) -> None:
        self._own = own
        self._shared = shared
        self._of_players = of_players

    def belongs_to(self, player: PlayerId) -> None:
        """From now on this is a connection of a player, who may have others."""
        self._shared.append((self._of_players, player))

    async def keep(self) -> None:
        """Wait until the next frame is due; without waiting while nobody is in a hurry."""
        wait = self._own.owe()
        for buckets, key in self._shared:
            wait = max(wait, buckets.of(key).owe())
        if wait:
            await asyncio.sleep(wait)


def origin_of(host: str) -> str:
    """The address that counts: that of the host, or of the network that an IPv6 host is alone in.

    There an address is no limit: a network is given 2^64 of them (RFC 4291 section 2.5.4).
    """
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if address.version == 4:  # noqa: PLR2004 - that of the protocol
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    if address.is_loopback:
        return str(address)
    return str(IPv6Network((address, 64), strict=False))

"""Somebody sets the clock of the server's machine, forth and back (F10)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final

from clouds_edges.domain.game.clock import Clock
from clouds_edges.domain.game.events import ClockPressed
from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.protocol.messages import (
    PROTOCOL_VERSION,
    Accepted,
    AskDeviceCode,
    DeviceCodeIs,
    Duplicate,
    Happened,
    Hello,
    Refused,
    Told,
    Welcome,
)
from clouds_edges.rules import Board, Direction
from clouds_edges.server import serve
from clouds_edges.server.doors import USUAL_LIMITS
from clouds_edges.server.token_bucket import Rate
from tests.faults.bystanders import log_kept
from tests.server.guests import Guest, House, draw, new_token, serving

JUMPS: Final = (timedelta(hours=1), timedelta(hours=-1))
_BOARD: Final = Board(10, 10)
_LIMITS: Final = replace(USUAL_LIMITS, codes_of_address=Rate(a_second=1_000, at_once=1_000))
_TIME: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockJumps:
    """What came of a clock that jumped after every second line, and before a restart."""

    jumps: int
    lines: int
    refused: int
    """Lines that were not accepted."""
    back_in_time: int
    """Events that are of an earlier time than the one before, while one server ran."""
    most_taken: float
    """Seconds that a line took from its player's time, at most; all are drawn at once."""
    most_given: float
    """Seconds that a line added to it, at most: there is no increment."""
    tokens_dead: int
    """Greetings with a good token that were refused."""
    codes_dead: int
    """Device codes that let nobody in, though they were minutes old at most."""
    codes_revived: int
    """Device codes that let somebody in a second time."""
    errors: tuple[str, ...]


class Machine:
    """A machine whose clock somebody sets while time goes on as ever."""

    def __init__(self) -> None:
        self.set_by = timedelta()

    def now(self) -> datetime:
        """What its clock shows."""
        return datetime.now(UTC) + self.set_by  # noqa: TID251 - it is the clock of the world


async def jump_often(rounds: int, folder: Path) -> ClockJumps:
    """Set the clock forth and back while two play against it, and once more before a restart."""
    greetings: list[Welcome | Refused] = []
    codes: list[tuple[Welcome | Refused, Welcome | Refused]] = []
    answers: list[Accepted | Duplicate | Refused] = []
    flat = [line for line in _BOARD.lines if line.direction is Direction.HORIZONTAL]
    with log_kept() as errors, _machine() as machine:
        async with serving(folder, limits=_LIMITS) as house:
            bob, ann, game = await house.two_in_a_game(_BOARD, Clock(_TIME))
            for _ in range(rounds):
                for seat, jump in zip((bob, ann), JUMPS, strict=True):
                    code = await _code(seat)
                    machine.set_by += jump
                    answers.append(await seat.order(game, draw(str(flat.pop()))))
                    greetings.append(await (await house.guest(seat.token)).greet())
                    codes.append((await _enter(house, code), await _enter(house, code)))
            before = len(await _told(ann, game))
        machine.set_by += JUMPS[1]
        async with serving(folder, limits=_LIMITS) as house:
            bob, ann = [await house.player(token=one.token) for one in (bob, ann)]
            answers += [await one.order(game, draw(str(flat.pop()))) for one in (bob, ann)]
            told = await _told(ann, game)
    taken = list(_taken(told))
    return ClockJumps(
        jumps=2 * rounds + 1,
        lines=len(answers),
        refused=sum(not isinstance(one, Accepted) for one in answers),
        back_in_time=_back_in_time(told[:before]) + _back_in_time(told[before:]),
        most_taken=max(taken),
        most_given=max(0.0, -min(taken)),
        tokens_dead=sum(isinstance(one, Refused) for one in greetings),
        codes_dead=sum(isinstance(first, Refused) for first, _ in codes),
        codes_revived=sum(isinstance(second, Welcome) for _, second in codes),
        errors=tuple(errors),
    )


@contextmanager
def _machine() -> Iterator[Machine]:
    """A machine on which servers run that are begun within the context."""
    machine, own = Machine(), serve._now  # noqa: SLF001 - the world comes in there
    serve._now = machine.now  # noqa: SLF001
    try:
        yield machine
    finally:
        serve._now = own  # noqa: SLF001


async def _code(player: Guest) -> str:
    await player.say(AskDeviceCode())
    return (await player.next(DeviceCodeIs)).code


async def _enter(house: House, code: str) -> Welcome | Refused:
    """Come with a code, as a new device."""
    guest = await house.guest(new_token())
    await guest.say(Hello(protocol=PROTOCOL_VERSION, token=guest.token, code=code))
    return await guest.next(Welcome | Refused)  # type: ignore[arg-type]  # a union of classes is one for isinstance


async def _told(one: Guest, game: StreamName) -> tuple[Told, ...]:
    happened = await one.watch(game)
    assert isinstance(happened, Happened)
    return happened.events


def _back_in_time(told: Sequence[Told]) -> int:
    return sum(later.at < earlier.at for earlier, later in pairwise(told))


def _taken(told: Sequence[Told]) -> Iterator[float]:
    """Seconds that each line took from the time of its player."""
    left: dict[int, timedelta] = {}
    for event in (one.event for one in told):
        if isinstance(event, ClockPressed):
            before = left.get(event.seat, _TIME)
            yield (before - event.left).total_seconds()
            left[event.seat] = event.left

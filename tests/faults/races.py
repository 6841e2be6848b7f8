"""Many who want the same at once (F15), and one player at many devices at once (F14)."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from clouds_edges.domain.game.commands import DrawLine
from clouds_edges.domain.ids import MAIN_LOBBY
from clouds_edges.domain.lobby.commands import JoinGame, OpenGame
from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.protocol.messages import Accepted, Command, Duplicate, Refused
from clouds_edges.rules import Board, Direction
from tests.faults.bystanders import log_kept
from tests.server.guests import SMALL, Guest, House, open_game, serving

Answer: TypeAlias = Accepted | Duplicate | Refused
_BOARD: Final = Board(20, 20)
RACERS: Final = 32
MOST_DEVICES: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Races:
    """What came of the races for one thing."""

    seed: int
    races: int
    racers: int
    winners: int
    """Over all races: as many as there were races."""
    uneven: tuple[str, ...]
    """The races that more than one won, or nobody, as `seed/number`."""
    refusals: Mapping[str, int]
    """How often the others were refused, by code."""
    errors: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ManyDevices:
    """What came of orders that one player gave at several devices at once."""

    seed: int
    rounds: int
    most_devices: int
    effects_of_one_order: int
    """Over all rounds: as many as there were rounds."""
    duplicates: int
    turns_taken: int
    """By several orders at once, over all rounds: as many as there were rounds."""
    refusals: Mapping[str, int]
    uneven: tuple[str, ...]
    """The rounds with more or fewer, as `seed/number`."""
    unlike: tuple[str, ...]
    """The rounds in which devices were not told the same, as `seed/number`."""
    errors: tuple[str, ...]


@dataclass(slots=True)
class _Tally:
    """Answers of several rounds."""

    accepted: int = 0
    duplicates: int = 0
    uneven: list[str] = field(default_factory=list)
    refusals: Counter[str] = field(default_factory=Counter)

    def add(self, name: str, answers: Sequence[Answer]) -> None:
        won = sum(isinstance(one, Accepted) for one in answers)
        self.accepted += won
        self.duplicates += sum(isinstance(one, Duplicate) for one in answers)
        self.refusals.update(one.code for one in answers if isinstance(one, Refused))
        if won != 1:
            self.uneven.append(name)


async def race_for_seats(races: int, seed: int, folder: Path, seats: int = 2) -> Races:
    """Let many players want a seat of a game at once, again and again; the opener has one."""
    tally, chance = _Tally(), _chance(seed)
    with log_kept() as errors:
        async with serving(folder) as house:
            racers = [await house.player(f"Racer {number}") for number in range(RACERS)]
            for number in range(races):
                opener = await house.player(f"Opener {number}")
                game = await open_game(opener, OpenGame(SMALL, seats))
                chance.shuffle(racers)
                answers = await _at_once(racers, [JoinGame(game)] * RACERS, MAIN_LOBBY)
                tally.add(f"{seed}/{number}", answers)
    return _races(tally, seed, races, errors)


async def race_for_lines(races: int, seed: int, folder: Path) -> Races:
    """Let two players, each at many devices, want the same line at once, again and again."""
    tally, chance = _Tally(), _chance(seed)
    with log_kept() as errors:
        async with serving(folder) as house:
            bob, ann, game = await house.two_in_a_game(_BOARD)
            racers = [*await _devices(house, bob, RACERS // 2)]
            racers += await _devices(house, ann, RACERS // 2)
            for number, line in enumerate(_BOARD.lines[:races]):
                chance.shuffle(racers)
                answers = await _at_once(racers, [DrawLine(line)] * RACERS, game)
                tally.add(f"{seed}/{number}", answers)
    return _races(tally, seed, races, errors)


async def play_at_many_devices(rounds: int, seed: int, folder: Path) -> ManyDevices:
    """Let Bob draw one line at all his devices at once, and Ann another one at each of hers.

    Bob's orders have one id; Ann's are orders of their own, of which her turn has room for one.
    """
    one, each, chance, unlike = _Tally(), _Tally(), _chance(seed), list[str]()
    with log_kept() as errors:
        async with serving(folder) as house:
            bob, ann, game = await house.two_in_a_game(_BOARD)
            free = [line for line in _BOARD.lines if line.direction is Direction.HORIZONTAL]
            for number in range(rounds):
                many = chance.randint(2, MOST_DEVICES)
                of_bob, of_ann = await _devices(house, bob, many), await _devices(house, ann, many)
                same = [DrawLine(free.pop())] * many
                one.add(f"{seed}/{number}", await _at_once(of_bob, same, game, f"bob {number}"))
                several = [DrawLine(line) for line in chance.sample(free, many)]
                answers = await _at_once(of_ann, several, game)
                each.add(f"{seed}/{number}", answers)
                won = zip(several, answers, strict=True)
                free.remove(*(order.line for order, it in won if isinstance(it, Accepted)))
                told = [await device.watch(game) for device in (*of_bob, *of_ann)]
                if any(happened != told[0] for happened in told):
                    unlike.append(f"{seed}/{number}")
                for device in (*of_bob, *of_ann):
                    await device.socket.close()
    return ManyDevices(
        seed=seed,
        rounds=rounds,
        most_devices=MOST_DEVICES,
        effects_of_one_order=one.accepted,
        duplicates=one.duplicates,
        turns_taken=each.accepted,
        refusals=dict(one.refusals + each.refusals),
        uneven=(*one.uneven, *each.uneven),
        unlike=tuple(unlike),
        errors=tuple(errors),
    )


async def _devices(house: House, player: Guest, number: int) -> list[Guest]:
    """So many connections more of a player."""
    return [await house.player(token=player.token) for _ in range(number)]


async def _at_once(
    guests: Sequence[Guest],
    commands: Sequence[Command],
    stream: StreamName,
    order_id: str | None = None,
) -> list[Answer]:
    """The answers to orders that are all on their way before one is answered."""
    orders = zip(guests, commands, strict=True)
    return await asyncio.gather(*(one.order(stream, order, order_id) for one, order in orders))


def _races(tally: _Tally, seed: int, races: int, errors: list[str]) -> Races:
    return Races(
        seed=seed,
        races=races,
        racers=RACERS,
        winners=tally.accepted,
        uneven=tuple(tally.uneven),
        refusals=dict(tally.refusals),
        errors=tuple(errors),
    )


def _chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - to be had again

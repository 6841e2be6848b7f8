"""Frames that somebody captured, said again on other connections and in another order (F9)."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from clouds_edges.domain.game.commands import DrawLine
from clouds_edges.eventsourcing.decider import CommandId, StreamName
from clouds_edges.protocol.frames import format_frame
from clouds_edges.protocol.messages import (
    Accepted,
    Duplicate,
    GiveOrder,
    Happened,
    Refused,
)
from clouds_edges.rules import Board, Direction, Line
from tests.faults.bystanders import log_kept
from tests.server.guests import Guest, House, serving

_BOARD: Final = Board(10, 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replays:
    """What came of captured orders that were given again."""

    seed: int
    orders: int
    of_strangers: Mapping[str, int]
    """What somebody without a seat was answered, by code."""
    of_opponents: Mapping[str, int]
    """What the other player of the game was answered."""
    of_themselves: Mapping[str, int]
    """What they were answered who had given the orders, on another connection."""
    without_greeting: int
    """How the server ended a connection that began with a captured order."""
    effects: int
    """Events that are in the game because of all that."""
    effects_with_token: int
    """Those of an order that had not got through, said again behind a captured greeting: 1."""
    errors: tuple[str, ...]


async def replay_orders(lines: int, seed: int, folder: Path) -> Replays:
    """Let two play so many lines, and others say again what was said."""
    chance = random.Random(seed)  # noqa: S311 - to be had again
    with log_kept() as errors:
        async with serving(folder) as house:
            bob, ann, game = await house.two_in_a_game(_BOARD)
            said = await _played(bob, ann, game, lines, chance)
            late = _order(game, _BOARD.lines[-1], "late")
            before = await _version(ann, game)
            eve = await house.player("Eve")
            of_strangers = await _again(eve, said[0] + said[1], chance)
            of_opponents = await _again(await _as(house, bob), said[1], chance)
            of_opponents += await _again(await _as(house, ann), said[0], chance)
            of_themselves = await _again(await _as(house, bob), said[0], chance)
            of_themselves += await _again(await _as(house, ann), said[1], chance)
            nobody = await house.guest()
            await nobody.say_raw(said[0][0])
            goodbye = await nobody.goodbye()
            after = await _version(ann, game)
            drawer = bob if lines % 2 == 0 else ann
            await _again(await _as(house, drawer), [late], chance)
            in_the_end = await _version(ann, game)
    return Replays(
        seed=seed,
        orders=lines,
        of_strangers=dict(of_strangers),
        of_opponents=dict(of_opponents),
        of_themselves=dict(of_themselves),
        without_greeting=goodbye.code,
        effects=after - before,
        effects_with_token=in_the_end - after,
        errors=tuple(errors),
    )


async def _played(
    bob: Guest, ann: Guest, game: StreamName, lines: int, chance: random.Random
) -> tuple[list[str], list[str]]:
    """Draw horizontal lines, which close no box, in turn; the frames of either player."""
    flat = [line for line in _BOARD.lines if line.direction is Direction.HORIZONTAL]
    said: tuple[list[str], list[str]] = [], []
    for number, line in enumerate(chance.sample(flat, lines)):
        seat = number % 2
        frame = _order(game, line, f"order {number}")
        answers = await _again((bob, ann)[seat], [frame], chance)
        assert answers == {"accepted": 1}
        said[seat].append(frame)
    return said


def _order(game: StreamName, line: Line, order_id: str) -> str:
    return format_frame(GiveOrder(id=CommandId(order_id), stream=game, command=DrawLine(line)))


async def _again(who: Guest, frames: Sequence[str], chance: random.Random) -> Counter[str]:
    """Say frames in any order; how often what was answered."""
    answers: Counter[str] = Counter()
    for frame in chance.sample(frames, len(frames)):
        await who.say_raw(frame)
        answer = await who.next(Accepted | Duplicate | Refused)  # type: ignore[arg-type]  # a union of classes is one for isinstance
        answers[answer.code if isinstance(answer, Refused) else answer.kind] += 1
    return answers


async def _as(house: House, player: Guest) -> Guest:
    return await house.player(token=player.token)


async def _version(one: Guest, game: StreamName) -> int:
    happened = await one.watch(game)
    assert isinstance(happened, Happened)
    return happened.version

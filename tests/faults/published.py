"""The figures that are published: what was injected how often, and what came of it.

`figures.json` holds them as they were measured; the table in the README is made of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic, TypeVar

from pydantic import TypeAdapter

from tests.faults.cut_orders import CutOrders
from tests.faults.full_disks import FullDisks
from tests.faults.garbling import Found, Garbled
from tests.faults.half_open import Silence
from tests.faults.hostile_crowds import Crowd
from tests.faults.hostile_figures import Canaries, HostileText
from tests.faults.io_errors import IOErrors
from tests.faults.kills import Kills
from tests.faults.power_cuts import PowerCuts
from tests.faults.races import ManyDevices, Races
from tests.faults.simulations import Simulations
from tests.faults.slow_readers import SlowReaders

F = TypeVar("F")

FIGURES: Final = Path(__file__).with_name("figures.json")
README: Final = Path(__file__).parents[2] / "README.md"
_TABLE: Final = re.compile(r"(<!-- faults -->\n).*?(<!-- /faults -->)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Measured(Generic[F]):
    """What came of a fault, and of the same where something is left out that matters."""

    figures: F
    control: F


@dataclass(frozen=True, slots=True)
class Published:
    """All that was measured in one run, and with what."""

    clouds_edges: str
    python: str
    sqlite: str
    websockets: str
    is_long: bool
    kills: Measured[Kills]
    power_cuts: Measured[PowerCuts]
    io_errors: Measured[IOErrors]
    full_disks: Measured[FullDisks]
    garbled: Measured[Garbled]
    junk: Measured[Crowd]
    bad_handshakes: Crowd
    idle_sockets: Measured[Crowd]
    slow_readers: Measured[SlowReaders]
    cut_orders: CutOrders
    silence: Silence
    many_devices: ManyDevices
    races_for_seats: Races
    races_for_lines: Races
    hostile_text: HostileText
    canaries: Canaries
    simulations: Measured[Simulations]


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table."""

    fault: str
    injected: str
    came: str
    control: str


_IN_TESTS: Final = "in the tests"
_ADAPTER: Final = TypeAdapter(Published)


def read() -> Published:
    """What was measured last."""
    return _ADAPTER.validate_json(FIGURES.read_bytes())


def write(published: Published) -> None:
    """Keep what was measured, and put it into the README."""
    FIGURES.write_bytes(_ADAPTER.dump_json(published, indent=2) + b"\n")
    text = README.read_text(encoding="utf-8")
    README.write_text(with_table(text, published), encoding="utf-8")


def with_table(text: str, published: Published) -> str:
    """The text of the README with the table of these figures in its place.

    Raises:
        ValueError: It has no place for it.
    """
    if not _TABLE.search(text):
        message = "there is no <!-- faults --> … <!-- /faults --> for the table"
        raise ValueError(message)
    return _TABLE.sub(lambda found: f"{found[1]}{table(published)}{found[2]}", text)


def table(published: Published) -> str:
    """The figures as a table in Markdown."""
    lines = ["| what was done | what came of it | the control |", "|---|---|---|"]
    lines += [
        f"| {row.injected} ({row.fault}) | {row.came} | {row.control} |" for row in rows(published)
    ]
    return "\n".join(lines) + "\n"


def rows(published: Published) -> Iterator[Row]:
    """The table, line by line."""
    yield _kills(published.kills)
    yield _power_cuts(published.power_cuts)
    yield _io_errors(published.io_errors)
    yield _full_disks(published.full_disks)
    yield _garbled(published.garbled)
    junk, idle = published.junk, published.idle_sockets
    ended = sum(junk.control.wrong_ends.values())
    careless = f"read carelessly, {ended} connections end wrongly"
    yield _crowd("frames of junk", junk.figures, careless)
    yield _crowd("bad handshakes", published.bad_handshakes, "the same as for junk")
    yield _crowd("idle sockets", idle.figures, f"without doors {idle.control.held} are kept")
    yield _slow_readers(published.slow_readers)
    yield _cut_orders(published.cut_orders)
    yield _silence(published.silence)
    yield _many_devices(published.many_devices)
    yield _races("seat", published.races_for_seats)
    yield _races("line", published.races_for_lines)
    yield _hostile_text(published.hostile_text)
    yield _canaries(published.canaries)
    yield _simulations(published.simulations)


def _kills(measured: Measured[Kills]) -> Row:
    of, control = measured.figures, measured.control
    return Row(
        "F1",
        f"{of.kills} times `kill -9` under {of.bots} players",
        f"{of.acknowledged_lines:,} acknowledged lines: {of.lost} lost, {of.doubled} doubled",
        f"answered before it is recorded: {control.lost} lost in {control.kills} kills",
    )


def _power_cuts(measured: Measured[PowerCuts]) -> Row:
    of, control = measured.figures, measured.control
    return Row(
        "F2",
        f"{of.cuts} power cuts, simulated",
        f"{of.acknowledged:,} acknowledged commands: {of.lost} lost, {of.doubled} doubled, "
        f"{of.halved} halved",
        f"`synchronous={control.synchronous}`: {control.cuts_that_lost} of {control.cuts} cuts "
        "lose some",
    )


def _io_errors(measured: Measured[IOErrors]) -> Row:
    of, control = measured.figures, measured.control
    calls = of.writes + of.syncs + of.truncates
    return Row(
        "F3",
        f"an error at each of {calls} calls of the disk",
        f"{of.lost} lost, {of.accepted_after_failed_sync} accepted after a flush that failed",
        f"who makes nothing of it accepts {control.accepted_after_failed_sync}",
    )


def _full_disks(measured: Measured[FullDisks]) -> Row:
    of, control = measured.figures, measured.control
    return Row(
        "F4",
        f"a full disk, {of.rounds} times",
        f"{of.refused} orders refused, {of.resumed} times on with space, {of.lost} lost, "
        f"{of.unreadable} times unreadable",
        f"with space {control.refused} refused",
    )


def _garbled(measured: Measured[Garbled]) -> Row:
    of, control = measured.figures, measured.control
    said = sum(of.found.get(one, 0) for one in (Found.QUARANTINED, Found.UNREADABLE, Found.REFUSED))
    return Row(
        "F5",
        f"{of.damages:,} files garbled or cut off",
        f"{said:,} said so, {of.found.get(Found.WHOLE, 0)} whole, "
        f"{of.found.get(Found.CHANGED, 0)} served changed",
        f"without hashes {control.found.get(Found.CHANGED, 0)} of {control.damages} are",
    )


def _crowd(what: str, of: Crowd, control: str) -> Row:
    wrong = sum(of.wrong_ends.values())
    return Row(
        "F12",
        f"{of.size:,} {what} beside a game",
        f"{len(of.errors)} errors, {wrong} wrong ends; a line's p99 {of.p99_before:.1f} ms before, "
        f"{of.p99_during:.1f} ms meanwhile",
        control,
    )


def _slow_readers(measured: Measured[SlowReaders]) -> Row:
    of, control = measured.figures, measured.control
    return Row(
        "F11",
        f"{of.readers} who watch a busy game and never read",
        f"{of.sent_away} sent away, {of.resumed} came back for what they missed; a line's p99 "
        f"{of.p99_before:.1f} ms before, {of.p99_during:.1f} ms meanwhile",
        f"without a limit {control.sent_away} of {control.readers} are",
    )


def _cut_orders(of: CutOrders) -> Row:
    return Row(
        "F7",
        f"{of.cut} orders cut off behind any of their bytes, or those of the answer",
        f"{of.lost} lost, {of.doubled} doubled, {of.gaps} gaps",
        _IN_TESTS,
    )


def _silence(of: Silence) -> Row:
    return Row(
        "F13",
        "a connection that falls silent at either end",
        f"noticed by the server after {of.server_noticed:.0f} s, by the client after "
        f"{of.client_noticed:.0f} s",
        _IN_TESTS,
    )


def _many_devices(of: ManyDevices) -> Row:
    return Row(
        "F14",
        f"one order from up to {of.most_devices} devices at once, {of.rounds} times",
        f"{of.effects_of_one_order} effects, {len(of.uneven)} devices told otherwise",
        _IN_TESTS,
    )


def _races(what: str, of: Races) -> Row:
    return Row(
        "F15",
        f"{of.racers} players after one {what}, {of.races} times",
        f"{of.winners} winners, all others refused with the reason",
        _IN_TESTS,
    )


def _hostile_text(of: HostileText) -> Row:
    return Row(
        "F25",
        f"{of.texts} hostile texts on every screen, {of.texts_shown} times shown",
        f"{of.foreign} foreign sequences in {of.bytes_written:,} bytes",
        f"without the filter one screen lets {of.foreign_without_filter} through",
    )


def _canaries(of: Canaries) -> Row:
    return Row(
        "F26",
        f"{of.secrets} secrets looked for in {of.places} places",
        f"{of.leaked} found where they do not belong",
        _IN_TESTS,
    )


def _simulations(measured: Measured[Simulations]) -> Row:
    of, control = measured.figures, measured.control
    return Row(
        "F7 to F10, F14, F15, F20",
        f"{of.seeds:,} seeds of simulated trouble",
        f"{of.accepted:,} orders accepted, {of.crashes:,} crashes, {of.cuts:,} cut connections: "
        f"{len(of.unsound)} invariants broken",
        f"without command ids {len(control.unsound)} of {control.seeds} seeds are found",
    )

"""The server's figures in the text format of Prometheus, read when somebody scrapes them.

The names follow prometheus.io/docs/practices/naming: a prefix, base units, `_total` for counters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from prometheus_client.metrics_core import Metric

    from clouds_edges.protocol.admin_answers import ProcessRow, ReadModelRow, SystemIs

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_PREFIX: Final = "clouds_edges_"


@dataclass(frozen=True, slots=True)
class Moment(Collector):
    """Everything that is measured, at one moment."""

    system: SystemIs
    processes: Sequence[ProcessRow]
    read_models: Sequence[ReadModelRow]

    def collect(self) -> Iterator[Metric]:
        """See `Collector.collect`."""
        yield from _of_system(self.system)
        yield from _of_processes(self.processes)
        yield from _of_read_models(self.read_models)


def exposition(moment: Moment) -> bytes:
    """The text that a scraper gets."""
    registry = CollectorRegistry()
    registry.register(moment)
    return generate_latest(registry)


def _of_system(now: SystemIs) -> Iterator[Metric]:
    versions = GaugeMetricFamily(
        f"{_PREFIX}info", "Versions.", labels=["version", "python", "sqlite"]
    )
    versions.add_metric([now.version, now.python, now.sqlite], 1)
    yield versions
    yield CounterMetricFamily(f"{_PREFIX}events", "Events in the log.", now.events)
    games = GaugeMetricFamily(f"{_PREFIX}games", "Games by state.", labels=["state"])
    games.add_metric(["open"], now.games_open)
    games.add_metric(["live"], now.games_live)
    yield games
    for name, help_text, value in (
        ("uptime_seconds", "Since the server was started.", now.uptime_seconds),
        ("connections", "Sockets that are open.", now.connections),
        ("players_connected", "Different players that are connected.", now.players),
        ("operators_connected", "Sockets of operators.", now.operators),
        ("parked_events", "Events that wait for an operator.", now.parked),
        ("log_bytes", "Size of the event log.", now.log_bytes),
        ("resident_memory_bytes", "Memory of the process.", now.memory_bytes),
        ("frozen", "Whether writes are refused.", now.frozen is not None),
        ("recording", "0 when the event log takes nothing more.", now.log_trouble is None),
        ("quarantined_streams", "Streams that are not to be trusted.", len(now.quarantined)),
    ):
        yield GaugeMetricFamily(_PREFIX + name, help_text, value)


def _of_processes(rows: Sequence[ProcessRow]) -> Iterator[Metric]:
    yield _family("process_lag_events", "Not seen yet.", "process", _lags(rows))
    yield _family(
        "process_timers",
        "Timers that are set.",
        "process",
        ((one.name, one.timers) for one in rows),
    )
    yield _family(
        "process_parked_events",
        "Events that wait for an operator.",
        "process",
        ((one.name, sum(stuck.is_parked for stuck in one.stuck)) for one in rows),
    )
    yield _family("process_up", "0 when it has stopped.", "process", _ups(rows))


def _of_read_models(rows: Sequence[ReadModelRow]) -> Iterator[Metric]:
    yield _family("read_model_lag_events", "Not applied yet.", "read_model", _lags(rows))
    yield _family("read_model_up", "0 when it has stopped.", "read_model", _ups(rows))
    yield _family(
        "read_model_rebuilt_to_position",
        "How far a rebuild has come; -1 while there is none.",
        "read_model",
        ((one.name, -1 if one.rebuilt_to is None else one.rebuilt_to) for one in rows),
    )


def _family(
    name: str, help_text: str, label: str, values: Iterable[tuple[str, int]]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(_PREFIX + name, help_text, labels=[label])
    for of, value in values:
        family.add_metric([of], value)
    return family


def _lags(rows: Sequence[ProcessRow] | Sequence[ReadModelRow]) -> Iterator[tuple[str, int]]:
    return ((one.name, one.lag) for one in rows)


def _ups(rows: Sequence[ProcessRow] | Sequence[ReadModelRow]) -> Iterator[tuple[str, int]]:
    return ((one.name, int(one.state != "stopped")) for one in rows)

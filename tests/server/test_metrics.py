import asyncio
from http import HTTPStatus
from pathlib import Path
from typing import cast

import pytest
from prometheus_client.parser import text_string_to_metric_families
from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol

from clouds_edges.application.system import System
from clouds_edges.cli.serve import own_address
from clouds_edges.domain.ids import MAIN_LOBBY
from clouds_edges.domain.lobby.commands import OpenGame
from clouds_edges.protocol.addresses import is_loopback
from clouds_edges.protocol.admin_answers import ProcessesAre, ReadModelsAre, SystemIs
from clouds_edges.protocol.messages import Accepted
from clouds_edges.server.admin.administration import Administration
from clouds_edges.server.metrics import Moment, exposition
from clouds_edges.server.plain_http import PlainHTTP
from clouds_edges.server.pulse import Pulse
from clouds_edges.server.serve import Address, running_server
from tests.protocol.admin_messages import ANSWERS
from tests.server.guests import SMALL, serving
from tests.server.test_serving import answer_to, get


def values_in(text: str) -> dict[str, float]:
    """Samples by name and labels, read by the library's own parser."""
    return {
        f"{sample.name}{sorted(sample.labels.items()) or ''}": sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def moment() -> Moment:
    system = next(one for one in ANSWERS if isinstance(one, SystemIs))
    processes = next(one for one in ANSWERS if isinstance(one, ProcessesAre))
    read_models = next(one for one in ANSWERS if isinstance(one, ReadModelsAre))
    return Moment(system, processes.processes, read_models.read_models)


def test_everything_that_is_measured_is_written_down() -> None:
    values = values_in(exposition(moment()).decode())
    assert values["clouds_edges_events_total"] == 1_000_009
    assert values["clouds_edges_connections"] == 3
    assert values["clouds_edges_games[('state', 'open')]"] == 4
    assert values["clouds_edges_games[('state', 'live')]"] == 5
    assert values["clouds_edges_frozen"] == 1
    assert values["clouds_edges_recording"] == 0
    assert values["clouds_edges_resident_memory_bytes"] == 98_765_432
    assert values["clouds_edges_process_lag_events[('process', 'play-bots')]"] == 2
    assert values["clouds_edges_process_parked_events[('process', 'play-bots')]"] == 1
    assert values["clouds_edges_process_up[('process', 'play-bots')]"] == 1
    model = "[('read_model', 'standings')]"
    assert values[f"clouds_edges_read_model_lag_events{model}"] == 2
    assert values[f"clouds_edges_read_model_rebuilt_to_position{model}"] == 50_000


async def test_metrics_are_those_of_the_moment(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        ann = await house.player("Ann")
        assert isinstance(await ann.order(MAIN_LOBBY, OpenGame(SMALL)), Accepted)
        answer = (await answer_to(house.address, get("/metrics"))).decode()
        head, _, body = answer.partition("\r\n\r\n")
        assert head.startswith("HTTP/1.1 200 ")
        assert "Content-Type: text/plain; version=0.0.4; charset=utf-8" in head
        assert head.count("Content-Type") == 1
        values = values_in(body)
        assert values["clouds_edges_games[('state', 'open')]"] == 1
        assert values["clouds_edges_players_connected"] == 1
        assert values["clouds_edges_recording"] == 1
        assert values["clouds_edges_events_total"] == 2
        assert values["clouds_edges_resident_memory_bytes"] > 0
        assert ann.token not in answer


class _Stranger:
    """A connection from another machine, as far as an answer needs it."""

    remote_address = ("192.0.2.1", 4711)

    def respond(self, status: HTTPStatus, text: str) -> Response:
        return ServerProtocol().reject(status, text)


class _Measured:
    """What is measured, without a server."""

    async def moment(self) -> Moment:
        return moment()


@pytest.mark.parametrize(("is_public", "status"), [(False, 403), (True, 200)])
async def test_a_stranger_gets_no_metrics_unless_they_are_public(
    *, is_public: bool, status: int
) -> None:
    nothing_else = cast("System", None)
    measured = cast("Administration", _Measured())
    stranger = cast("ServerConnection", _Stranger())
    plain_http = PlainHTTP(nothing_else, measured, is_public)
    response = await plain_http.answer(stranger, Request("/metrics", Headers()))
    assert response is not None
    assert response.status_code == status
    assert (b"clouds_edges_events_total" in response.body) is is_public


async def test_another_machine_gets_no_metrics_unless_they_are_public(tmp_path: Path) -> None:
    """The address behind which another machine would come is taken from the outside."""
    for is_public, code in ((False, b"403"), (True, b"200")):
        async with running_server(
            "0.0.0.0",  # noqa: S104 - so that it can be reached under an address of its own
            0,
            tmp_path,
            are_metrics_public=is_public,
        ) as address:
            own = await asyncio.to_thread(own_address)
            if is_loopback(own):
                pytest.skip("this machine has no address but the loopback")
            answer = await answer_to(Address(own, address.port), get("/metrics"))
            assert answer.startswith(b"HTTP/1.1 " + code)
            if not is_public:
                assert b"serve with --metrics-public" in answer


@pytest.mark.parametrize(
    ("peer", "is_ours"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("192.0.2.1", False),
        ("::ffff:192.0.2.1", False),
        ("2001:db8::1", False),
        ("fe80::1%eth0", False),
    ],
)
def test_an_address_is_known_for_one_of_this_machine(peer: str, *, is_ours: bool) -> None:
    assert is_loopback(peer) == is_ours


def test_events_are_counted_over_the_last_seconds() -> None:
    now = 100.0
    pulse = Pulse(lambda: now)
    assert pulse.events_a_second == 0
    for _ in range(5):
        pulse.committed([None] * 10)  # type: ignore[list-item]  # they are only counted
        now += 0.4
    assert pulse.events_a_second == 5
    now += 8.5
    assert 0 < pulse.events_a_second < 5
    now += 10
    assert pulse.events_a_second == 0

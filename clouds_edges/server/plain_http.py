"""What is answered to whoever comes without a WebSocket: health checks, scrapers, browsers."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from clouds_edges.eventsourcing.errors import EventSourcingError
from clouds_edges.protocol.addresses import ENCRYPTED, PLAIN, is_loopback
from clouds_edges.server.metrics import CONTENT_TYPE, exposition

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection
    from websockets.http11 import Request, Response

    from clouds_edges.application.system import System
    from clouds_edges.server.admin.administration import Administration

_LOG: Final = logging.getLogger(__name__)
_METHODS: Final = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class PlainHTTP:
    """Answers by path; the metrics for this machine only, unless they are public."""

    system: System
    administration: Administration
    are_metrics_public: bool

    async def answer(self, connection: ServerConnection, request: Request) -> Response | None:
        """The answer, or None for who greets as a WebSocket does."""
        match request.path.partition("?")[0]:
            case "/healthz" | "/metrics" if request.method not in _METHODS:
                return _only_read(connection)
            case "/healthz":
                return _as_asked(request, self._health(connection))
            case "/metrics":
                return _as_asked(request, await self._metrics(connection))
            case _ if request.headers.get("Upgrade", "").lower() == "websocket":
                return None
            case _:
                return _how_to_play(connection, request)

    def _health(self, connection: ServerConnection) -> Response:
        if self.system.is_whole:
            return connection.respond(HTTPStatus.OK, "ok\n")
        words = "a part of the server has stopped: the log says which, and why\n"
        return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, words)

    async def _metrics(self, connection: ServerConnection) -> Response:
        if not (self.are_metrics_public or is_loopback(connection.remote_address[0])):
            words = "the metrics are for this machine: serve with --metrics-public\n"
            return connection.respond(HTTPStatus.FORBIDDEN, words)
        try:
            text = exposition(await self.administration.moment()).decode()
        except EventSourcingError as trouble:
            _LOG.warning("the metrics cannot be read: %s", trouble)
            return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, f"{trouble}\n")
        response = connection.respond(HTTPStatus.OK, text)
        del response.headers["Content-Type"]
        response.headers["Content-Type"] = CONTENT_TYPE
        return response


def _only_read(connection: ServerConnection) -> Response:
    response = connection.respond(HTTPStatus.METHOD_NOT_ALLOWED, "this can be read only\n")
    response.headers["Allow"] = ", ".join(_METHODS)  # RFC 9110 section 15.5.6
    return response


def _as_asked(request: Request, response: Response) -> Response:
    """Without its body for who wants the headers only."""
    if request.method == "HEAD":
        response.body = b""
    return response


def _how_to_play(connection: ServerConnection, request: Request) -> Response:
    scheme = PLAIN if connection.transport.get_extra_info("ssl_object") is None else ENCRYPTED
    response = connection.respond(
        HTTPStatus.UPGRADE_REQUIRED,
        "This is a clouds-edges server. Play with: clouds-edges play --server "
        f"{scheme}://{request.headers.get('Host', 'HOST:PORT')}\n",
    )
    response.headers["Upgrade"] = "websocket"  # RFC 9110 section 15.5.22
    return response

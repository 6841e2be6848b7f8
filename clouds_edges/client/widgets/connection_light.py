"""How it stands with the server, as a light and a word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.content import Content

from clouds_edges.client.connection import Status

if TYPE_CHECKING:
    from clouds_edges.client.server_view import ServerView

_FROZEN: Final = ("=", "$text-warning")
_TROUBLE: Final = ("!", "$text-error")
_LIGHTS: Final = {
    Status.CONNECTING: ("o", "$text-warning"),
    Status.ONLINE: ("*", "$text-success"),
    Status.RECONNECTING: _TROUBLE,
}


def light(view: ServerView, *, online: str) -> Content:
    """A sign for the status, then the sentence; `online` stands for all being well."""
    sign, style = _LIGHTS[view.status]
    words = online if view.status is Status.ONLINE else view.sentence
    if view.frozen:
        (sign, style), words = _FROZEN, view.frozen
    elif view.losses and view.status is Status.ONLINE:
        (sign, style), words = _TROUBLE, f"{online}, history lost"
    return Content.assemble((sign, style), " ", words)

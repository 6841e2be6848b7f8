"""How it stands with the server, as a light and a word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.content import Content

from clouds_edges.client import wording
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


def mark(view: ServerView) -> Content:
    """A sign and a word where there is no room for a sentence; nothing while all is well."""
    if view.status is Status.ONLINE:
        return Content("")
    sign, style = _LIGHTS[view.status]
    return Content.assemble((f"{sign} offline  ", f"{style} bold"))


def light(view: ServerView, *, online: str) -> Content:
    """A sign for the status, then the sentence; `online` stands for all being well."""
    (sign, style), words = _LIGHTS[view.status], online
    if view.status is not Status.ONLINE:
        return Content.assemble((sign, style), " ", view.sentence)
    if view.frozen is not None:
        (sign, style), words = _FROZEN, wording.frozen(view.frozen)
    elif view.losses:
        (sign, style), words = _TROUBLE, f"{online}, history lost"
    return Content.assemble((sign, style), " ", words)

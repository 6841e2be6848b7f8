"""What both apps have in common: nothing foreign steers the terminal, whatever goes wrong."""

from __future__ import annotations

import logging
from typing import Final, TypeVar, cast

from textual.app import App
from textual.worker import WorkerFailed

from clouds_edges.client.follow import SaysWhatCannotBe
from clouds_edges.client.widgets.clean_filter import CleanText

_LOG: Final = logging.getLogger(__name__)
_BROKEN: Final = (
    "this client cannot go on: it has met what it does not know how to show. The server may be of "
    "another version, or say what cannot be; the log tells more"
)


E = TypeVar("E", bound=object)


class GuardedApp(App[E]):
    """An app whose result may be a sentence to say after the end."""

    def __init__(self) -> None:
        super().__init__()
        self._filters.append(CleanText())

    def _handle_exception(self, error: Exception) -> None:
        """End with a sentence, and log the trace.

        Textual would show the trace with the values of variables: tokens, and foreign text as it
        came.
        """
        cause = error.error if isinstance(error, WorkerFailed) else error
        _LOG.critical("the client cannot go on", exc_info=cause)
        super()._handle_exception(error)
        self._exit_renderables.clear()
        said = str(cause) if isinstance(cause, SaysWhatCannotBe) else _BROKEN
        self._return_value = cast("E", said)  # see the class

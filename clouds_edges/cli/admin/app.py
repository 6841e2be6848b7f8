"""`clouds-edges admin` without a command: the operator's view, on the whole screen."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def open_app(data: Path | None) -> None:
    """Open the operator's view of the server that runs on this data."""
    from clouds_edges.cli.admin.asking import run
    from clouds_edges.cli.terminal import check_terminal, log_to_file

    check_terminal()
    log_to_file()
    run(_run_app(data))


async def _run_app(data: Path | None) -> None:
    from clouds_edges.cli.admin.asking import connection
    from clouds_edges.cli.terminal import is_unicode
    from clouds_edges.cli.trouble import Trouble
    from clouds_edges.client.admin.app import AdminApp
    from clouds_edges.client.admin_connection import QuestionRefused
    from clouds_edges.protocol.admin import ShowSystem

    async with connection(data) as operator:
        with suppress(QuestionRefused):  # the app says so, and shows the rest
            # where there is no server, that is said before anything is drawn
            await operator.ask(ShowSystem())
        sentence = await AdminApp(operator, is_ascii=not is_unicode()).run_async()
        if sentence is not None:
            raise Trouble(sentence)

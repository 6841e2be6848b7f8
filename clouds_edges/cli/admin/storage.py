"""`clouds-edges admin inspect`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from clouds_edges.cli.admin.asking import Json, Limit
from clouds_edges.cli.data_folder import Data

if TYPE_CHECKING:
    from pathlib import Path

    from clouds_edges.protocol.admin_answers import RowsPage


def inspect(  # noqa: PLR0913, PLR0917 - all that can be asked of a table
    file: Annotated[str | None, typer.Argument(help="A file of the server.")] = None,
    table: Annotated[str | None, typer.Argument(help="A table in it.")] = None,
    data: Data = None,
    prefix: Annotated[str, typer.Option(help="Keys that begin so.")] = "",
    start: Annotated[str | None, typer.Option(help="From this key on.")] = None,
    page: Annotated[str | None, typer.Option(help="What another answer named.")] = None,
    limit: Limit = 100,
    *,
    reverse: Annotated[bool, typer.Option("--reverse", help="The last key first.")] = False,
    json: Json = False,
) -> None:
    """Look into the tables of the server.

    Without arguments, the tables and their files are listed.
    """
    from clouds_edges.cli.admin.asking import ask
    from clouds_edges.cli.admin.showing import show_json
    from clouds_edges.protocol.admin import ShowRows

    if file is None:
        _list_tables(data, as_json=json)
        return
    if table is None:
        message = "name a table behind the file; without both they are listed"
        raise typer.BadParameter(message)
    question = ShowRows(
        file=file,
        table=table,
        prefix=prefix,
        start=start,
        page=page,
        limit=limit,
        reverse=reverse,
    )
    answer = ask(data, question)
    if json:
        show_json(answer)
    else:
        _show(answer)


def _list_tables(data: Path | None, *, as_json: bool) -> None:
    from clouds_edges.cli.admin.asking import ask
    from clouds_edges.cli.admin.showing import show_columns, show_json
    from clouds_edges.protocol.admin import ListTables

    answer = ask(data, ListTables())
    if as_json:
        show_json(answer)
        return
    rows = ((one.file, one.table, ", ".join(one.columns)) for one in answer.tables)
    show_columns(("file", "table", "columns"), rows)


def _show(page: RowsPage) -> None:
    from clouds_edges.cli.admin.showing import say, show_columns

    show_columns(page.columns, page.rows)
    if page.previous is not None:
        say(f"the page before: --page {page.previous}")
    if page.next is not None:
        say(f"there are more: --page {page.next}")

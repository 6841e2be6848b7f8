"""The help of every command, in narrow terminals."""

import re
from collections.abc import Iterator

import pytest
import typer
from typer.core import TyperGroup
from typer.testing import CliRunner

from clouds_edges.cli import app
from clouds_edges.cli.admin import admin


def paths(group: TyperGroup, above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """What to type for each command, and for each group of them."""
    yield above
    for name, command in group.commands.items():
        path = (*above, name)
        if isinstance(command, TyperGroup):
            yield from paths(command, path)
        else:
            yield path


def admin_group() -> TyperGroup:
    group = typer.main.get_command(admin)
    assert isinstance(group, TyperGroup)
    return group


def helped(path: tuple[str, ...], columns: int) -> str:
    result = CliRunner().invoke(app, [*path, "--help"], terminal_width=columns)
    assert result.exit_code == 0, path
    return result.output


@pytest.mark.parametrize("columns", [60, 80])
def test_no_help_of_the_operator_is_cut_or_broken_in_a_bracket(columns: int) -> None:
    for path in paths(admin_group(), ("admin",)):
        for line in helped(path, columns).splitlines():
            assert len(line) <= columns, (path, line)
            assert "..." not in line.replace("[ARGS]...", ""), (path, line)
            assert line.count("[") == line.count("]"), (path, line)


def test_every_help_is_looked_at() -> None:
    """A control of what is counted, and of what is looked for."""
    found = set(paths(admin_group(), ("admin",)))
    assert {("admin",), ("admin", "events"), ("admin", "models", "reset")} <= found
    assert re.search(r"\[default: \S+$|\.\.\.$", helped(("serve",), 60), re.MULTILINE)

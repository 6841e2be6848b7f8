import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.end_to_end import people
from tests.end_to_end.terminal import Terminal

Serve: TypeAlias = Callable[..., tuple[Terminal, int]]
Guest: TypeAlias = Callable[[int, str], Terminal]


@pytest.fixture
def open_terminals() -> Iterator[ExitStack]:
    """Closes every terminal of a test at its end."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def serve(open_terminals: ExitStack, tmp_path: Path) -> Serve:
    """Starts a server on a port, always with the same data; 0 is any port."""

    def start(port: int = 0, *options: str) -> tuple[Terminal, int]:
        data = str(tmp_path / "server" / "data")
        terminal = open_terminals.enter_context(
            Terminal(
                *("serve", "--host", "127.0.0.1", "--port", str(port), "--data", data, *options),
                home=tmp_path / "server",
            )
        )
        terminal.wait_for("stop with Ctrl-C")
        found = re.search(r"serving on port (\d+)", terminal.text)
        assert found is not None, terminal.text
        return terminal, int(found[1])

    return start


@pytest.fixture
def guest(open_terminals: ExitStack, tmp_path: Path) -> Guest:
    """Brings somebody to the home screen, on the server at a port of this machine."""

    def start(port: int, name: str) -> Terminal:
        terminal = people.guest(f"ws://127.0.0.1:{port}", name, tmp_path)
        return open_terminals.enter_context(terminal)

    return start

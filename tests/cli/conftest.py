from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from clouds_edges.cli.serve import own_address
from tests.cli.programs import Ended, run, serving
from tests.cli.servers import Server, server_core

Admin = Callable[..., Ended]


@pytest.fixture
def admin(tmp_path: Path) -> Admin:
    """Runs a sub-command of `admin`."""
    return lambda *arguments: run(tmp_path / "home", "admin", *map(str, arguments))


@pytest.fixture
async def played(tmp_path: Path) -> Path:
    """The folder of a server on which two games have been played."""
    folder = tmp_path / "played"
    folder.mkdir()
    async with server_core(folder) as a_house:
        ann, bob = await a_house.sign_up("Ann"), await a_house.sign_up("Bob")
        for _ in range(2):
            await a_house.play_out(await a_house.start(ann, bob))
        await a_house.until_lobby(lambda lobby: not lobby.tables)
        await a_house.until_counted(ann, 2)
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("home")
    data = home / "data"
    with serving(home, "--host", "127.0.0.1", "--port", "0", "--data", str(data)):
        server = Server(home, data)
        server.sign_up("Ann")
        yield server


@pytest.fixture
def network_address() -> str:
    """An address of this machine at which others could reach it."""
    own = own_address()
    if own == "127.0.0.1":
        pytest.skip("this machine has no address but the loopback")
    return own

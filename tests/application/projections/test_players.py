from functools import partial
from pathlib import Path

import pytest

from clouds_edges.application.projections.players import Match, players_by_id, search_players
from clouds_edges.application.vocabulary import CODEC
from clouds_edges.domain.ids import PLAYERS, PlayerId
from clouds_edges.domain.players.commands import Rename
from clouds_edges.eventsourcing.memory import MemoryStore
from tests.application.playing import House, house
from tests.eventsourcing.lamp import NOON


async def _search(
    here: House, text: str, match: Match = Match.PREFIX, after: str = "", limit: int = 20
) -> list[str]:
    query = partial(search_players, text=text, match=match, after=after, limit=limit)
    page = await here.system.read_model("players").read(query)
    assert page.next in {None, *(one.player.name for one in page.rows[-1:])}
    return [one.player.name for one in page.rows]


async def test_players_are_found_by_id_under_their_name_of_now(tmp_path: Path) -> None:
    async with house(MemoryStore(CODEC), tmp_path) as here:
        ann, bob = await here.sign_up("Ann"), await here.sign_up("Bob")
        await here.give(PLAYERS, Rename("Anna"), ann)
        query = partial(players_by_id, ids=[ann.id, bob.id, PlayerId("nobody")])
        found = await here.system.read_model("players").read(query)
        assert found.keys() == {ann.id, bob.id}
        assert found[ann.id].player == await here.system.player(ann.id)
        assert found[ann.id].player.name == "Anna"
        assert found[bob.id].signed_up_at == NOON


@pytest.mark.parametrize(
    ("text", "match", "found"),
    [
        ("an", Match.PREFIX, ["Ann", "Anselm"]),
        ("AN", Match.PREFIX, ["Ann", "Anselm"]),
        ("n", Match.PREFIX, []),
        ("ss", Match.CONTAINS, ["Strauß"]),
        ("STRAUSS", Match.PREFIX, ["Strauß"]),
        ("n", Match.CONTAINS, ["Ann", "Anselm", "Joanne", "Änne"]),
        ("_", Match.CONTAINS, ["O_o"]),
        ("%", Match.CONTAINS, []),
        ("", Match.PREFIX, ["Ann", "Anselm", "Joanne", "O_o", "Strauß", "Änne"]),
    ],
)
async def test_players_are_found_by_name(
    tmp_path: Path, text: str, match: Match, found: list[str]
) -> None:
    async with house(MemoryStore(CODEC), tmp_path) as here:
        for name in ("Strauß", "Joanne", "O_o", "Anselm", "Ann", "Änne"):
            await here.sign_up(name)
        assert await _search(here, text, match) == found


async def test_a_search_finds_so_many_at_most(tmp_path: Path) -> None:
    async with house(MemoryStore(CODEC), tmp_path) as here:
        for name in ("Ann", "Bob", "Cid"):
            await here.sign_up(name)
        assert await _search(here, "", limit=2) == ["Ann", "Bob"]


async def test_players_are_found_page_by_page(tmp_path: Path) -> None:
    async with house(MemoryStore(CODEC), tmp_path) as here:
        for name in ("Bob", "ann", "Anna", "Cid"):
            await here.sign_up(name)
        players, names = here.system.read_model("players"), []
        after: str | None = ""
        while after is not None:
            page = await players.read(partial(search_players, text="", after=after, limit=2))
            names += [one.player.name for one in page.rows]
            after = page.next
        assert names == ["ann", "Anna", "Bob", "Cid"]
        assert await _search(here, "an", after="ANN") == ["Anna"]


async def test_an_old_name_is_not_found(tmp_path: Path) -> None:
    async with house(MemoryStore(CODEC), tmp_path) as here:
        ann = await here.sign_up("Ann")
        assert await _search(here, "ann") == ["Ann"]
        await here.give(PLAYERS, Rename("Zoe"), ann)
        assert await _search(here, "ann") == []
        assert await _search(here, "zoe") == ["Zoe"]

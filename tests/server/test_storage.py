import sqlite3
from pathlib import Path

import apsw
import pytest

from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.protocol.admin import ListTables, ShowRows
from clouds_edges.protocol.admin_answers import RowsPage
from clouds_edges.server.admin.storage import NoSuchTable, Storage
from clouds_edges.server.admin.table_page import BadCursor
from tests.server.operators import operating

NUMBERS = (
    "CREATE TABLE numbers (number INTEGER PRIMARY KEY, name TEXT NOT NULL, words BLOB, "
    "UNIQUE (name, number))"
)
NAMES = ("one", "two", "three", "four", "five", "six", "seven")


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    """A folder with a file of each library, and one that must not be looked into."""
    with apsw.Connection(str(tmp_path / "processes.db")) as connection:
        fill(connection)
    with apsw.Connection(str(tmp_path / "keys.db")) as connection:
        fill(connection)
    (tmp_path / "read-models").mkdir()
    read_model = sqlite3.connect(tmp_path / "read-models" / "games.db")
    fill(read_model)
    read_model.commit()
    read_model.close()
    return Storage(tmp_path)


def fill(connection: apsw.Connection | sqlite3.Connection) -> None:
    connection.execute(NUMBERS)
    for number, name in enumerate(NAMES, 1):
        connection.execute("INSERT INTO numbers VALUES (?, ?, ?)", (number, name, b"\x80"))


def numbers(page: RowsPage) -> list[object]:
    return [row[0] for row in page.rows]


FILES = ["processes.db", "read-models/games.db"]


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
async def test_a_table_is_read_page_by_page_there_and_back(
    storage: Storage,
    file: str,
    limit: int,
    *,
    reverse: bool,
) -> None:
    whole = [1, 2, 3, 4, 5, 6, 7][:: -1 if reverse else 1]

    def asked(page: str | None) -> ShowRows:
        return ShowRows(file=file, table="numbers", limit=limit, reverse=reverse, page=page)

    pages = [await storage.page(asked(None))]
    while pages[-1].next is not None:
        pages.append(await storage.page(asked(pages[-1].next)))
    assert [number for page in pages for number in numbers(page)] == whole
    assert all(len(page.rows) == limit for page in pages[:-1])
    assert pages[0].previous is None

    for later, earlier in zip(pages[:0:-1], pages[-2::-1], strict=True):
        assert later.previous is not None
        back = await storage.page(asked(later.previous))
        assert back.rows == earlier.rows
        assert back.next is not None
        assert (await storage.page(asked(back.next))).rows == later.rows
        assert (back.previous is None) == (earlier is pages[0])


@pytest.mark.parametrize("file", FILES)
async def test_a_page_may_begin_anywhere(storage: Storage, file: str) -> None:
    page = await storage.page(ShowRows(file=file, table="numbers", start="5"))
    assert numbers(page) == [5, 6, 7]
    page = await storage.page(ShowRows(file=file, table="numbers", start="3", reverse=True))
    assert numbers(page) == [3, 2, 1]


@pytest.mark.parametrize("file", FILES)
async def test_a_prefix_chooses_a_key_that_begins_with_a_text(storage: Storage, file: str) -> None:
    asked = ShowRows(file=file, table="numbers", prefix="t", limit=1)
    page = await storage.page(asked)
    assert (page.key, numbers(page)) == (("name", "number"), [3])
    page = await storage.page(asked.model_copy(update={"page": page.next}))
    assert (numbers(page), page.next) == ([2], None)
    asked = ShowRows(file=file, table="numbers", prefix="f", start="fo")
    assert numbers(await storage.page(asked)) == [4]
    asked = ShowRows(file=file, table="numbers", prefix="%")
    assert numbers(await storage.page(asked)) == []


async def test_values_are_shown_as_they_can_be(storage: Storage, tmp_path: Path) -> None:
    with apsw.Connection(str(tmp_path / "processes.db")) as connection:
        connection.execute("CREATE TABLE odd (value)")
        for value in (None, 1.5, b"{}", b"\x00", "x" * 5000, 2**62):
            connection.execute("INSERT INTO odd VALUES (?)", (value,))
    page = await storage.page(ShowRows(file="processes.db", table="odd"))
    assert page.rows == ((None,), (1.5,), (2**62,), ("x" * 4000 + "…",), ("0x00",), ("{}",))


async def test_a_table_with_an_odd_name_is_read(storage: Storage, tmp_path: Path) -> None:
    name = "a \"b\" 'c'; DROP TABLE numbers; --"
    with apsw.Connection(str(tmp_path / "processes.db")) as connection:
        quoted = name.replace('"', '""')
        connection.execute(f'CREATE TABLE "{quoted}" ("x ""y""" TEXT PRIMARY KEY)')
        connection.execute(f"INSERT INTO \"{quoted}\" VALUES ('z')")  # noqa: S608 - the odd name is what is tested
    page = await storage.page(ShowRows(file="processes.db", table=name, prefix="z"))
    assert (page.columns, page.rows) == (('x "y"',), (("z",),))
    assert numbers(await storage.page(ShowRows(file="processes.db", table="numbers")))


@pytest.mark.parametrize(
    ("file", "table"),
    [
        ("keys.db", "numbers"),
        ("../processes.db", "numbers"),
        ("read-models/../keys.db", "numbers"),
        ("read-models", "numbers"),
        ("none.db", "numbers"),
        ("processes.db", "none"),
        ("processes.db", "sqlite_schema"),
        ("processes.db", 'numbers"; DROP TABLE numbers; --'),
    ],
)
async def test_what_is_not_to_be_looked_into_is_not(
    storage: Storage, file: str, table: str
) -> None:
    with pytest.raises(NoSuchTable, match=r"there are (processes\.db, read-models/games\.db|numb)"):
        await storage.page(ShowRows(file=file, table=table))


async def test_a_page_of_another_table_is_refused(storage: Storage) -> None:
    page = await storage.page(ShowRows(file=FILES[0], table="numbers", limit=2))
    for asked in (
        ShowRows(file=FILES[1], table="numbers", page=page.next),
        ShowRows(file=FILES[0], table="numbers", prefix="t", page=page.next),
        ShowRows(file=FILES[0], table="numbers", page="made up"),
        ShowRows(file=FILES[0], table="numbers", page="Zoë"),
        ShowRows(file=FILES[0], table="numbers", page=""),
    ):
        with pytest.raises(BadCursor, match="begin again"):
            await storage.page(asked)


async def test_a_prefix_that_fits_no_key_is_refused(storage: Storage, tmp_path: Path) -> None:
    with apsw.Connection(str(tmp_path / "processes.db")) as connection:
        connection.execute("CREATE TABLE counts (number INTEGER PRIMARY KEY)")
    with pytest.raises(BadCursor, match="no key of counts begins with a text"):
        await storage.page(ShowRows(file="processes.db", table="counts", prefix="x"))


async def test_a_damaged_file_is_told(storage: Storage, tmp_path: Path) -> None:
    (tmp_path / "read-models" / "games.db").write_bytes(b"x" * 10_000)
    with pytest.raises(StoreUnavailable, match=r"read-models/games\.db cannot be read"):
        await storage.page(ShowRows(file="read-models/games.db", table="numbers"))


async def test_the_files_of_a_running_server_are_looked_into(tmp_path: Path) -> None:
    async with operating(tmp_path) as (house, operator):
        await house.player("Ann")
        tables = {(one.file, one.table): one for one in (await operator.ask(ListTables())).tables}
        assert tables["events.db", "events"].key == ("position",)
        assert "keys.db" not in {file for file, _ in tables}
        page = await operator.ask(ShowRows(file="events.db", table="events", prefix="pl"))
        assert page.key == ("stream", "version")
        (row,) = page.rows
        assert '"kind":"player_signed_up"' in str(row[page.columns.index("data")])


async def test_hashes_of_tokens_are_hidden(tmp_path: Path) -> None:
    async with operating(tmp_path) as (house, operator):
        await house.player("Ann")
        page = await operator.ask(ShowRows(file="tokens.db", table="tokens", limit=1))
        assert page.columns[0] == "hash"
        shown = [page.rows[0][0]]
        page = await operator.ask(ShowRows(file="tokens.db", table="tokens", page=page.next))
        shown += [page.rows[0][0]]
        assert shown == ["hidden", "hidden"]
        with apsw.Connection(str(tmp_path / "tokens.db")) as connection:
            stored = list(connection.execute("SELECT hash FROM tokens"))
        assert len(stored) == 2

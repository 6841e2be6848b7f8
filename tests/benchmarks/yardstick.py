"""The least code that does the whole path of a line: what our server is measured against.

Decode, rules, durable append with group commit, push to both players; no identity, no lobby, no
hashes, no idempotence, no validation. Run as a program, it prints its port.
"""

from __future__ import annotations

import asyncio
import json
import queue
import sys
import threading
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory

import apsw
import uvloop
from websockets.asyncio.server import ServerConnection, serve

from clouds_edges.rules import Board, Position, parse_line


class Yardstick:
    """All games, their sockets, and a thread that commits whatever waits."""

    def __init__(self, path: Path, board: Board) -> None:
        self._loop = asyncio.get_running_loop()
        self._games: defaultdict[str, Position] = defaultdict(lambda: Position.start(board))
        self._sockets: defaultdict[str, list[ServerConnection]] = defaultdict(list)
        self._waiting: queue.SimpleQueue[tuple[str, str, asyncio.Future[None]]] = (
            queue.SimpleQueue()
        )
        self._connection = apsw.Connection(str(path))
        self._connection.pragma("journal_mode", "WAL")
        self._connection.pragma("synchronous", "FULL")
        self._connection.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, game, line)")
        threading.Thread(target=self._write, daemon=True).start()

    async def converse(self, socket: ServerConnection) -> None:
        """The first frame names a game, all others are lines."""
        game = str(await socket.recv())
        sockets = self._sockets[game]
        sockets.append(socket)
        async for frame in socket:
            order = json.loads(frame)
            line = order["command"]["line"]
            self._games[game] = self._games[game].draw(parse_line(line))
            committed = self._loop.create_future()
            self._waiting.put((game, line, committed))
            await committed
            await socket.send(json.dumps({"kind": "accepted", "id": order["id"]}))
            event = json.dumps({"kind": "happened", "stream": game, "line": line})
            for watcher in sockets:
                await watcher.send(event)

    def _write(self) -> None:
        while True:
            batch = [self._waiting.get()]
            while not self._waiting.empty():
                batch.append(self._waiting.get())
            self._connection.execute("BEGIN")
            self._connection.executemany(
                "INSERT INTO events (game, line) VALUES (?, ?)",
                [(game, line) for game, line, _ in batch],
            )
            self._connection.execute("COMMIT")
            self._loop.call_soon_threadsafe(_resolve, [committed for _, _, committed in batch])


def _resolve(futures: list[asyncio.Future[None]]) -> None:
    for future in futures:
        future.set_result(None)


async def _main(folder: Path, side: int) -> None:
    yardstick = Yardstick(folder / "yardstick.db", Board(side, side))
    async with serve(yardstick.converse, "127.0.0.1", 0, compression=None) as server:
        sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
        sys.stdout.flush()
        await server.serve_forever()


if __name__ == "__main__":
    with TemporaryDirectory() as temporary:
        uvloop.run(_main(Path(temporary), int(sys.argv[1])))

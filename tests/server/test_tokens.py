"""The file of tokens by itself."""

import asyncio
from pathlib import Path
from threading import Event

import pytest

from clouds_edges.domain.ids import PlayerId
from clouds_edges.server.tokens import Tokens
from tests.server.guests import PATIENCE, new_token


class _SlowTokens(Tokens):
    """Looks a token up when it is let to, and counts who is at it at once."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.begun, self.go_on = Event(), Event()
        self.at_once = self.most_at_once = 0

    def _owner(self, token: str) -> PlayerId | None:
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        self.begun.set()
        self.go_on.wait(PATIENCE)
        self.at_once -= 1
        return super()._owner(token)


async def test_nobody_uses_the_file_while_a_question_that_was_given_up_is_at_it(
    tmp_path: Path,
) -> None:
    tokens = _SlowTokens(tmp_path / "tokens.db")
    given_up = asyncio.ensure_future(tokens.owner(new_token()))
    await asyncio.to_thread(tokens.begun.wait, PATIENCE)
    given_up.cancel()
    patient = asyncio.ensure_future(tokens.owner(new_token()))
    await asyncio.wait([given_up, patient], timeout=0.05)
    tokens.go_on.set()
    assert await patient is None
    with pytest.raises(asyncio.CancelledError):
        await given_up
    assert tokens.most_at_once == 1
    tokens.close()

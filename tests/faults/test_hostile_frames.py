"""A server that says what cannot be ends the client with a sentence, and never with a traceback.

Takes about 10 seconds of the CPU.
"""

import pytest

from tests.faults.hostile_frames import FOLLOWED, told

SEEDS = range(25)
FRAMES = 6


async def test_a_server_that_says_what_cannot_be_is_left_with_a_sentence(
    capfd: pytest.CaptureFixture[str],
) -> None:
    ends = {}
    for seed in SEEDS:
        ends[seed] = await told(seed, FRAMES)
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err, seed
    kinds = (
        FOLLOWED,
        "update needed",
        "the server says what cannot be",
        "this client cannot go on",
    )
    strange = {seed: end for seed, end in ends.items() if not str(end).startswith(kinds)}
    assert strange == {}
    for kind in kinds[:3]:
        assert any(str(end).startswith(kind) for end in ends.values()), kind

"""F26: no secret is anywhere but in the file that is kept for it.

Takes about 15 seconds of the CPU.
"""

from pathlib import Path
from typing import Final

import pytest

from tests.faults.canaries import SHOWING_VARIABLES, TOKENS, Run, crashed, everything_done
from tests.faults.hostile_text import harmless
from tests.faults.liar import Liar, lying

PLACES: Final = {
    *("server/data/events.db", "server/data/tokens.db", "Cyd/STATE/clouds-edges/log/play.log"),
    *("log.jsonl", "server's log", "metrics", "arguments", "crash", "devices"),
}
"""Some of where secrets could be."""


@pytest.mark.timeout(120)
def test_a_secret_is_in_its_file_only(tmp_path: Path) -> None:
    done = everything_done(tmp_path)
    assert done.found == {
        "operator's token": {"server/data/admin.json"},
        "Ann's token": {f"Ann/{TOKENS}"},
        "token of Ann's phone": {f"phone/{TOKENS}"},
        "Ann's code": set(),
        "Cyd's token": {f"Cyd/{TOKENS}"},
        "stranger's token": set(),
    }
    assert set(done.places) >= PLACES
    assert b"LookupError" in done.places["Cyd/STATE/clouds-edges/log/play.log"]
    assert b"cannot go on" in done.places["crash"]
    assert b"clouds_edges" in done.places["arguments"]


def test_a_token_in_a_log_is_found(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("hello ce1_canary")
    leaking = Run(tmp_path, {"token": "ce1_canary"})
    leaking.look_into_files()
    assert leaking.found == {"token": {"log"}}


def test_a_trace_with_variables_would_show_a_token(tmp_path: Path) -> None:
    with lying(Liar(harmless)) as url:
        token, shown = crashed(tmp_path, url, SHOWING_VARIABLES)
    assert token.encode() in shown

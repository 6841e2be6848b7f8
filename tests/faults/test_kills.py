"""The server is killed under its players (F1): I1, I2, I3 and I8 hold. Some 20 seconds."""

from pathlib import Path

from clouds_edges.domain.actors import Seat
from clouds_edges.domain.game.events import GameEnded, GameStarted, LineDrawn
from clouds_edges.rules import Board, Ending, Outcome, parse_line
from tests.domain.people import ANN, BOB
from tests.faults.kills import kill_often
from tests.faults.lawful import is_lawful
from tests.faults.server_process import HASTY


async def test_a_kill_takes_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    kills = await kill_often(6, 1, tmp_path)

    assert kills.lost == kills.doubled == kills.holes == 0, kills
    assert kills.told_otherwise == kills.notices_of_lost_history == 0, kills
    assert kills.unlawful_games == kills.tracebacks == 0, kills
    assert kills.acknowledged_lines > 30
    assert kills.told > kills.acknowledged_lines
    assert kills.finished_games > 0


async def test_a_server_that_answers_before_it_records_loses_lines(tmp_path: Path) -> None:
    """The control; the players notice as well."""
    kills = await kill_often(6, 1, tmp_path, HASTY)

    assert kills.lost > 0
    assert kills.told_otherwise > 0
    assert kills.notices_of_lost_history > 0


def test_a_game_out_of_turn_or_with_a_line_twice_or_a_wrong_end_is_not_lawful() -> None:
    """The control of what looks at the games."""
    started = GameStarted(Board(1, 1), private=False, seats=(Seat(ANN), Seat(BOB)), first=0)
    lines = [
        LineDrawn(number % 2, parse_line(line))
        for number, line in enumerate(("a1h", "b1v", "a2h", "a1v"))
    ]
    end = GameEnded(Outcome(Ending.PLAYED_OUT, (0, 1), (1,)))

    assert is_lawful([started, *lines, end])
    assert is_lawful([started, *lines[:2]])
    assert not is_lawful([started, *lines[1:]])
    assert not is_lawful([started, lines[0], LineDrawn(1, lines[0].line)])
    assert not is_lawful([started, *lines, GameEnded(Outcome(Ending.PLAYED_OUT, (1, 0), (0,)))])
    assert not is_lawful([started, *lines[:3], end])
    assert not is_lawful([started, *lines, end, lines[0]])
    assert not is_lawful(lines)

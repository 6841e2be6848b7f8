"""What is published of faults is what was measured, and as much of it as was promised."""

from dataclasses import replace

import pytest

from tests.faults.published import README, read, with_table


def test_the_readme_shows_what_was_measured() -> None:
    text = README.read_text(encoding="utf-8")
    assert with_table(text, read()) == text


def test_another_figure_would_be_noticed() -> None:
    """The control."""
    published, text = read(), README.read_text(encoding="utf-8")
    kills = published.kills
    more = replace(kills.figures, acknowledged_lines=kills.figures.acknowledged_lines + 1)
    other = replace(published, kills=replace(kills, figures=more))
    assert with_table(text, other) != text


def test_a_readme_without_a_place_for_the_table_is_noticed() -> None:
    with pytest.raises(ValueError, match="no <!-- faults -->"):
        with_table("# clouds-edges", read())


def test_as_much_was_injected_as_is_promised() -> None:
    published = read()
    assert published.kills.figures.kills >= 100
    assert published.power_cuts.figures.cuts >= 300
    assert published.junk.figures.size >= 10_000
    assert published.bad_handshakes.size >= 1_000
    assert published.idle_sockets.figures.size >= 1_000
    assert published.simulations.figures.seeds >= 1_000


def test_nothing_that_was_acknowledged_was_lost() -> None:
    published = read()
    assert published.kills.figures.lost == published.kills.figures.doubled == 0
    cuts = published.power_cuts.figures
    assert cuts.lost == cuts.doubled == cuts.halved == cuts.holes == 0
    assert published.io_errors.figures.lost == published.full_disks.figures.lost == 0
    assert published.garbled.figures.unsound_seeds == ()
    assert published.simulations.figures.unsound == ()


def test_nobody_was_disturbed() -> None:
    published = read()
    for crowd in (
        published.junk.figures,
        published.bad_handshakes,
        published.idle_sockets.figures,
    ):
        assert crowd.errors == ()
        assert crowd.wrong_ends == {}
        assert crowd.held_after == 0
    assert published.slow_readers.figures.errors == ()


def test_every_control_has_failed() -> None:
    published = read()
    assert published.kills.control.lost > 0
    assert published.power_cuts.control.lost > 0
    assert published.io_errors.control.accepted_after_failed_sync > 0
    assert published.full_disks.control.refused == 0 < published.full_disks.figures.refused
    assert published.garbled.control.unsound_seeds
    assert published.junk.control.wrong_ends
    assert published.idle_sockets.control.held > published.idle_sockets.figures.held
    assert published.slow_readers.control.sent_away == 0
    assert published.simulations.control.unsound

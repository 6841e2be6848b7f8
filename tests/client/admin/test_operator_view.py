"""What is said of the server as a whole."""

from datetime import timedelta

from clouds_edges.client.admin.operator_view import MOST_RATES, OperatorView, Tone, status_in_words
from clouds_edges.protocol.admin_answers import QuarantinedRow
from tests.client.admin.operator_in_memory import NOON, system


def said(view: OperatorView) -> tuple[Tone, str]:
    tone, sign, words = status_in_words(view)
    return tone, f"{sign} {words}"


def test_a_server_that_does_well_is_said_in_figures() -> None:
    words = "* 3 games in play, 7 connected, 4.2 events/s"
    assert said(OperatorView().heard(system())) == (Tone.GOOD, words)


def test_before_the_first_answer_it_is_asked() -> None:
    assert said(OperatorView()) == (Tone.WARNING, "o asking the server")


def test_a_frozen_server_says_so_before_its_figures() -> None:
    view = OperatorView().heard(system(frozen="moving house", parked=1))
    assert said(view) == (Tone.WARNING, "= FROZEN, nothing is recorded: moving house")


def test_a_log_out_of_its_place_is_said_before_anything_else_with_what_to_do() -> None:
    trouble = "events.db was moved: stop the server"
    view = OperatorView().heard(system(log_trouble=trouble, frozen="moving house"))
    assert said(view) == (Tone.ERROR, f"! NOTHING IS RECORDED, {trouble}")


def test_trouble_is_counted() -> None:
    rows = (QuarantinedRow(stream="game/one", version=3, error="broken"),)
    tone, words = said(OperatorView().heard(system(quarantined=rows)))
    assert (tone, words[:24]) == (Tone.ERROR, "! 1 stream in quarantine")
    tone, words = said(OperatorView().heard(system(parked=2)))
    assert (tone, words[:10]) == (Tone.WARNING, "! 2 parked")


def test_a_lost_server_is_missed_until_it_answers() -> None:
    lost = OperatorView().heard(system()).lost("It hung up.")
    assert said(lost) == (Tone.ERROR, "! It hung up. Trying again.")
    assert not lost.heard(system()).is_lost


def test_rates_are_kept_a_second_apart_and_not_for_ever() -> None:
    view = OperatorView()
    for number in range(3 * MOST_RATES):
        now = NOON + timedelta(seconds=number / 2)
        view = view.heard(system(now=now, events_a_second=float(number)))
    assert len(view.rates) == MOST_RATES
    assert view.rates[-2:] == (716.0, 718.0)

import pytest

from clouds_edges.domain.actors import Admin
from clouds_edges.domain.operations.commands import Freeze, Unfreeze
from clouds_edges.domain.operations.decider import LONGEST_REASON, OPERATIONS_DECIDER
from clouds_edges.domain.operations.events import ServerFrozen, ServerUnfrozen
from clouds_edges.domain.operations.refusals import (
    AlreadyFrozen,
    NotFrozen,
    ReasonUnacceptable,
)
from clouds_edges.domain.permissions import permitted
from tests.scenario import scenario

ROOT = Admin("root")
OPEN = scenario(permitted(OPERATIONS_DECIDER))
FROZEN = OPEN.given(ServerFrozen("backup"))


def test_an_admin_freezes_the_server_and_lets_it_go_on() -> None:
    frozen = OPEN.when(Freeze("backup"), by=ROOT).then(ServerFrozen("backup"))
    assert frozen.state.frozen == "backup"
    after = frozen.when(Unfreeze(), by=ROOT).then(ServerUnfrozen())
    assert after.state.frozen is None
    after.when(Freeze("again"), by=ROOT).then(ServerFrozen("again"))


def test_what_is_frozen_is_not_frozen_again() -> None:
    sentence = FROZEN.when(Freeze("another"), by=ROOT).then_refused(AlreadyFrozen)
    assert sentence == "the server is frozen already: backup"


def test_what_is_not_frozen_is_not_unfrozen() -> None:
    OPEN.when(Unfreeze(), by=ROOT).then_refused(NotFrozen)


@pytest.mark.parametrize(
    "reason", ["", " ", "\n", "two\nlines", "\x1b[31m", "a\u202eb", "x" * (LONGEST_REASON + 1)]
)
def test_a_reason_that_cannot_be_shown_is_refused(reason: str) -> None:
    OPEN.when(Freeze(reason), by=ROOT).then_refused(ReasonUnacceptable)
    OPEN.when(Freeze("x" * LONGEST_REASON), by=ROOT).then_whatever()

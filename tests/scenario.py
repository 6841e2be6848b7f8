"""Given, when, then: the story of one aggregate in a line or three.

    scenario(GAME_DECIDER).given(started).when(DrawLine(line), by=ann).then(LineDrawn(0, line))

After emmett's `DeciderSpecification`. What happens is also folded, so that
a decider whose events its own `evolve` cannot follow fails here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Generic

from clouds_edges.eventsourcing.decider import A, C, CommandId, Decider, E, Issued, Refused, S

NOON: Final = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


def scenario(decider: Decider[C, A, E, S]) -> "Scenario[C, A, E, S]":
    """Begin a story in which nothing has happened yet."""
    return Scenario(decider)


@dataclass(frozen=True, slots=True)
class Scenario(Generic[C, A, E, S]):
    """What has happened so far."""

    decider: Decider[C, A, E, S]
    history: tuple[E, ...] = ()

    def given(self, *events: E) -> "Scenario[C, A, E, S]":
        """Let these events have happened as well."""
        return Scenario(self.decider, (*self.history, *events))

    @property
    def state(self) -> S:
        """Where the history leads."""
        return self.decider.fold(self.history)

    def when(
        self, command: C, *, by: A, at: datetime = NOON, seed: int = 0
    ) -> "Happening[C, A, E, S]":
        """Give a command, and keep what comes of it: events, or a refusal."""
        issued = Issued(command, by, at, CommandId("a-command"), seed)
        try:
            return Happening(self, self.decider.decide(issued, self.state))
        except Refused as refusal:
            return Happening(self, refusal)


@dataclass(frozen=True, slots=True)
class Happening(Generic[C, A, E, S]):
    """What came of a command, to be compared with what was expected."""

    before: Scenario[C, A, E, S]
    result: Sequence[E] | Refused

    def then(self, *expected: E) -> Scenario[C, A, E, S]:
        """Expect exactly these events, and go on from there."""
        assert not isinstance(self.result, Refused), f"refused: {self.result!r}"
        events = tuple(self.result)
        assert events == expected, f"expected {expected}, but happened {events}"
        return self.then_whatever()

    def then_whatever(self) -> Scenario[C, A, E, S]:
        """Expect any events, and go on from there."""
        assert not isinstance(self.result, Refused), f"refused: {self.result!r}"
        after = self.before.given(*self.result)
        assert after.state is not None
        return after

    def then_refused(self, reason: type[Refused]) -> str:
        """Expect a refusal for exactly this reason; returns its sentence."""
        assert isinstance(self.result, Refused), f"not refused: {self.result}"
        assert type(self.result) is reason, f"expected {reason.__name__}, got {self.result!r}"
        return self.result.sentence

"""Who may: every command of everybody in every state, as it is written in permission_matrix.txt."""

from contextlib import suppress
from dataclasses import replace
from timeit import repeat
from typing import Final

import pytest

from clouds_edges.domain.actors import OPERATOR, Actor, Admin, Seat
from clouds_edges.domain.game.commands import DrawLine, Resign, StartGame
from clouds_edges.domain.game.events import GameStarted
from clouds_edges.domain.game.refusals import NoSuchGame, NotSeated
from clouds_edges.domain.lobby.commands import CancelGame, JoinGame, LeaveGame
from clouds_edges.domain.lobby.events import GameOpened
from clouds_edges.domain.lobby.refusals import InviteNeeded, NotInGame, NotTheOpener
from clouds_edges.domain.operations.commands import Freeze
from clouds_edges.domain.permissions import allow, check_admin, may_watch, permitted
from clouds_edges.domain.players.commands import ForgetPlayer, Rename
from clouds_edges.domain.players.state import Players
from clouds_edges.domain.refusals import Forgotten, NotAdmin, NotAllowed, NotSignedUp
from clouds_edges.eventsourcing.decider import CommandId, Issued, Refused
from clouds_edges.rules import parse_line
from tests.domain.people import ANN, BOB, CYD, GUEST, PROCESS
from tests.domain.permission_matrix import (
    BOARD,
    DEFAULT,
    GAME,
    MAY,
    PARTS,
    ROLES,
    WATCHED,
    WATCHERS,
    Part,
    command_classes,
    differences,
    found,
    found_watching,
    written,
)
from tests.scenario import NOON

EXPECTED: Final = written()
DRAW: Final = DrawLine(parse_line("a1h"))
LIVE: Final = PARTS["game"].states["live"]


def test_everybody_may_what_is_written_and_nothing_else() -> None:
    assert (
        differences(EXPECTED, {**found(allow, *PARTS.values()), **found_watching(may_watch)}) == []
    )


def test_every_command_has_a_row_of_every_role() -> None:
    """A new command, or a new role, is missed here until its rows are written."""
    given = [command for part in PARTS.values() for command in part.commands]
    assert {type(command) for command in given} == command_classes()
    rows = {(command, role) for command, role, _ in EXPECTED}
    watching = {("watch", role) for role in WATCHERS}
    assert rows == {(command.kind, role) for command in given for role in ROLES} | watching


def test_every_way_of_being_refused_occurs_and_so_does_every_kind_of_actor() -> None:
    refusals = (NotSignedUp, NotSeated, NoSuchGame, InviteNeeded, NotInGame, NotTheOpener)
    codes = {one.code for one in (*refusals, NotAdmin, Forgotten)} | {"unknown_game"}
    assert set(EXPECTED.values()) == {MAY, DEFAULT, "no", *codes}
    assert {type(actor) for actor in ROLES.values()} == {*Actor.__args__}


@pytest.mark.parametrize("wrong", [MAY, DEFAULT, "not_admin"])
def test_a_single_cell_that_is_not_so_is_found(wrong: str) -> None:
    """The control of the comparison: every cell of one state, one after the other."""
    actual = found(allow, *PARTS.values())
    for cell, right in actual.items():
        if right != wrong:
            (difference,) = differences(actual, {**actual, cell: wrong})
            assert difference == f"{' '.join(cell)}: {right} is written, {wrong} is so"


def test_who_allows_everything_is_found_out() -> None:
    """The control of the whole: every cell with a refusal differs, and no other."""
    everything = found(lambda _principal, _command, _state: None, *PARTS.values())
    denied = [cell for cell, code in EXPECTED.items() if cell[0] != "watch" and code != MAY]
    asked = {cell: code for cell, code in EXPECTED.items() if cell[0] != "watch"}
    assert len(differences(asked, everything)) == len(denied) > 1000
    watched = {cell: code for cell, code in EXPECTED.items() if cell[0] == "watch"}
    assert len(differences(watched, found_watching(lambda _player, _game: True))) == 6


class Asked(Exception):
    """A decider was asked."""


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
def test_a_decider_is_asked_what_is_allowed_and_never_sees_the_rest(part: Part) -> None:
    def decide(_issued: object, _state: object) -> list[object]:
        raise Asked

    decider = permitted(replace(part.decider, decide=decide))

    def asked(principal: Actor, command: object, state: object) -> None:
        with suppress(Asked):
            decider.decide(Issued(command, principal, NOON, CommandId("a-command")), state)
            pytest.fail("neither refused nor decided")

    kinds = {command.kind for command in part.commands}
    expected = {cell: code for cell, code in EXPECTED.items() if cell[0] in kinds}
    assert differences(expected, found(asked, part)) == []


def test_what_is_no_command_is_allowed_to_nobody() -> None:
    for principal in ROLES.values():
        with pytest.raises(NotAllowed, match="may not give the command str"):
            allow(principal, "win", None)


@pytest.mark.parametrize(
    ("reason", "by", "command", "part", "state", "sentence"),
    [
        (NotSeated, CYD, DRAW, "game", "live", "you watch this game, you have no seat in it"),
        (NoSuchGame, ANN, Resign(), "game", "none", "no such game has begun"),
        (NotSignedUp, GUEST, DRAW, "game", "live", "choose a name before you play"),
        (NotAllowed, PROCESS, Resign(), "game", "live", "another does not play: only players do"),
        (
            NotAllowed,
            ANN,
            StartGame(BOARD, private=False, seats=(Seat(ANN), Seat(BOB)), first=0),
            "game",
            "none",
            "ann may not give the command start_game",
        ),
        (
            InviteNeeded,
            CYD,
            JoinGame(GAME),
            "lobby",
            "open-private",
            "game the-game is private: join it with its invite code",
        ),
        (NotInGame, CYD, LeaveGame(GAME), "lobby", "open", "you have no seat in game the-game"),
        (
            NotTheOpener,
            BOB,
            CancelGame(GAME),
            "lobby",
            "open",
            "Ann opened game the-game, only they can cancel it",
        ),
        (NotSignedUp, GUEST, Rename("E"), "players", "empty", "sign up before you change your"),
        (
            Forgotten,
            ANN,
            Rename("Eve"),
            "players",
            "a-forgotten",
            "this player was forgotten: come back under another name, as somebody new",
        ),
        (NotAdmin, ANN, ForgetPlayer(BOB.id), "players", "signed-up", "only an admin may do this"),
        (NotAdmin, ANN, Freeze("backup"), "operations", "open", "only an admin may do this"),
        (
            NotAdmin,
            Admin(BOB.id),
            ForgetPlayer(ANN.id),
            "players",
            "signed-up",
            "Bob is no admin of this server: an admin can give the role with",
        ),
    ],
)
def test_who_is_refused_is_told_why(  # noqa: PLR0913, PLR0917 - the columns of the table
    reason: type[Refused], by: Actor, command: object, part: str, state: str, sentence: str
) -> None:
    with pytest.raises(reason, match=sentence) as refused:
        allow(by, command, PARTS[part].states[state])
    assert type(refused.value) is reason


def test_the_operator_is_an_admin_and_nobody_is_by_calling_themselves_one() -> None:
    check_admin(OPERATOR, Players())
    with pytest.raises(NotAdmin, match="root is no admin of this server"):
        check_admin(Admin("root"), Players())


def test_what_is_told_of_a_private_game_is_kept_from_who_may_not_watch_it() -> None:
    """The events that begin a game are as hidden as the game itself."""
    taken = (Seat(ANN), Seat(BOB))
    opened = GameOpened(GAME, BOARD, 2, private=True, invite=None, taken=taken)
    started = GameStarted(BOARD, private=True, seats=taken, first=0)
    for game in (opened, started, WATCHED["live-private"]):
        assert may_watch(ANN.id, game)
        assert not may_watch(CYD.id, game)


def test_the_way_of_a_line_is_not_made_longer() -> None:
    """Well under a microsecond on a machine of today; a slow and busy one gets ten times that."""
    seconds = min(repeat(lambda: allow(BOB, DRAW, LIVE), number=2000, repeat=5)) / 2000
    assert seconds < 10e-6

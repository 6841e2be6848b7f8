"""Freezing, forgetting, and that every question is answered at all."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import get_args

import apsw
import pytest

from clouds_edges.application.patience import Patience
from clouds_edges.client.admin_connection import QuestionRefused
from clouds_edges.domain.game.commands import ClaimGame
from clouds_edges.domain.game.events import GraceEnded
from clouds_edges.domain.ids import MAIN_LOBBY
from clouds_edges.domain.lobby.commands import OpenGame
from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.protocol.access import ACCESS_FILE
from clouds_edges.protocol.admin import (
    Asks,
    ForgetPlayer,
    FreezeServer,
    ListEvents,
    Question,
    ShowState,
    ShowSystem,
    UnfreezeServer,
)
from clouds_edges.protocol.messages import Accepted, CloseCode, Refused, Welcome
from clouds_edges.server.serve import running_server
from tests.protocol.admin_messages import QUESTIONS
from tests.server.guests import SMALL, until
from tests.server.operators import operating
from tests.server.test_serving import answer_to, get


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: one.kind)
async def test_every_question_is_answered_or_refused_with_a_sentence(
    tmp_path: Path, question: Asks[object]
) -> None:
    async with operating(tmp_path) as (_, operator):
        sentence = "answered"
        try:
            await operator.ask(question)
        except QuestionRefused as refused:
            sentence = refused.sentence
        assert sentence
        assert (await operator.ask(ShowSystem())).operators == 1


def test_no_question_is_left_out_above() -> None:
    assert {type(one) for one in QUESTIONS} == {*get_args(Question)}


async def test_a_frozen_server_refuses_players_with_the_operators_reason(tmp_path: Path) -> None:
    async with operating(tmp_path) as (house, operator):
        ann = await house.player("Ann")
        await operator.ask(FreezeServer(reason="moving house"))
        assert (await operator.ask(ShowSystem())).frozen == "moving house"
        refused = await ann.order(MAIN_LOBBY, OpenGame(SMALL))
        assert isinstance(refused, Refused)
        assert (refused.code, "moving house" in refused.sentence) == ("frozen", True)
        (row,) = (await operator.ask(ListEvents(event_kind="server_frozen"))).events
        assert (row.by, row.stream) == ("admin", "operations")
        assert (await operator.ask(ShowState(stream="operations"))).state == {
            "frozen": "moving house"
        }
        await operator.ask(UnfreezeServer())
        assert isinstance(await ann.order(MAIN_LOBBY, OpenGame(SMALL)), Accepted)


@pytest.mark.parametrize("reason", ["\x1b[2J", " ", "a\nb"])
async def test_a_reason_that_cannot_be_shown_is_refused(tmp_path: Path, reason: str) -> None:
    async with operating(tmp_path) as (_, operator):
        with pytest.raises(QuestionRefused) as refused:
            await operator.ask(FreezeServer(reason=reason))
        assert refused.value.code == "reason_unacceptable"


async def test_a_player_is_forgotten(tmp_path: Path) -> None:
    async with operating(tmp_path) as (house, operator):
        ann = await house.player("Nobody Knows")
        (row,) = (await operator.ask(ListEvents(event_kind="player_signed_up"))).events
        assert "Nobody Knows" not in str(row.data)
        state = await operator.ask(ShowState(stream="players", version=1))
        assert "Nobody Knows" in str(state.state)

        await operator.ask(ForgetPlayer(player=row.by))
        for version in (1, 2):
            state = await operator.ask(ShowState(stream="players", version=version))
            assert "Nobody Knows" not in str(state.state)
        answer = await (await house.guest(ann.token)).greet()
        assert isinstance(answer, Refused)
        assert answer.code == "forgotten"


async def test_who_is_forgotten_is_sent_away_and_missed(tmp_path: Path) -> None:
    """From every connection, within a second; nobody else is."""
    patience = Patience(grace=timedelta(0), blink=timedelta(0), settling=timedelta(hours=1))
    async with operating(tmp_path, patience) as (house, operator):
        bob, ann, game = await house.two_in_a_game()
        another = await house.guest(ann.token)
        welcome = await another.greet()
        assert isinstance(welcome, Welcome)
        await bob.watch(game)
        await operator.ask(ForgetPlayer(player=welcome.player.id))
        async with asyncio.timeout(1):
            goodbyes = [await one.goodbye() for one in (ann, another)]
        assert {one.code for one in goodbyes} == {CloseCode.FORGOTTEN}
        assert {one.reason for one in goodbyes} == {
            "this player was forgotten: come back under another name, as somebody new"
        }
        await until(bob, game, GraceEnded)
        assert isinstance(await bob.order(game, ClaimGame()), Accepted)


async def test_forgetting_a_player_whom_nobody_knows_is_refused(tmp_path: Path) -> None:
    async with operating(tmp_path) as (_, operator):
        with pytest.raises(QuestionRefused) as refused:
            await operator.ask(ForgetPlayer(player="nobody"))
        assert refused.value.code == "unknown_player"
        async with asyncio.timeout(5):
            assert (await operator.ask(ShowSystem())).events == 0


async def test_trouble_with_the_log_is_an_answer_and_the_connection_goes_on(
    tmp_path: Path,
) -> None:
    async with operating(tmp_path) as (house, operator):
        await house.player("Ann")
        with apsw.Connection(str(tmp_path / "events.db")) as connection:
            connection.execute("ALTER TABLE events RENAME TO happenings")
        for question in (ListEvents(), ShowState(stream="players"), ShowSystem()):
            with pytest.raises(QuestionRefused) as refused:
                await operator.ask(question)
            assert refused.value.code == "store_unavailable"
        assert (await answer_to(house.address, get("/metrics"))).startswith(b"HTTP/1.1 503 ")
        with apsw.Connection(str(tmp_path / "events.db")) as connection:
            connection.execute("ALTER TABLE happenings RENAME TO events")
        assert (await operator.ask(ShowSystem())).events == 1


async def test_a_log_that_is_moved_away_is_told_with_what_to_do(tmp_path: Path) -> None:
    async with operating(tmp_path) as (house, operator):
        ann = await house.player("Ann")
        assert (await operator.ask(ShowSystem())).log_trouble is None  # a control
        (tmp_path / "events.db").rename(tmp_path / "moved.db")
        assert isinstance(await ann.order(MAIN_LOBBY, OpenGame(SMALL)), Refused)

        trouble = (await operator.ask(ShowSystem())).log_trouble
        assert trouble is not None
        assert "stop the server, put events.rescued.db in the place of" in trouble
        metrics = await answer_to(house.address, get("/metrics"))
        assert b"\nclouds_edges_recording 0.0\n" in metrics


async def test_a_server_whose_operator_cannot_be_let_in_does_not_start(tmp_path: Path) -> None:
    (tmp_path / ACCESS_FILE / "x").mkdir(parents=True)
    with pytest.raises(StoreUnavailable, match=r"admin\.json cannot be written"):
        async with running_server("127.0.0.1", 0, tmp_path):
            pass

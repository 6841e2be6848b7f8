"""Players, games, standings and days, as operators ask for them."""

from datetime import date, timedelta
from pathlib import Path
from typing import get_args

import pytest

from clouds_edges.application.projections import paging
from clouds_edges.application.projections.activity import What
from clouds_edges.application.projections.games import GameState, Result
from clouds_edges.client.admin_connection import AdminConnection, QuestionRefused
from clouds_edges.domain.actors import BotLevel
from clouds_edges.domain.game.commands import Resign
from clouds_edges.domain.ids import MAIN_LOBBY, game_in, game_stream
from clouds_edges.domain.lobby.commands import CancelGame, OpenGame
from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.protocol import admin, admin_answers
from clouds_edges.protocol.admin import (
    MOST_DAYS,
    USUAL_DAYS,
    ForgetPlayer,
    ListGames,
    ListPlayers,
    ListStandings,
    PauseReadModel,
    ShowActivity,
    ShowSystem,
)
from clouds_edges.protocol.admin_answers import DayRow, SeatRow
from clouds_edges.protocol.messages import Accepted
from clouds_edges.rules import Board
from tests.server.guests import SMALL, Guest, House, open_game, started
from tests.server.operators import operating


async def play(house: House) -> tuple[Guest, Guest, StreamName]:
    """Bob, Ann, and the game that Bob has lost to her."""
    bob, ann, game = await house.two_in_a_game()
    assert isinstance(await bob.order(game, Resign()), Accepted)
    return bob, ann, game


async def ids(operator: AdminConnection) -> dict[str | None, str]:
    players = (await operator.ask(ListPlayers())).players
    return {one.name: one.player for one in players}


async def names(operator: AdminConnection, question: ListPlayers) -> list[str | None]:
    return [one.name for one in (await operator.ask(question)).players]


async def games(operator: AdminConnection, question: ListGames) -> list[str]:
    return [one.game for one in (await operator.ask(question)).games]


async def refusal(operator: AdminConnection, question: ListGames | ShowActivity) -> QuestionRefused:
    with pytest.raises(QuestionRefused) as refused:
        await operator.ask(question)
    return refused.value


async def test_players_are_listed_with_what_they_have_reached(tmp_path: Path) -> None:
    async with operating(tmp_path) as (house, operator):
        await play(house)
        page = await operator.ask(ListPlayers())
        ann, bob = page.players
        assert page.next is None
        assert (ann.name, ann.played, ann.won, ann.drawn, ann.lost) == ("Ann", 1, 1, 0, 0)
        assert (bob.name, bob.played, bob.won, bob.drawn, bob.lost) == ("Bob", 1, 0, 0, 1)
        assert bob.signed_up_at is not None
        now = (await operator.ask(ShowSystem())).now
        assert timedelta() <= now - bob.signed_up_at < timedelta(minutes=1)


async def test_players_are_found_by_a_part_of_their_names_page_by_page(tmp_path: Path) -> None:
    async with operating(tmp_path) as (house, operator):
        for name in ("Joanne", "anna", "Ann", "Bob"):
            await house.player(name)
        assert await names(operator, ListPlayers()) == ["Ann", "anna", "Bob", "Joanne"]
        assert await names(operator, ListPlayers(name="AN")) == ["Ann", "anna"]
        assert await names(operator, ListPlayers(name="an", anywhere=True)) == [
            "Ann",
            "anna",
            "Joanne",
        ]
        assert await names(operator, ListPlayers(name="nobody")) == []
        first = await operator.ask(ListPlayers(limit=3))
        assert [one.name for one in first.players] == ["Ann", "anna", "Bob"]
        assert first.next == "Bob"
        assert await names(operator, ListPlayers(after="Bob", limit=3)) == ["Joanne"]


async def test_the_id_that_is_found_is_the_one_to_forget(tmp_path: Path) -> None:
    async with operating(tmp_path) as (house, operator):
        await house.player("Ann")
        ann = (await ids(operator))["Ann"]
        await operator.ask(ForgetPlayer(player=ann))
        assert await ids(operator) == {f"forgotten {ann}": ann}


async def test_the_best_players_come_first(tmp_path: Path) -> None:
    async with operating(tmp_path) as (house, operator):
        assert (await operator.ask(ListStandings())).players == ()
        await play(house)
        best = (await operator.ask(ListStandings())).players
        assert [(one.name, one.won, one.lost) for one in best] == [("Ann", 1, 0), ("Bob", 0, 1)]
        assert (await operator.ask(ListStandings(limit=1))).players == best[:1]
        assert best == (await operator.ask(ListPlayers())).players


async def test_who_is_best_is_told_without_a_name_where_that_is_not_known(tmp_path: Path) -> None:
    async with operating(tmp_path) as (house, operator):
        await operator.ask(PauseReadModel(read_model="players"))
        await play(house)
        best, _ = (await operator.ask(ListStandings())).players
        assert (best.name, best.signed_up_at, best.won) == (None, None, 1)
        assert (await operator.ask(ListPlayers())).players == ()


async def test_a_game_is_listed_with_who_sits_in_it_and_what_came_of_it(tmp_path: Path) -> None:
    async with operating(tmp_path) as (house, operator):
        _, _, stream = await play(house)
        found = await ids(operator)
        (game,) = (await operator.ask(ListGames())).games
        assert (game.game, game.state, game.board) == (game_in(stream), "finished", SMALL)
        assert (game.seats, game.private, game.ending) == (2, False, "resigned")
        assert game.taken == (
            SeatRow(player=found["Ann"], name="Ann", bot=None, boxes=0, result="won"),
            SeatRow(player=found["Bob"], name="Bob", bot=None, boxes=0, result="lost"),
        )
        assert game.started_at is not None
        assert game.ended_at is not None
        assert game.opened_at <= game.started_at <= game.ended_at


async def test_games_are_found_by_what_they_are_and_whose(tmp_path: Path) -> None:
    async with operating(tmp_path) as (house, operator):
        bob, ann, stream = await play(house)
        finished, large = game_in(stream), Board(3, 3)
        live = await open_game(ann, OpenGame(large, bots=(BotLevel.GREEDY,)))
        await started(ann, game_stream(live))
        private = await open_game(bob, OpenGame(SMALL, private=True))
        cancelled = await open_game(bob, OpenGame(large))
        assert isinstance(await bob.order(MAIN_LOBBY, CancelGame(cancelled)), Accepted)
        found = await ids(operator)
        anns, bobs = found["Ann"], found["Bob"]
        for question, expected in (
            (ListGames(), [cancelled, private, live, finished]),
            (ListGames(state="open"), [private]),
            (ListGames(state="live"), [live]),
            (ListGames(state="finished"), [finished]),
            (ListGames(state="cancelled"), [cancelled]),
            (ListGames(state="expired"), []),
            (ListGames(board=large), [cancelled, live]),
            (ListGames(board=large, state="live"), [live]),
            (ListGames(player=anns), [live, finished]),
            (ListGames(player=anns, opponent=bobs), [finished]),
            (ListGames(player=anns, opponent="bot-greedy"), [live]),
            (ListGames(player="bot-greedy"), [live]),
            (ListGames(player="bot-random"), []),
            (ListGames(player=anns, result="won"), [finished]),
            (ListGames(player=anns, result="drawn"), []),
            (ListGames(player=bobs, result="lost"), [finished]),
        ):
            assert await games(operator, question) == expected, question


async def test_games_are_listed_page_by_page(tmp_path: Path) -> None:
    async with operating(tmp_path) as (house, operator):
        ann = await house.player("Ann")
        opened = [await open_game(ann, OpenGame(SMALL)) for _ in range(3)]
        first = await operator.ask(ListGames(limit=2))
        rest = await operator.ask(ListGames(limit=2, page=first.next))
        listed = [one.game for one in (*first.games, *rest.games)]
        assert (len(first.games), rest.next) == (2, None)
        assert listed == opened[::-1]
        told = await refusal(operator, ListGames(page="7"))
        assert (told.code, "'7' is no cursor" in told.sentence) == ("unknown_cursor", True)


async def test_who_is_not_known_is_told(tmp_path: Path) -> None:
    async with operating(tmp_path) as (house, operator):
        await house.player("Ann")
        ann = (await ids(operator))["Ann"]
        for question in (ListGames(player="Ann"), ListGames(player=ann, opponent="Ann")):
            told = await refusal(operator, question)
            assert told.code == "no_such_player"
            assert "no player with the id 'Ann'" in told.sentence
            assert "bots are bot-random, bot-greedy, bot-chains" in told.sentence
        for question in (ListGames(opponent=ann), ListGames(result="won")):
            assert (await refusal(operator, question)).code == "no_player_named"


async def test_what_went_on_is_told_by_the_day(tmp_path: Path) -> None:
    async with operating(tmp_path) as (house, operator):
        await play(house)
        today = (await operator.ask(ShowSystem())).now.date()
        days = (await operator.ask(ShowActivity())).days
        assert len(days) == USUAL_DAYS
        assert [one.day for one in days] == sorted(one.day for one in days)
        assert days[-1].day == today
        counted = [one.model_dump(exclude={"day"}) for one in days]
        assert sum(one["sign_ups"] for one in counted) == 2
        assert sum(one["games_ended"] for one in counted) == 1
        assert counted[0] == dict.fromkeys(What, 0)


async def test_days_are_asked_for_by_the_first_and_the_last(tmp_path: Path) -> None:
    async with operating(tmp_path) as (_, operator):

        async def between(since: date | None, until: date | None) -> tuple[date, date, int]:
            days = (await operator.ask(ShowActivity(since=since, until=until))).days
            return days[0].day, days[-1].day, len(days)

        day = date(2024, 2, 29)
        today = (await operator.ask(ShowSystem())).now.date()
        assert await between(day, day) == (day, day, 1)
        assert await between(None, day) == (date(2024, 2, 16), day, USUAL_DAYS)
        assert await between(today - timedelta(2), None) == (today - timedelta(2), today, 3)
        assert await between(day, date(2025, 2, 28)) == (day, date(2025, 2, 28), MOST_DAYS)
        assert await between(None, date(1, 1, 2)) == (date.min, date(1, 1, 2), 2)
        assert await between(None, date.max) == (date(9999, 12, 18), date.max, USUAL_DAYS)

        told = await refusal(operator, ShowActivity(since=day, until=date(2024, 2, 28)))
        assert (told.code, "2024-02-29, is behind" in told.sentence) == ("no_such_days", True)
        told = await refusal(operator, ShowActivity(since=day, until=date(2025, 3, 1)))
        assert (told.code, "more than 366 days" in told.sentence) == ("too_many_days", True)


def test_questions_and_read_models_speak_of_the_same() -> None:
    assert get_args(admin_answers.GameState) == (*GameState,)
    assert get_args(admin_answers.Result) == (*Result,)
    assert {"day", *What} == {*DayRow.model_fields}
    assert admin.MOST_ROWS <= paging.MOST_ROWS

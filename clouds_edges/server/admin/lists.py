"""The operator's lists of players, games and days, out of the read models."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Final

from clouds_edges.application.projections.activity import Activity, What, activity_between
from clouds_edges.application.projections.game_lists import GameFilter, SeatedIn, list_games
from clouds_edges.application.projections.games import Games, GameState, Result
from clouds_edges.application.projections.players import (
    Match,
    Players,
    players_by_id,
    search_players,
)
from clouds_edges.application.projections.standings import (
    Standing,
    Standings,
    best_standings,
    standings_by_id,
)
from clouds_edges.domain.actors import BotLevel, bot_seat
from clouds_edges.domain.ids import PlayerId
from clouds_edges.eventsourcing.decider import Refused
from clouds_edges.protocol.admin import MOST_DAYS, USUAL_DAYS
from clouds_edges.protocol.admin_answers import (
    ActivityIs,
    DayRow,
    GameRow,
    GamesPage,
    PlayerRow,
    PlayersPage,
    SeatRow,
    StandingsAre,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from clouds_edges.application.projections.game_lists import ListedGame, SeatTaken
    from clouds_edges.application.projections.players import KnownPlayer
    from clouds_edges.application.system import System
    from clouds_edges.protocol.admin import ListGames, ListPlayers, ListStandings, ShowActivity

_BOTS: Final = tuple(bot_seat(level).player.id for level in BotLevel)


class NoSuchPlayer(Refused):
    """Nobody has this id."""

    code = "no_such_player"


class NoPlayerNamed(Refused):
    """It is not said whose opponent or result is meant."""

    code = "no_player_named"


class NoSuchDays(Refused):
    """The first day is behind the last."""

    code = "no_such_days"


class TooManyDays(Refused):
    """There are more days than are told of at once."""

    code = "too_many_days"


class ListsView:
    """Answers the questions about players, games and days."""

    def __init__(self, system: System, now: Callable[[], datetime]) -> None:
        self._system = system
        self._now = now

    async def players(self, asked: ListPlayers) -> PlayersPage:
        """A page of players by name, each with a standing."""
        match = Match.CONTAINS if asked.anywhere else Match.PREFIX
        query = partial(
            search_players, text=asked.name, match=match, after=asked.after, limit=asked.limit
        )
        page = await self._system.read_model(Players.name).read(query)
        query_standings = partial(standings_by_id, players=[one.player.id for one in page.rows])
        standings = await self._system.read_model(Standings.name).read(query_standings)
        rows = (_player_row(one.player.id, one, standings.get(one.player.id)) for one in page.rows)
        return PlayersPage(players=tuple(rows), next=page.next)

    async def standings(self, asked: ListStandings) -> StandingsAre:
        """The best players; bots do not count."""
        query = partial(best_standings, limit=asked.limit)
        best = await self._system.read_model(Standings.name).read(query)
        query_players = partial(players_by_id, ids=[player for player, _ in best])
        known = await self._system.read_model(Players.name).read(query_players)
        rows = (_player_row(player, known.get(player), standing) for player, standing in best)
        return StandingsAre(players=tuple(rows))

    async def games(self, asked: ListGames) -> GamesPage:
        """A page of games, private ones among them.

        Raises:
            NoSuchPlayer: See there.
            NoPlayerNamed: See there.
            UnknownCursor: The page is none that an answer named.
        """
        wanted = GameFilter(
            states=frozenset(GameState if asked.state is None else [GameState(asked.state)]),
            board=asked.board,
            seated=await self._seated(asked),
        )
        query = partial(
            list_games, wanted=wanted, viewer=None, cursor=asked.page, limit=asked.limit
        )
        page = await self._system.read_model(Games.name).read(query)
        return GamesPage(games=tuple(map(_game_row, page.rows)), next=page.next)

    async def activity(self, asked: ShowActivity) -> ActivityIs:
        """How often what happened, day by day.

        Raises:
            NoSuchDays: See there.
            TooManyDays: See there.
        """
        first, last = _days(asked, self._now().date())
        query = partial(activity_between, first=first, last=last)
        found = await self._system.read_model(Activity.name).read(query)
        counts = {one.day: one.counts for one in found}
        days = map(date.fromordinal, range(first.toordinal(), last.toordinal() + 1))
        return ActivityIs(days=tuple(_day_row(day, counts.get(day, {})) for day in days))

    async def _seated(self, asked: ListGames) -> SeatedIn | None:
        """Whose games are wanted; None if it does not matter."""
        if asked.player is None:
            if asked.opponent is not None or asked.result is not None:
                message = "an opponent or a result is that of a player: say of which"
                raise NoPlayerNamed(message)
            return None
        return SeatedIn(
            await self._player(asked.player),
            None if asked.opponent is None else await self._player(asked.opponent),
            None if asked.result is None else Result(asked.result),
        )

    async def _player(self, named: str) -> PlayerId:
        player = PlayerId(named)
        if player not in _BOTS and await self._system.player(player) is None:
            message = (
                f"there is no player with the id {named!r}: "
                f"the list of players says who has which, and bots are {', '.join(_BOTS)}"
            )
            raise NoSuchPlayer(message)
        return player


def _days(asked: ShowActivity, today: date) -> tuple[date, date]:
    """The first and the last day that are asked for."""
    last = today if asked.until is None else asked.until
    usual = date.fromordinal(max(last.toordinal() - USUAL_DAYS, 0) + 1)
    first = usual if asked.since is None else asked.since
    if first > last:
        message = f"the first day, {first}, is behind the last one, {last}"
        raise NoSuchDays(message)
    if (last - first).days >= MOST_DAYS:
        message = f"from {first} to {last} are more than {MOST_DAYS} days: ask for fewer at once"
        raise TooManyDays(message)
    return first, last


def _player_row(
    player: PlayerId, known: KnownPlayer | None, standing: Standing | None
) -> PlayerRow:
    reached = standing or Standing()
    return PlayerRow(
        player=player,
        name=None if known is None else known.player.name,
        signed_up_at=None if known is None else known.signed_up_at,
        played=reached.played,
        won=reached.won,
        drawn=reached.drawn,
        lost=reached.lost,
        boxes=reached.boxes,
    )


def _game_row(game: ListedGame) -> GameRow:
    return GameRow(
        game=game.game,
        state=game.state.value,
        board=game.board,
        seats=game.seats,
        private=game.private,
        taken=tuple(map(_seat_row, game.taken)),
        opened_at=game.opened_at,
        started_at=game.started_at,
        ended_at=game.ended_at,
        ending=None if game.ending is None else game.ending.value,
    )


def _seat_row(taken: SeatTaken) -> SeatRow:
    return SeatRow(
        player=taken.seat.player.id,
        name=taken.seat.player.name,
        bot=None if taken.seat.bot is None else taken.seat.bot.value,
        boxes=taken.boxes,
        result=None if taken.result is None else taken.result.value,
    )


def _day_row(day: date, counts: Mapping[What, int]) -> DayRow:
    return DayRow(
        day=day,
        sign_ups=counts.get(What.SIGN_UPS, 0),
        games_opened=counts.get(What.GAMES_OPENED, 0),
        games_started=counts.get(What.GAMES_STARTED, 0),
        games_ended=counts.get(What.GAMES_ENDED, 0),
        lines_drawn=counts.get(What.LINES_DRAWN, 0),
    )

"""One game: the board, whose turn it is, and what has happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Footer

from clouds_edges.client import wording
from clouds_edges.client.follow import followed
from clouds_edges.client.forgotten import game_without
from clouds_edges.client.openings import again
from clouds_edges.client.screens.client_screen import ClientScreen
from clouds_edges.client.screens.questions import Confirmation
from clouds_edges.client.waiting import (
    REQUESTS,
    answerable,
    draw_question,
    is_playing,
    is_waiting,
    notice,
    requests,
    times_left,
)
from clouds_edges.client.widgets.board_geometry import canvas_size
from clouds_edges.client.widgets.board_view import RIM, BoardView
from clouds_edges.client.widgets.connection_light import light, mark
from clouds_edges.client.widgets.glyphs import UNICODE_GLYPHS, Glyphs
from clouds_edges.client.widgets.score_words import seat_row, seats_in_one_row, shares
from clouds_edges.client.widgets.words import Words
from clouds_edges.domain.game import events as game_events
from clouds_edges.domain.game.commands import (
    AcceptDraw,
    ClaimGame,
    DeclineDraw,
    DrawLine,
    OfferDraw,
    Resign,
)
from clouds_edges.domain.game.decider import GAME_DECIDER
from clouds_edges.domain.ids import MAIN_LOBBY, game_stream
from clouds_edges.rules import MAX_SEATS, Position, format_board

if TYPE_CHECKING:
    from datetime import datetime

    from textual import events
    from textual.app import ComposeResult

    from clouds_edges.client.connection import Connection
    from clouds_edges.client.server_view import ServerView
    from clouds_edges.domain.game.state import Game
    from clouds_edges.domain.ids import GameId, PlayerId
    from clouds_edges.domain.lobby.commands import OpenGame
    from clouds_edges.protocol.messages import FrozenIs, Happened
    from clouds_edges.rules import Board, Line

SIDE_WIDTH: Final = 28
_SIDE_TEXT_WIDTH: Final = SIDE_WIDTH - 2
_TICK_SECONDS: Final = 0.25
_WAITING: Final = "Waiting for the game to begin"


class GameScreen(ClientScreen):
    """Folds the events of one game, and sends the lines that are chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "app.pop_screen", "Back", id="game.back"),
        Binding("ctrl+n", "again", "Play again", id="game.again"),
        Binding("ctrl+w", "claim", "Claim", id="game.claim"),
        Binding("ctrl+d", "agree_draw", "Agree draw", id="game.agree-draw"),
        Binding("ctrl+x", "decline_draw", "Decline", id="game.decline-draw"),
        Binding("ctrl+d", "offer_draw", "Offer draw", id="game.offer-draw"),
        Binding("ctrl+r", "resign", "Resign", id="game.resign"),
    ]
    HELP = """\
Board
  arrows, hjkl  go from line to line
  Tab           next free line (Shift+Tab: previous)
  Enter, space  draw the line under the cursor
  b3h           type column, row, h or v; then Enter
                (columns h j k l: type a capital)
  mouse         point at a line and click
  Ctrl+R        resign
  Ctrl+D        offer to end the game as a draw,
                or agree to it
  Ctrl+X        decline the draw that is offered
  Ctrl+W        claim the game when nobody comes back
  Ctrl+N        play again, when nobody must be asked
  Esc           back; the game goes on"""

    def __init__(
        self,
        connection: Connection,
        view: ServerView,
        game: GameId,
        board: Board,
        *,
        glyphs: Glyphs = UNICODE_GLYPHS,
    ) -> None:
        super().__init__(connection, view)
        self.game_id = game
        self.stream = game_stream(game)
        self._board = board
        self._glyphs = glyphs
        self._game: Game | None = None
        self._said = ""
        self._notice = ""
        self._offers: tuple[bool | frozenset[str], ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether the game has ended."""
        return self._game is not None and self._game.outcome is not None

    def compose(self) -> ComposeResult:
        """The board with a panel to its right, or, where there is no room, words above."""
        with Vertical(id="above"):
            yield Words(id="scores")
            yield Words(id="words")
        with Horizontal(id="play"):
            yield BoardView(Position.start(self._board), glyphs=self._glyphs)
            with Vertical(id="side"):
                for seat in range(MAX_SEATS):
                    yield Words(id=f"seat-{seat}", classes="row")
                yield Words(id="shares", classes="row")
                yield Words(id="turn")
                yield Words(id="said")
                yield Words(id="pointed")
                yield Words(id="light")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Ask for the game from its beginning, and follow the cursor in words."""
        self.connection.watch(self.stream)
        board = self._board_view
        self.watch(board, "cursor", self._show_pointed, init=False)
        self.watch(board, "typed", self._show_pointed, init=False)
        self.set_interval(_TICK_SECONDS, self._show_time)
        self._show()

    def on_unmount(self) -> None:
        """Be told no more."""
        self.connection.unwatch(self.stream)

    def on_resize(self, event: events.Resize) -> None:
        """Put the words where they take no room from the board."""
        board_width = canvas_size(self._board)[0] + RIM.x
        self.set_class(event.size.width < board_width + SIDE_WIDTH, "narrow")
        if self.is_mounted:
            self._show()

    def watch_view(self) -> None:
        """Show the connection, and no name that was forgotten."""
        if self._game is not None:
            game = game_without(self._game, self.view.forgotten)
            self._said = self._said if game == self._game else ""
            self._game = game
        if self.is_mounted:
            self._show()

    def take(self, happened: Happened) -> None:
        """Follow the events of this game."""
        was_mine = self._is_my_turn
        for told in happened.events:
            if isinstance(told.event, game_events.Event):
                self._follow(told.event)
        if not self.is_mounted:
            return
        if self._is_my_turn and not was_mine and not self.app.app_focus:
            self.app.bell()
        self._show()

    def start_anew(self) -> None:
        """Forget what was told: it is told again from the beginning."""
        self._game, self._said = None, ""
        if self.is_mounted:
            self._board_view.pending = None
            self._board_view.position, self._board_view.last_line = (
                Position.start(self._board),
                None,
            )
            self._show()

    def on_board_view_line_chosen(self, event: BoardView.LineChosen) -> None:
        """Send the line, unless it is clear that it cannot be drawn."""
        if self.player_id is None:
            return
        reason = wording.why_not(self._game, event.line, self.player_id)
        if reason is None and self._board_view.pending is not None:
            reason = f"{self._board_view.pending} is on its way to the server"
        if reason is not None:
            self.notify(reason, severity="warning", markup=False, timeout=3)
            return
        self._board_view.pending = event.line
        self.app.run_worker(self._draw(event.line))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what can be done now."""
        del parameters
        if action == "resign":
            return self._may_play
        if action == "again":
            return self._again is not None
        if action in REQUESTS:
            return action in self._requests
        return True

    async def action_resign(self) -> None:
        """Ask once, then resign."""
        question = "Resign this game? Your boxes stay, but you cannot win it any more."
        await self.app.push_screen(Confirmation(question, "Resign", "Play on"), self._resign)

    def action_claim(self) -> None:
        """Wait no longer for who is away."""
        self.give(self.stream, ClaimGame())

    async def action_offer_draw(self) -> None:
        """Ask once, then offer a draw."""
        await self.action_agree_draw()

    async def action_agree_draw(self) -> None:
        """Ask once, then accept the draw that is offered now; if none is, offer one.

        That is all it takes where one player speaks for every seat.
        """
        game, player = self._game, self.player_id
        if game is None or player is None:
            return
        offer = answerable(game, player)
        command = OfferDraw() if offer is None else AcceptDraw(offer.id)
        question, yes = draw_question(game, player)

        def answered(is_sure: bool | None) -> None:  # noqa: FBT001 - Textual's way to answer
            if is_sure:
                self.give(self.stream, command)

        await self.app.push_screen(Confirmation(question, yes, "Play on"), answered)

    def action_decline_draw(self) -> None:
        """Play on in spite of the offer."""
        game, player = self._game, self.player_id
        offer = None if game is None or player is None else answerable(game, player)
        if offer is not None:
            self.give(self.stream, DeclineDraw(offer.id))

    def action_again(self) -> None:
        """Open the same game once more."""
        if self._again is not None:
            self.give(MAIN_LOBBY, self._again)

    @property
    def _board_view(self) -> BoardView:
        return self.query_one(BoardView)

    @property
    def _may_play(self) -> bool:
        """Whether it is for this reader to draw lines, now or when it is their turn."""
        game, player = self._game, self.player_id
        if game is None or player is None or self._frozen is not None:
            return False
        return is_playing(game, player)

    @property
    def _is_my_turn(self) -> bool:
        game = self._game
        return game is not None and not self.is_over and game.to_draw.id == self.player_id

    @property
    def _frozen(self) -> FrozenIs | None:
        """Why nobody can draw in this game, and since when."""
        return None if self.is_over else self.view.frozen

    @property
    def _now(self) -> datetime | None:
        """What time it is in the game: none passes while the server is frozen."""
        return self.connection.server_now if self._frozen is None else self._frozen.since

    @property
    def _again(self) -> OpenGame | None:
        if self._game is None or self.player_id is None or not self.is_over:
            return None
        if self.view.frozen is not None:
            return None
        return again(self._game, self.player_id)

    @property
    def _requests(self) -> frozenset[str]:
        if self._game is None or self.player_id is None or self._frozen is not None:
            return frozenset()
        return requests(self._game, self.player_id)

    async def _draw(self, line: Line) -> None:
        if not await self.order(self.stream, DrawLine(line)) and self.is_attached:
            self._board_view.pending = None

    def _resign(self, is_sure: bool | None) -> None:  # noqa: FBT001 - Textual's way to answer
        if is_sure:
            self.give(self.stream, Resign())

    def _follow(self, event: game_events.Event) -> None:
        if self.player_id is not None and not isinstance(event, game_events.GameEnded):
            said = wording.what_happened(self._game, event, self.player_id)
            self._said = self._said if said is None else said
        game = followed(GAME_DECIDER, self._game, event)
        self._game = None if game is None else game_without(game, self.view.forgotten)

    def _show(self) -> None:
        """Hand the state down to the widgets."""
        board = self._board_view
        board.may_draw = self._may_play
        self._offer(self._may_play, self._again is not None, self._requests)
        self._say("light", light(self.view, online=format_board(self._board)))
        game, player = self._game, self.player_id
        if game is None or player is None:
            self._say("turn", _WAITING)
            self._say("words", Content.assemble(mark(self.view), _WAITING))
            return
        if board.pending is not None and game.position.is_drawn(board.pending):
            board.pending = None
        board.position = game.position
        board.last_line = game.last_line
        self._show_scores(game)
        self._show_words(game, player)
        self.set_class(self._is_my_turn and self._frozen is None, "my-turn")

    def _offer(self, *offers: bool | frozenset[str]) -> None:
        """Follow in the footer what can be done, when that has changed."""
        if offers != self._offers:
            self._offers = offers
            self.refresh_bindings()

    def _show_time(self) -> None:
        """Let the clocks and the countdowns go on."""
        if self._game is not None and self.player_id is not None and is_waiting(self._game):
            self._show_scores(self._game)
            self._show_words(self._game, self.player_id)

    def _show_scores(self, game: Game) -> None:
        times = times_left(game, self._now)
        for seat in range(MAX_SEATS):
            self.query_one(f"#seat-{seat}").display = seat < len(game.seats)
        for seat, time in enumerate(times):
            self._say(f"seat-{seat}", seat_row(game, seat, _SIDE_TEXT_WIDTH, time))
        self._say("shares", shares(game, _SIDE_TEXT_WIDTH))
        self._say("scores", seats_in_one_row(game, self.size.width - 2, times))

    def _show_words(self, game: Game, player: PlayerId) -> None:
        self._say("turn", self._turn(game, player))
        self._notice = notice(game, player, self._now)
        warned = Content.styled(self._notice, "$text-warning bold")
        self._say("said", warned if self._notice else self._said)
        self._show_pointed()

    def _show_pointed(self) -> None:
        """Say in words what the cursor is on; in a narrow terminal only what is typed."""
        board, player = self._board_view, self.player_id
        pointed = wording.pointed_at(self._game, board.cursor, board.typed)
        self._say("pointed", pointed)
        if self._game is not None and player is not None:
            second = pointed if board.typed else self._beside_turn
            turn = self._turn(self._game, player)
            self._say("words", Content.assemble(mark(self.view), turn, "  ", second))

    @property
    def _beside_turn(self) -> str:
        """What there is to say in a narrow terminal behind `_turn`."""
        if self._frozen is not None:
            return self._frozen.reason or ""
        return "" if self.is_over else self._notice or self._said

    def _turn(self, game: Game, player: PlayerId) -> Content:
        """Whose turn it is; not while nobody can draw."""
        words = wording.turn(game, player) if self._frozen is None else wording.FROZEN
        return Content.styled(words, "bold")

    def _say(self, name: str, words: str | Content) -> None:
        self.query_one(f"#{name}", Words).say(words)

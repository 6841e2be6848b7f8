from clouds_edges.client.receipts import MOST_STREAMS, Receipts
from clouds_edges.client.streams import HistoryLost, Step, Streams
from clouds_edges.domain.actors import BotLevel, Player, Seat, bot_seat
from clouds_edges.domain.game.commands import DrawLine, Resign
from clouds_edges.domain.game.events import GameStarted, LineDrawn
from clouds_edges.domain.ids import MAIN_LOBBY, GameId, PlayerId, game_stream
from clouds_edges.domain.lobby.state import Lobby
from clouds_edges.eventsourcing.decider import CommandId, StreamName
from clouds_edges.protocol.messages import (
    MOST_RECEIPTS,
    Accepted,
    CheckReceipts,
    Duplicate,
    Event,
    GiveOrder,
    Happened,
    HistoryDiffers,
    LobbyIs,
    Receipt,
    Told,
    Unwatch,
    Watch,
)
from clouds_edges.rules import Board, parse_line
from tests.scenario import NOON

GAME = game_stream(GameId("0123456789ab"))
ID = CommandId("mine")
ANN = Player(PlayerId("ann"), "Ann", "🐘", "#8fbf5a")
STARTED = GameStarted(
    Board(3, 3), private=False, seats=(Seat(ANN), bot_seat(BotLevel.GREEDY)), first=0
)
LINES = ("a1h", "a2h", "a3h", "a4h")


def head(version: int, history: str = "0") -> str:
    return f"{history}{version:063x}"


def event(version: int) -> Event:
    return STARTED if version == 1 else LineDrawn(version % 2, parse_line(LINES[version - 2]))


def told(*versions: int, history: str = "0", up_to: int = 0) -> Happened:
    """What a server says that is at the last of these versions."""
    events = tuple(Told(version=one, at=NOON, by="ann", event=event(one)) for one in versions)
    last = versions[-1] if versions else up_to
    return Happened(stream=GAME, version=last, events=events, head=head(last, history))


def accepted(version: int, line: str = "", history: str = "0") -> tuple[GiveOrder, Accepted]:
    command = DrawLine(parse_line(line)) if line else Resign()
    order = GiveOrder(id=ID, stream=GAME, command=command)
    return order, Accepted(id=ID, stream=GAME, version=version, head=head(version, history))


def watching(*versions: int) -> Streams:
    """Somebody who watches the game and was told so much of it."""
    streams = Streams(Receipts())
    streams.watch(GAME)
    if versions:
        streams.happened(told(*versions))
    return streams


def differs(shown: int, has: int) -> HistoryDiffers:
    """What a server says when it is shown a receipt."""
    receipt = Receipt(stream=GAME, version=shown, head=head(shown))
    return HistoryDiffers(receipt=receipt, version=has, sentence="less")


def test_what_is_told_is_handed_on_once_and_in_order() -> None:
    streams = watching()
    assert streams.happened(told(1, 2)) == Step((told(1, 2),))
    assert streams.happened(told(2, 3)) == Step((told(3),))
    assert streams.happened(told(2, 3)) == Step((told(3).model_copy(update={"events": ()}),))


def test_over_a_gap_what_is_missing_is_asked_for() -> None:
    streams = watching(1)
    wish = Watch(stream=GAME, after=1, head=head(1))
    assert streams.happened(told(3)) == Step(wishes=(wish,))
    assert streams.happened(told(up_to=3)) == Step(wishes=(wish,))


def test_what_is_not_watched_is_not_heard() -> None:
    streams = watching(1)
    assert streams.unwatch(GAME) == (Unwatch(stream=GAME),)
    assert streams.unwatch(GAME) == ()
    assert streams.happened(told(2)) == Step()
    assert streams.lobby_is(LobbyIs(stream=MAIN_LOBBY, version=3, lobby=Lobby())) == Step()


def test_who_comes_back_goes_on_from_where_it_was() -> None:
    streams = watching(1, 2)
    streams.watch(MAIN_LOBBY)
    streams.lobby_is(LobbyIs(stream=MAIN_LOBBY, version=7, lobby=Lobby()))
    assert streams.resume() == (
        Watch(stream=GAME, after=2, head=head(2)),
        Watch(stream=MAIN_LOBBY, after=7),
    )


def test_who_comes_back_shows_what_a_watch_does_not() -> None:
    streams = watching(1, 2)
    streams.answered(*accepted(3, "a2h"))
    receipt = Receipt(stream=GAME, version=3, head=head(3))
    wish = Watch(stream=GAME, after=2, head=head(2))
    assert streams.resume() == (CheckReceipts(receipts=(receipt,)), wish)


def test_receipts_are_shown_in_as_many_messages_as_they_need() -> None:
    receipts = Receipts()
    for number in range(MOST_STREAMS):
        receipts.keep(StreamName(f"game/{number}"), 1, head(1))
    sizes = [
        len(wish.receipts) for wish in Streams(receipts).resume() if isinstance(wish, CheckReceipts)
    ]
    assert sizes == [MOST_RECEIPTS] * (MOST_STREAMS // MOST_RECEIPTS)


def test_who_watches_again_shows_the_receipt_first() -> None:
    streams = watching(1, 2)
    receipt = Receipt(stream=GAME, version=2, head=head(2))
    assert streams.watch(GAME) == (CheckReceipts(receipts=(receipt,)), Watch(stream=GAME))


def test_lost_history_is_said_once_and_told_from_the_beginning() -> None:
    streams = watching(1, 2, 3)
    lost = HistoryLost(GAME, "3x3 boxes", had=3, has=2)
    assert streams.differs(differs(3, 2)) == Step((lost,), (Watch(stream=GAME),))
    assert streams.differs(differs(3, 2)) == Step()
    assert streams.resume() == (Watch(stream=GAME),)
    assert streams.happened(told(1, 2)) == Step((told(1, 2),))
    assert streams.differs(differs(3, 2)) == Step()  # the answer to what was asked before


def test_what_is_on_its_way_from_before_is_not_taken_for_the_beginning() -> None:
    streams = watching(1, 2)
    streams.answered(*accepted(3, "a2h"))
    streams.differs(differs(3, 2))
    assert streams.happened(told(up_to=2)) == Step(wishes=(Watch(stream=GAME),))
    assert streams.happened(told(3)) == Step(wishes=(Watch(stream=GAME),))
    assert streams.happened(told(1, 2)) == Step((told(1, 2),))


def test_of_a_stream_that_is_not_watched_it_is_only_said() -> None:
    streams = watching(1, 2)
    streams.unwatch(GAME)
    (lost,) = streams.differs(differs(2, 0)).news
    assert lost == HistoryLost(GAME, "3x3 boxes", had=2, has=0)
    assert streams.resume() == ()


def test_what_a_server_says_of_streams_nobody_knows_is_no_loss() -> None:
    assert Streams(Receipts()).differs(differs(1, 0)) == Step()
    assert watching().differs(differs(1, 0)) == Step()
    assert watching(1, 2).differs(differs(1, 0)) == Step()


def test_a_line_that_was_accepted_and_is_behind_the_end_is_named() -> None:
    streams = watching(1, 2)
    streams.answered(*accepted(3, "a2h"))
    streams.happened(told(3, 4))
    (lost,) = streams.differs(differs(4, 2)).news
    assert isinstance(lost, HistoryLost)
    assert (lost.had, lost.has, lost.line) == (4, 2, "a2h")


def test_a_line_that_may_be_there_is_named_once_it_is_found_missing() -> None:
    streams = watching(1)
    streams.answered(*accepted(2, "c1v"))
    (lost,) = streams.differs(differs(2, 3)).news
    assert isinstance(lost, HistoryLost)
    assert lost.line == ""
    more, news = streams.happened(told(1, 2, 3, history="f")).news
    assert more == HistoryLost(GAME, lost.title, had=2, has=3, line="c1v")
    assert news == told(1, 2, 3, history="f")


def test_a_line_that_is_still_there_is_not_called_missing() -> None:
    streams = watching(1)
    streams.answered(*accepted(2, "a1h"))
    streams.differs(differs(2, 3))
    assert streams.happened(told(1, 2, 3, history="f")).news == (told(1, 2, 3, history="f"),)


def test_an_acknowledged_order_that_is_no_line_names_none() -> None:
    streams = watching(1)
    streams.answered(*accepted(2))
    (lost,) = streams.differs(differs(2, 1)).news
    assert isinstance(lost, HistoryLost)
    assert (lost.had, lost.line) == (2, "")


def test_a_server_that_went_back_without_a_word_is_noticed() -> None:
    """One without receipts: it answers a wish to go on from version 3 with its own end."""
    streams = watching(1, 2, 3)
    lost = HistoryLost(GAME, "3x3 boxes", had=3, has=2)
    silent = told(up_to=2).model_copy(update={"head": None})
    assert streams.happened(silent) == Step((lost,), (Watch(stream=GAME),))


def test_a_server_without_heads_that_went_back_is_noticed_too() -> None:
    streams = watching()
    streams.happened(told(1, 2).model_copy(update={"head": None}))
    silent = told(up_to=1).model_copy(update={"head": None})
    assert streams.happened(silent).news == (HistoryLost(GAME, "", had=2, has=1),)


def test_another_head_at_the_same_version_is_noticed_wherever_it_comes_from() -> None:
    for streams in (watching(1, 2), watching(1, 2)):
        assert streams.happened(told(up_to=2)).news == (told(up_to=2),)
    (lost,) = watching(1, 2).happened(told(up_to=2, history="f")).news
    assert isinstance(lost, HistoryLost)
    (lost,) = watching(1, 2).answered(*accepted(2, "a1h", history="f")).news
    assert isinstance(lost, HistoryLost)


def test_an_answer_that_comes_late_is_no_contradiction() -> None:
    streams = watching(1, 2, 3)
    assert streams.answered(*accepted(2, "a1h")) == Step()
    assert streams.resume() == (Watch(stream=GAME, after=3, head=head(3)),)


def test_the_first_answer_given_again_is_kept_where_nothing_newer_is() -> None:
    streams = Streams(Receipts())
    order, answer = accepted(3, "a2h")
    again = Duplicate(id=ID, stream=GAME, version=3, head=answer.head)
    assert streams.answered(order, again) == Step()
    receipt = Receipt(stream=GAME, version=3, head=head(3))
    assert streams.resume() == (CheckReceipts(receipts=(receipt,)),)

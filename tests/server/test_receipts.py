from pathlib import Path

import pytest

from clouds_edges.domain.ids import MAIN_LOBBY, PLAYERS
from clouds_edges.domain.lobby.commands import AcceptInvite, OpenGame
from clouds_edges.domain.players.commands import Rename
from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.protocol.messages import (
    LARGEST_VERSION,
    MOST_RECEIPTS,
    Accepted,
    AskRecord,
    CheckReceipts,
    Happened,
    HistoryDiffers,
    Receipt,
    RecordIs,
    Refused,
    Watch,
)
from tests.server.guests import SMALL, Guest, draw, open_game, serving, started

BOGUS = "0" * 64


async def check(guest: Guest, *receipts: Receipt) -> list[HistoryDiffers]:
    """What the server says about receipts."""
    await guest.say(CheckReceipts(receipts=receipts))
    await guest.say(AskRecord())
    await guest.next(RecordIs)
    found = [one for one in guest.unread if isinstance(one, HistoryDiffers)]
    for one in found:
        guest.unread.remove(one)
    return found


def receipt(answer: Accepted | Happened) -> Receipt:
    assert answer.head is not None
    return Receipt(stream=answer.stream, version=answer.version, head=answer.head)


async def accepted(guest: Guest, game: StreamName, line: str) -> Accepted:
    answer = await guest.order(game, draw(line))
    assert isinstance(answer, Accepted)
    return answer


async def test_what_is_told_of_a_game_comes_with_the_head_that_is_acknowledged(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path) as house:
        bob, ann, game = await house.two_in_a_game()
        answer = await accepted(bob, game, "a1h")
        news = await bob.next(Happened, lambda one: one.version == answer.version)
        whole = await ann.watch(game)
        nothing_new = await ann.watch(game, after=2)
    for told in (news, whole, nothing_new):
        assert isinstance(told, Happened)
        assert (told.version, told.head) == (2, answer.head)


async def test_a_game_that_has_not_begun_has_no_head(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        ann = await house.player("Ann")
        told = await ann.watch(StreamName(f"game/{await open_game(ann, OpenGame(SMALL))}"))
        assert isinstance(told, Happened)
        assert (told.version, told.head) == (0, None)


async def test_what_happens_in_the_lobby_comes_without_a_head(tmp_path: Path) -> None:
    """With the head and the rest of the event, an invite of 30 bits could be tried out."""
    async with serving(tmp_path) as house:
        ann, cyd = await house.player("Ann"), await house.player("Cyd")
        await cyd.lobby()
        await ann.order(MAIN_LOBBY, OpenGame(SMALL, private=True))
        assert (await cyd.next(Happened)).head is None


async def test_right_receipts_are_not_answered_however_old_they_are(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        bob, ann, game = await house.two_in_a_game()
        kept = [receipt(await accepted(bob, game, "a1h"))]
        kept.append(receipt(await accepted(ann, game, "a2h")))
        for stream, command in ((PLAYERS, Rename("Roberta")), (MAIN_LOBBY, OpenGame(SMALL))):
            answer = await bob.order(stream, command)
            assert isinstance(answer, Accepted)
            kept.append(receipt(answer))
        assert await check(bob, *kept) == []
        token = bob.token
    async with serving(tmp_path) as house:  # with nothing in memory, from the disk
        bob = await house.player(token=token)
        assert await check(bob, *kept) == []


async def test_a_receipt_of_what_is_not_there_is_answered_with_what_is(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        bob, _, game = await house.two_in_a_game()
        kept = receipt(await accepted(bob, game, "a1h"))
        wrong = [
            kept.model_copy(update={"head": BOGUS}),
            kept.model_copy(update={"version": 1}),
            kept.model_copy(update={"version": 3}),
            kept.model_copy(update={"version": LARGEST_VERSION}),
            kept.model_copy(update={"stream": "game/none"}),
            kept.model_copy(update={"stream": "chess/1"}),
        ]
        answers = await check(bob, *wrong)
        assert [(one.receipt.stream, one.version) for one in answers] == [
            *[(game, 2)] * 4,
            ("game/none", 0),
            ("chess/1", 0),
        ]
        assert [one.receipt for one in answers] == wrong
        assert "something else than before" in answers[0].sentence
        assert "less than before" in answers[2].sentence


async def test_a_wish_to_go_on_from_another_history_is_not_granted(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        bob, ann, game = await house.two_in_a_game()
        head = (await accepted(bob, game, "a1h")).head
        for after, said in ((2, BOGUS), (1, head), (3, head), (10**4000, head)):
            await ann.say(Watch(stream=game, after=after, head=said))
            assert (await ann.next(HistoryDiffers)).version == 2
        await accepted(ann, game, "a2h")
        assert await ann.hears_nothing_of(game)
        await ann.say(Watch(stream=game, after=2, head=head))
        told = await ann.next(Happened, lambda one: one.stream == game)
        assert [one.version for one in told.events] == [3]


async def test_nobody_finds_out_about_a_private_game_with_made_up_receipts(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path) as house:
        ann, bob, cyd = [await house.player(name) for name in ("Ann", "Bob", "Cyd")]
        game = await open_game(ann, OpenGame(SMALL, private=True))
        stream = StreamName(f"game/{game}")
        invite = (await ann.lobby()).lobby.tables[game].invite
        assert invite is not None
        await bob.order(MAIN_LOBBY, AcceptInvite(invite))
        await started(bob, stream)
        right = receipt(await accepted(bob, stream, "a1h"))
        made_up = [
            right.model_copy(update={"head": BOGUS}),
            right.model_copy(update={"version": 9}),
        ]
        assert await check(cyd, *made_up, right) == []
        assert len(await check(ann, *made_up, right)) == 2  # who sits there is told


@pytest.mark.parametrize("more", [1, 1000])
async def test_too_many_receipts_at_once_are_no_message(tmp_path: Path, more: int) -> None:
    one = Receipt(stream=StreamName("game/x"), version=1, head=BOGUS).model_dump_json()
    many = ",".join([one] * (MOST_RECEIPTS + more))
    async with serving(tmp_path) as house:
        ann = await house.player("Ann")
        frame = f'{{"kind":"check_receipts","receipts":[{many}]}}'
        if len(frame) < 16_000:
            await ann.say_raw(frame)
            assert (await ann.next(Refused)).code == "malformed_frame"
        else:
            await ann.say_raw(frame)
            assert (await ann.goodbye()).code == 1009  # RFC 6455: too big


def test_as_many_receipts_as_fit_in_a_message_fit_in_a_frame() -> None:
    longest = Receipt(stream=StreamName("𝄞" * 64), version=LARGEST_VERSION, head=BOGUS)
    wish = CheckReceipts(receipts=(longest,) * MOST_RECEIPTS)
    assert len(wish.model_dump_json().encode()) < 16 * 1024

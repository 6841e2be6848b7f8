from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clouds_edges.server.token_bucket import Rate, TokenBucket, TokenBuckets


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_so_many_are_let_through_at_once(clock: Clock) -> None:
    bucket = TokenBucket(Rate(a_second=2, at_once=3), clock)
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]


def test_tokens_come_back_with_time(clock: Clock) -> None:
    bucket = TokenBucket(Rate(a_second=2, at_once=3), clock)
    for _ in range(3):
        bucket.take()
    clock.now += 0.5
    assert [bucket.take(), bucket.take()] == [True, False]


def test_a_rest_does_not_fill_it_beyond_its_size(clock: Clock) -> None:
    bucket = TokenBucket(Rate(a_second=2, at_once=3), clock)
    clock.now += 1_000_000
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]


def test_who_owes_waits_until_the_token_would_have_been_there(clock: Clock) -> None:
    bucket = TokenBucket(Rate(a_second=2, at_once=1), clock)
    assert [bucket.owe() for _ in range(3)] == [0.0, 0.5, 1.0]
    clock.now += 1.0
    assert bucket.owe() == 0.5


@given(st.lists(st.floats(0, 10), max_size=50), st.floats(0.1, 100), st.integers(1, 20))
def test_never_more_than_the_rate_allows(pauses: list[float], rate: float, burst: int) -> None:
    clock = Clock()
    bucket = TokenBucket(Rate(rate, burst), clock)
    taken = 0
    for pause in pauses:
        clock.now += pause
        taken += bucket.take()
        assert taken <= burst + (clock.now - 100.0) * rate + 1e-6


def test_every_key_has_a_bucket_of_its_own(clock: Clock) -> None:
    buckets = TokenBuckets(Rate(a_second=1, at_once=1), clock)
    assert buckets.of("a").take()
    assert not buckets.of("a").take()
    assert buckets.of("b").take()


def test_buckets_that_are_full_again_are_not_kept(clock: Clock) -> None:
    buckets = TokenBuckets(Rate(a_second=1, at_once=1), clock)
    for number in range(100_000):
        clock.now += 0.01
        buckets.of(number).take()
    assert len(buckets) < 2_000


def test_buckets_that_are_not_full_are_kept_however_many(clock: Clock) -> None:
    buckets = TokenBuckets(Rate(a_second=1, at_once=1), clock)
    for number in range(5_000):
        buckets.of(number).take()
    assert not buckets.of(0).take()

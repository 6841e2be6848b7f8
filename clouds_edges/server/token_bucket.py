"""Token buckets: so much at once, and so much a second in the long run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

_MOST_KEPT: Final = 1024


@dataclass(frozen=True, slots=True)
class Rate:
    """`a_second` in the long run, and `at_once` after a rest; both positive."""

    a_second: float
    at_once: float


class TokenBucket:
    """Holds `rate.at_once` tokens at most, and gets `rate.a_second` of them back each second."""

    __slots__ = ("_at", "_clock", "_rate", "_tokens")

    def __init__(self, rate: Rate, clock: Callable[[], float]) -> None:
        """Begin full; the clock gives seconds that never go back."""
        self._rate = rate
        self._clock = clock
        self._tokens = rate.at_once
        self._at = clock()

    @property
    def is_full(self) -> bool:
        """Whether it is as a new one would be."""
        self._refill()
        return self._tokens >= self._rate.at_once

    def take(self) -> bool:
        """Take a token, if there is one."""
        self._refill()
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def owe(self) -> float:
        """Take a token whether there is one or not; the seconds until it would have been there."""
        self._refill()
        self._tokens -= 1
        return max(0.0, -self._tokens / self._rate.a_second)

    def _refill(self) -> None:
        now = self._clock()
        more = (now - self._at) * self._rate.a_second
        self._tokens = min(self._rate.at_once, self._tokens + more)
        self._at = now


class TokenBuckets:
    """A bucket for each key; those that are full again are not kept, for they are like new ones."""

    def __init__(self, rate: Rate, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._clock = clock
        self._buckets: dict[Hashable, TokenBucket] = {}
        self._sweep_at = _MOST_KEPT

    def of(self, key: Hashable) -> TokenBucket:
        """The bucket of this key."""
        bucket = self._buckets.get(key)
        if bucket is None:
            if len(self._buckets) >= self._sweep_at:
                self._sweep()
            bucket = self._buckets[key] = TokenBucket(self._rate, self._clock)
        return bucket

    def __len__(self) -> int:
        return len(self._buckets)

    def _sweep(self) -> None:
        kept = {key: bucket for key, bucket in self._buckets.items() if not bucket.is_full}
        self._buckets = kept
        self._sweep_at = max(_MOST_KEPT, 2 * len(kept))

"""Buckets, and those of one process."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

#: Buckets that one process keeps; beyond, those that are full again are forgotten.
_MOST_BUCKETS = 10_000


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """What somebody may have."""

    capacity: int  #: Tokens of a full one: requests that may come at once.
    per_s: float  #: Tokens that come back in a second.

    @property
    def window_s(self) -> float:
        """How long an empty one takes to be full again."""
        return self.capacity / self.per_s


@dataclass(frozen=True, kw_only=True)
class Draw:
    """What came of asking for a token."""

    is_taken: bool
    left: float  #: Tokens that are still in the bucket.

    def wait_s(self, bucket: Bucket) -> float:
        """How long until there is a token again; 0 where there is one."""
        return max(0.0, 1.0 - self.left) / bucket.per_s

    def full_s(self, bucket: Bucket) -> float:
        """How long until the bucket is full again, if nobody comes meanwhile."""
        return max(0.0, bucket.capacity - self.left) / bucket.per_s


class Rates(Protocol):
    """Counts who comes how often; asked from one event loop."""

    async def take(self, name: str, bucket: Bucket) -> Draw:
        """Take a token out of somebody's bucket, if there is one. Never raises."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class LocalRates:
    """Buckets in this process."""

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, most: int = _MOST_BUCKETS
    ) -> None:
        self._clock = clock
        self._most = most
        self._kept: dict[str, tuple[float, float, Bucket]] = {}  # tokens, at, what it is like

    @property
    def count(self) -> int:
        """How many buckets are kept."""
        return len(self._kept)

    async def take(self, name: str, bucket: Bucket) -> Draw:
        """Take a token out of somebody's bucket, if there is one."""
        now = self._clock()
        tokens = self._tokens(name, bucket, now)
        is_taken = tokens >= 1
        left = tokens - 1 if is_taken else tokens
        if name not in self._kept and len(self._kept) >= self._most:
            self._forget_full(now)
        self._kept[name] = (left, now, bucket)
        return Draw(is_taken=is_taken, left=left)

    async def close(self) -> None:
        """Nothing is held."""

    def _tokens(self, name: str, bucket: Bucket, now: float) -> float:
        tokens, at, _ = self._kept.get(name, (float(bucket.capacity), now, bucket))
        return min(float(bucket.capacity), tokens + max(0.0, now - at) * bucket.per_s)

    def _forget_full(self, now: float) -> None:
        """Forget the buckets that are as if they had never been asked for."""
        self._kept = {
            name: kept
            for name, kept in self._kept.items()
            if self._tokens(name, kept[2], now) < kept[2].capacity
        }

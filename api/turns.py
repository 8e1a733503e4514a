"""Turns: a few at once, a few more may wait, others are told to come again."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator

from api.errors import TooManyRequests


class Turns:
    """Work that only a few requests may do at the same time."""

    def __init__(self, at_once: int, *, waiting: int) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._limit = at_once + waiting
        self._share = max(1, self._limit // 2)
        self._count = 0
        self._held: Counter[str] = Counter()  # places of each who is named

    @contextlib.asynccontextmanager
    async def take(self, whose: str | None = None) -> AsyncIterator[None]:
        """Have a turn, waiting for it if need be.

        Args:
            whose: has no more than half of the places; None: is not counted.

        Raises:
            TooManyRequests: enough wait for theirs already, or they have their half.
        """
        if self._count >= self._limit:
            raise TooManyRequests
        if whose is not None and self._held[whose] >= self._share:
            raise TooManyRequests("You have many of these on their way; send this when one is in.")
        with self._place(whose):
            async with self._free:
                yield

    @contextlib.contextmanager
    def _place(self, whose: str | None) -> Iterator[None]:
        self._count += 1
        self._held.update([] if whose is None else [whose])
        try:
            yield
        finally:
            self._count -= 1
            if whose is not None:
                self._held[whose] -= 1
                self._held += Counter()  # forgets who has none

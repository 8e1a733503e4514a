"""Turns: a few at once, a few more may wait, others are told to come again."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from api.errors import TooManyRequests


class Turns:
    """Work that only a few requests may do at the same time."""

    def __init__(self, at_once: int, *, waiting: int) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._limit = at_once + waiting
        self._count = 0

    @contextlib.asynccontextmanager
    async def take(self) -> AsyncIterator[None]:
        """Have a turn, waiting for it if need be.

        Raises:
            TooManyRequests: enough wait for theirs already.
        """
        if self._count >= self._limit:
            raise TooManyRequests
        self._count += 1
        try:
            async with self._free:
                yield
        finally:
            self._count -= 1

"""Bodies as streams: a thread pulls one piece by piece, so that a slow disk slows the sender down.

No more than a piece of a body is ever in memory.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import anyio
import anyio.from_thread
import anyio.to_thread
from starlette.requests import ClientDisconnect, Request

from api import errors

#: A sender that is slower than this, after the first moments, is given up.
LEAST_BYTES_PER_S = 16_000

Made = TypeVar("Made")


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What an upload may weigh, and how slow it may be."""

    max_bytes: int
    patience_s: float  #: Before the rate counts, and between two pieces.
    longest_s: float = float("inf")  #: From its begin to its last piece, whatever takes the time.


async def pull(request: Request, limits: Limits, work: Callable[["Source"], Made]) -> Made:
    """Have a body read by a thread of its own.

    Args:
        request: of the body.
        limits: of it.
        work: reads it.

    Raises:
        BodyTooLarge: more bytes than are taken.
        UploadTimeout: the sender is too slow.
        UploadIncomplete: the sender went away.
    """
    _refuse_too_large(request, limits)
    async with contextlib.aclosing(request.stream()) as stream:
        source = Source(stream, limits)
        # A limiter of its own: slow senders must not use up the threads that answer requests.
        return await anyio.to_thread.run_sync(work, source, limiter=anyio.CapacityLimiter(1))


class Source:
    """The body as a thread pulls it."""

    def __init__(self, stream: AsyncIterator[bytes], limits: Limits) -> None:
        self._stream = stream
        self._limits = limits
        self._received = 0
        self._waited_s = 0.0  # for the sender alone; how long the disk takes is not its fault
        self._until = asyncio.get_running_loop().time() + limits.longest_s

    def __iter__(self) -> Iterator[bytes]:
        """Pull the body piece by piece, in a thread that the event loop has started."""
        while piece := anyio.from_thread.run(self._next):
            yield piece

    async def _next(self) -> bytes:
        """Wait for a piece; empty at the end."""
        clock = asyncio.get_running_loop().time
        asked = clock()
        try:
            async with asyncio.timeout(min(self._allowed_s(), max(self._until - asked, 0.0))):
                piece = await self._piece()
        except TimeoutError as error:
            raise errors.UploadTimeout from error
        except ClientDisconnect as error:
            raise errors.UploadIncomplete from error
        self._waited_s += clock() - asked
        self._received += len(piece)
        if self._received > self._limits.max_bytes:
            raise _too_large(self._limits)
        return piece

    async def _piece(self) -> bytes:
        """The next piece that holds something; the server's last one is empty."""
        async for piece in self._stream:
            if piece:
                return piece
        return b""

    def _allowed_s(self) -> float:
        patience_s = self._limits.patience_s
        in_time_s = patience_s + self._received / LEAST_BYTES_PER_S - self._waited_s
        return max(min(patience_s, in_time_s), 0.0)


def _refuse_too_large(request: Request, limits: Limits) -> None:
    declared = request.headers.get("content-length", "")
    most = limits.max_bytes
    if declared.isdecimal() and (len(declared) > len(str(most)) or int(declared) > most):
        raise _too_large(limits)


def _too_large(limits: Limits) -> errors.BodyTooLarge:
    return errors.BodyTooLarge(
        f"The upload has more than {limits.max_bytes:,} bytes, the most that is taken at once."
    )

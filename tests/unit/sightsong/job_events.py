"""Streams of a job's events as a service sends them, and as the network may cut them."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx

HEADERS = {"Content-Type": "text/event-stream; charset=utf-8"}


def told(view: dict[str, Any]) -> bytes:
    """One event."""
    data = json.dumps(view, ensure_ascii=False)
    return f"event: state\nid: {view['state_version']}\ndata: {data}\n\n".encode()


class Cut(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body whose connection is lost after a few pieces."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces
        raise httpx.ReadError("cut")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


def stream(*pieces: bytes) -> httpx.Response:
    """A stream that the service ends."""
    return httpx.Response(200, headers=HEADERS, content=b"retry: 2000\n\n" + b"".join(pieces))


def cut(*pieces: bytes) -> httpx.Response:
    """A stream whose connection is lost."""
    return httpx.Response(200, headers=HEADERS, stream=Cut(*pieces))

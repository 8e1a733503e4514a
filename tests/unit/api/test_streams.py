"""Bodies as streams: limits of the whole."""

import asyncio

import pytest
from starlette.requests import Request
from starlette.types import Message

from api import errors, streams

SCOPE = {"type": "http", "method": "POST", "path": "/", "headers": []}


async def steady() -> Message:
    """A sender who never stops, at a good pace."""
    await asyncio.sleep(0.01)
    return {"type": "http.request", "body": b"x" * 1000, "more_body": True}


def test_who_sends_for_too_long_is_given_up_at_whatever_pace():
    limits = streams.Limits(max_bytes=10**9, patience_s=5.0, longest_s=0.2)

    with pytest.raises(errors.UploadTimeout):
        asyncio.run(streams.pull(Request(SCOPE, steady), limits, lambda source: [*source]))


def test_who_sends_too_much_is_given_up_at_once():
    limits = streams.Limits(max_bytes=1500, patience_s=5.0)

    with pytest.raises(errors.BodyTooLarge):
        asyncio.run(streams.pull(Request(SCOPE, steady), limits, lambda source: [*source]))

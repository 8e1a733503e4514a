"""A few at once, a few more may wait."""

import asyncio

import pytest

from api.errors import TooManyRequests
from api.turns import Turns


def test_who_waits_comes_next_and_who_is_too_many_is_told_so():
    async def ask() -> list[str]:
        turns, order, go_on = Turns(1, waiting=1), [], asyncio.Event()

        async def work(name: str) -> None:
            async with turns.take():
                order.append(name)
                await go_on.wait()

        first, second = asyncio.create_task(work("first")), asyncio.create_task(work("second"))
        await asyncio.sleep(0)
        with pytest.raises(TooManyRequests):
            await work("third")
        go_on.set()
        await asyncio.gather(first, second)
        return order

    assert asyncio.run(ask()) == ["first", "second"]


def test_a_turn_that_fails_is_over():
    async def ask() -> bool:
        turns = Turns(1, waiting=0)
        with pytest.raises(ValueError, match="oops"):
            async with turns.take():
                raise ValueError("oops")
        async with turns.take():
            return True

    assert asyncio.run(ask())

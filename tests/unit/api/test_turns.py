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


def test_nobody_has_more_than_half_of_the_places():
    async def ask() -> None:
        turns = Turns(3, waiting=1)
        async with turns.take("mine"), turns.take("mine"):
            with pytest.raises(TooManyRequests, match="on their way"):
                async with turns.take("mine"):
                    pytest.fail("a third of four places")
            async with turns.take("theirs"):
                pass
        async with turns.take("mine"), turns.take("mine"):
            pass

    asyncio.run(ask())


def test_of_a_single_place_anybody_may_have_it():
    async def ask() -> bool:
        async with Turns(1, waiting=0).take("mine"):
            return True

    assert asyncio.run(ask())

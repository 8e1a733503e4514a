"""Token buckets in one process."""

import asyncio
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightsong.adapters.rates import Bucket, LocalRates
from tests.clocks import Clock

BUCKET = Bucket(capacity=3, per_s=0.5)


def take(rates, name: str = "a", bucket: Bucket = BUCKET):
    return asyncio.run(rates.take(name, bucket))


@pytest.fixture
def clock() -> Clock:
    return Clock(100.0)


@pytest.fixture
def rates(clock) -> LocalRates:
    return LocalRates(clock=clock)


def test_a_full_bucket_gives_what_it_holds_and_then_nothing(rates):
    assert [take(rates).is_taken for _ in range(4)] == [True, True, True, False]


def test_what_is_left_is_told(rates):
    assert [take(rates).left for _ in range(4)] == [2.0, 1.0, 0.0, 0.0]


def test_tokens_come_back_at_a_steady_pace(rates, clock):
    for _ in range(3):
        take(rates)
    clock.now += 1.9
    assert not take(rates).is_taken
    clock.now += 0.1

    assert take(rates).is_taken
    assert not take(rates).is_taken


def test_no_more_come_back_than_the_bucket_holds(rates, clock):
    take(rates)
    clock.now += 1e9

    assert take(rates).left == 2.0


def test_a_clock_that_goes_back_gives_nothing(rates, clock):
    for _ in range(3):
        take(rates)
    clock.now -= 50

    assert take(rates).left == 0.0


def test_everybody_has_a_bucket_of_their_own(rates):
    for _ in range(3):
        take(rates)

    assert take(rates, "b").is_taken


def test_it_is_told_when_to_come_again_and_when_all_is_there(rates, clock):
    for _ in range(3):
        take(rates)
    clock.now += 0.5
    draw = take(rates)

    assert draw.wait_s(BUCKET) == pytest.approx(1.5)
    assert draw.full_s(BUCKET) == pytest.approx(5.5)
    assert BUCKET.window_s == 6.0


def test_buckets_that_are_full_again_are_forgotten_when_there_are_many(clock):
    rates = LocalRates(clock=clock, most=2)
    take(rates, "a")
    clock.now += 1
    take(rates, "b")
    clock.now += 1  # that of a is full again
    take(rates, "c")

    assert rates.count == 2
    assert [take(rates, "b").left, take(rates, "c").left] == [1.5, 1.0]


@given(
    st.integers(1, 20),
    st.floats(0.01, 50),
    st.lists(st.floats(0, 10), min_size=1, max_size=200),
)
def test_never_more_is_taken_than_a_full_bucket_and_what_came_back(capacity, per_s, pauses):
    clock = Clock(0.0)
    rates, bucket = LocalRates(clock=clock), Bucket(capacity=capacity, per_s=per_s)

    async def come() -> int:
        taken = 0
        for pause_s in pauses:
            clock.now += pause_s
            taken += (await rates.take("a", bucket)).is_taken
        return taken

    assert asyncio.run(come()) <= math.floor(capacity + clock.now * per_s + 1e-6)

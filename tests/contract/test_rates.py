"""Buckets in a real Redis, and what becomes of them without it."""

import asyncio
import itertools
import os
import signal
import time

import pytest
import redis

from sightsong.adapters.rates import Bucket, LocalRates
from sightsong.adapters.rates.shared import RedisRates
from sightsong.core.errors import ConfigurationError
from tests.clocks import Clock
from tests.ports import free_port

BUCKET = Bucket(capacity=3, per_s=0.001)


async def drawn(rates: RedisRates, name: str, times: int) -> list[bool]:
    try:
        return [(await rates.take(name, BUCKET)).is_taken for _ in range(times)]
    finally:
        await rates.close()


@pytest.mark.servers
def test_processes_share_the_buckets_of_one_redis(redis_server):
    async def come() -> list[bool]:
        one = await drawn(RedisRates(redis_server), "shared", 2)
        return one + await drawn(RedisRates(redis_server), "shared", 2)

    assert asyncio.run(come()) == [True, True, True, False]


@pytest.mark.servers
def test_tokens_come_back_by_the_clock_of_redis(redis_server):
    quick = Bucket(capacity=1, per_s=20.0)

    async def come() -> list[bool]:
        rates = RedisRates(redis_server)
        taken = [(await rates.take("back", quick)).is_taken for _ in range(2)]
        await asyncio.sleep(0.06)  # a token comes back in 50 ms
        taken.append((await rates.take("back", quick)).is_taken)
        await rates.close()
        return taken

    assert asyncio.run(come())[::2] == [True, True]


@pytest.mark.servers
def test_a_bucket_that_nobody_asks_for_is_forgotten(redis_server):
    asyncio.run(drawn(RedisRates(redis_server), "left", 1))

    with redis.Redis.from_url(redis_server) as client:
        left_ms = client.pttl("sightsong:rate:left")
    assert 0 < left_ms <= 1000 * BUCKET.window_s + 1000


@pytest.mark.servers
def test_a_redis_that_hangs_costs_a_request_a_quarter_second_and_the_next_nothing(redis_server):
    clock = Clock()
    with redis.Redis.from_url(redis_server) as client:
        pid = client.info("server")["process_id"]

    async def come() -> tuple[float, float]:
        instead = LocalRates()
        rates = RedisRates(redis_server, instead=instead, clock=clock)
        assert (await rates.take("hung", BUCKET)).left == 2.0
        os.kill(pid, signal.SIGSTOP)
        try:
            took = []
            for _ in range(2):
                began = time.monotonic()
                assert (await rates.take("hung", BUCKET)).is_taken
                took.append(time.monotonic() - began)
        finally:
            os.kill(pid, signal.SIGCONT)
        clock.now += 5
        for number in itertools.count():  # the first is counted here, and Redis tried beside
            here = instead.count
            await rates.take(f"back{number}", BUCKET)
            if instead.count == here:
                break  # Redis counts again
            await asyncio.sleep(0.01)
        await rates.close()
        return took[0], took[1]

    first, second = asyncio.run(come())
    assert 0.2 < first < 1.0
    assert second < 0.2


def test_without_a_redis_each_process_counts_for_itself():
    url = f"redis://127.0.0.1:{free_port()}/0"

    async def come() -> tuple[int, list[bool]]:
        instead = LocalRates()
        taken = await drawn(RedisRates(url, instead=instead), "alone", 4)
        return instead.count, taken

    assert asyncio.run(come()) == (1, [True, True, True, False])


def test_an_address_of_no_redis_is_refused():
    with pytest.raises(ConfigurationError, match="SIGHTSONG_BROKER_URL"):
        RedisRates("redis://127.0.0.1:port/0")

"""Buckets in Redis, which all API processes share."""

import asyncio
import math
import time
from collections.abc import Callable
from typing import Any

import redis
import structlog
from redis import asyncio as aioredis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from sightsong.adapters.rates.buckets import Bucket, Draw, LocalRates, Rates
from sightsong.core.errors import ConfigurationError

log = structlog.get_logger()

#: How long one request waits for Redis, in seconds.
_REDIS_TIMEOUT_S = 0.25
#: And for how long it is left alone once it has not answered.
_REDIS_AWAY_S = 5.0
_PREFIX = "sightsong:rate:"
#: A bucket of nobody, from which is drawn to see whether Redis counts; no key has this name.
_TRIED = ""
#: Takes one token, by the clock of Redis; answers whether there was one, and how many are left.
_TAKE = """
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local capacity, per_s = tonumber(ARGV[1]), tonumber(ARGV[2])
local tokens, at = tonumber(kept[1]) or capacity, tonumber(kept[2]) or now
tokens = math.min(capacity, tokens + math.max(0, now - at) * per_s)
local taken = 0
if tokens >= 1 then
  tokens, taken = tokens - 1, 1
end
redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens))
redis.call('HSET', KEYS[1], 'at', string.format('%.6f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(capacity / per_s * 1000) + 1000)
return {taken, string.format('%.6f', tokens)}
"""


class RedisRates:
    """Buckets in Redis, for all processes; those of this process while it is away."""

    def __init__(
        self,
        url: str,
        *,
        instead: Rates | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make them; connects at the first use.

        Raises:
            ConfigurationError: the address is none of a Redis.
        """
        self._redis = _redis(url)
        self._script = self._redis.register_script(_TAKE)
        self._instead = instead or LocalRates()
        self._clock = clock
        self._is_away = False
        self._try_at = -math.inf
        self._trying: asyncio.Task[None] | None = None

    async def take(self, name: str, bucket: Bucket) -> Draw:
        """Take a token out of somebody's bucket, if there is one."""
        if self._is_away:
            self._try_again()
        elif (found := await self._ask(name, bucket)) is not None:
            return found
        return await self._instead.take(name, bucket)

    async def close(self) -> None:
        """Close the connections."""
        if self._trying is not None:
            self._trying.cancel()
            await asyncio.gather(self._trying, return_exceptions=True)
        await self._redis.aclose()

    async def _ask(self, name: str, bucket: Bucket) -> Draw | None:
        try:
            async with asyncio.timeout(_REDIS_TIMEOUT_S):
                taken, left = await self._script(
                    keys=[_PREFIX + name], args=[bucket.capacity, bucket.per_s]
                )
        except (redis.RedisError, OSError, TimeoutError) as error:
            if not self._is_away:
                self._is_away = True
                log.warning("rates.alone", reason=type(error).__name__)
            self._try_at = self._clock() + _REDIS_AWAY_S
            return None
        return Draw(is_taken=bool(taken), left=float(left))

    def _try_again(self) -> None:
        """See now and then whether Redis is back; no request waits for that."""
        if self._clock() >= self._try_at and (self._trying is None or self._trying.done()):
            self._try_at = self._clock() + _REDIS_AWAY_S
            self._trying = asyncio.create_task(self._try())

    async def _try(self) -> None:
        try:
            async with asyncio.timeout(_REDIS_TIMEOUT_S):
                await self._script(keys=[_PREFIX + _TRIED], args=[1, 1])
        except (redis.RedisError, OSError, TimeoutError):
            return
        self._is_away = False
        log.info("rates.together")


def _redis(url: str) -> Any:  # noqa: ANN401 - the client is typed by halves
    """Make a client that tries each call once; whoever waits for it is a request."""
    try:
        return aioredis.Redis.from_url(
            url,
            socket_timeout=_REDIS_TIMEOUT_S,
            socket_connect_timeout=_REDIS_TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError as error:
        raise ConfigurationError("SIGHTSONG_BROKER_URL is no address of a Redis") from error

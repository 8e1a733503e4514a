"""One way to use both clients, so that each scenario is told once."""

import asyncio
import inspect
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Any

from sightsong.client import AsyncClient


class Awaited:
    """An asynchronous client that tests use as they do the other one: each call runs to its end."""

    def __init__(self, client: AsyncClient, runner: asyncio.Runner) -> None:
        self._client = client
        self._runner = runner

    def __getattr__(self, name: str) -> object:
        found = getattr(self._client, name)
        return self._run(found) if inspect.ismethod(found) else found

    def _run(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: object, **kwargs: object) -> object:
            made = method(*args, **kwargs)
            return self._each(made) if inspect.isasyncgen(made) else self._runner.run(made)

        return run

    def _each(self, things: AsyncGenerator[Any, None]) -> Iterator[Any]:
        async def following() -> object:
            return await anext(things)

        try:
            while True:
                try:
                    thing = self._runner.run(following())
                except StopAsyncIteration:
                    return
                yield thing
        finally:
            self._runner.run(things.aclose())

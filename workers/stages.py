"""Stages: how long each part of a batch took, for its answers and for whoever measures."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: Told the name of a stage, and how many seconds it took for the whole batch.
Observe = Callable[[str, float], None]


def unobserved(_stage: str, _seconds: float) -> None:
    """Tell nobody."""


class Stages:
    """The stages of one batch."""

    def __init__(self) -> None:
        self._took_s: dict[str, float] = {}

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Note how long the block took."""
        began = time.perf_counter()
        yield
        self._took_s[name] = time.perf_counter() - began

    def tell(self, observe: Observe) -> None:
        """Tell of each stage, in the order in which they ended."""
        for name, seconds in self._took_s.items():
            observe(name, seconds)

    def timings_ms(self, *, batch: int) -> dict[str, float]:
        """List the stages in milliseconds, for an answer, and how many jobs shared them."""
        timings = {name: round(seconds * 1000, 2) for name, seconds in self._took_s.items()}
        return timings | {"batch": batch}

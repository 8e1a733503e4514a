"""Steps of a long build: each tells that there is progress, and may be the last."""

from collections.abc import Callable, Iterator

#: Rows that a step takes: some 32 MiB of float32 at 512 dimensions.
ROWS = 16_384


class Stopped(Exception):
    """The process is to stop: what is built so far is thrown away."""


def step(go_on: Callable[[], bool]) -> None:
    """Tell that there is progress.

    Raises:
        Stopped: it is to stop.
    """
    if not go_on():
        raise Stopped


def slices(count: int, go_on: Callable[[], bool], *, rows: int = ROWS) -> Iterator[slice]:
    """Go through so many rows, some at a time.

    Raises:
        Stopped: it is to stop.
    """
    for start in range(0, count, rows):
        step(go_on)
        yield slice(start, min(start + rows, count))

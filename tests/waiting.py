"""Waiting in tests: for a condition, never for a time."""

import threading
import time
from collections.abc import Callable


def wait_until(is_so: Callable[[], object], *, within_s: float = 10.0, every_s: float = 0.01):
    """Return as soon as `is_so()` is true.

    Raises:
        TimeoutError: it was not, for `within_s` seconds.
    """
    deadline = time.monotonic() + within_s
    pause = threading.Event()
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not so within {within_s} s")
        pause.wait(every_s)

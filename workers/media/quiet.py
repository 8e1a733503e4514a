"""Quiet: the processes that decode tracks rest while models on the same cores run.

A model that runs on all cores waits, spinning, whenever another process takes one of them. CLAP's
encoder on two cores had 88 % of the processor time and did 69 % of its work; it is better to decode
between two batches, and then on all cores.
"""

import ctypes
import multiprocessing
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Quiet:
    """A word in memory that is shared with other processes; it may be asked for in layers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._depth = 0
        #: Its `value` says whether tracks are to rest. Given to processes when they are started.
        self.shared = multiprocessing.get_context("spawn").RawValue(ctypes.c_bool, False)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Ask for quiet until the end of the block."""
        self._ask(1)
        try:
            yield
        finally:
            self._ask(-1)

    def _ask(self, change: int) -> None:
        with self._lock:
            self._depth += change
            self.shared.value = self._depth > 0

"""One thread that loads the models and runs them, whoever asks.

OpenMP keeps a team of threads for each thread that asks it for work. With two teams on the cores of
one, all of them wait in the kernel instead of spinning: a photo alone took 1.3 times as long.
"""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class ModelThread:
    """Runs one call at a time, in the order in which they come.

    The thread is a daemon: it does not keep a process that was told to stop.
    """

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._is_busy = False
        self._thread = threading.Thread(target=self._serve, name="models", daemon=True)
        self._thread.start()

    @property
    def is_busy(self) -> bool:
        """Whether a call runs now."""
        return self._is_busy

    def call(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` there, and return what it returns or raise what it raises.

        A call from within another runs at once, in the midst of that one.
        """
        if threading.current_thread() is self._thread:
            return work(*args, **kwargs)
        done: Future[T] = Future()

        def answer() -> None:
            try:
                done.set_result(work(*args, **kwargs))
            except BaseException as error:  # noqa: BLE001 (raised again by whoever asked)
                done.set_exception(error)

        self._calls.put(answer)
        return done.result()

    def _serve(self) -> None:
        while True:
            call = self._calls.get()
            self._is_busy = True
            call()
            self._is_busy = False

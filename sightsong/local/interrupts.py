"""Ctrl-C and SIGTERM: the first one ends the work in order, the second one at once."""

import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(BaseException):
    """Somebody asked this process to end. Not an error, so that nothing takes it for one."""

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signum

    @property
    def exit_status(self) -> int:
        """What a shell reports for a process that ended by this signal."""
        return 128 + self.signum


@contextlib.contextmanager
def interruptible(on_second: Callable[[], None]) -> Iterator[None]:
    """Raise `Interrupted` in the main thread at the first signal; call `on_second` from then on.

    `on_second` runs inside a signal handler: it must take no locks.
    """
    was_asked = False

    def handle(signum: int, _frame: FrameType | None) -> None:
        nonlocal was_asked
        if was_asked:
            on_second()
            return
        was_asked = True
        raise Interrupted(signum)

    before = {number: signal.signal(number, handle) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

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


class Wish:
    """Whether somebody has asked this process to end."""

    def __init__(self) -> None:
        self.signum: int | None = None  #: By which signal; None: nobody has.

    def check(self) -> None:
        """Raise again what may have been lost.

        Python drops an exception that a signal raises while an object is being thrown away. Whoever
        waits for long asks here now and then.

        Raises:
            Interrupted: somebody has.
        """
        if self.signum is not None:
            raise Interrupted(self.signum)


@contextlib.contextmanager
def interruptible(on_second: Callable[[], None]) -> Iterator[Wish]:
    """Raise `Interrupted` in the main thread at the first signal; call `on_second` from then on.

    `on_second` runs inside a signal handler: it must take no locks.
    """
    wish = Wish()

    def handle(signum: int, _frame: FrameType | None) -> None:
        if wish.signum is not None:
            on_second()
            return
        wish.signum = signum
        raise Interrupted(signum)

    before = {number: signal.signal(number, handle) for number in _SIGNALS}
    try:
        yield wish
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

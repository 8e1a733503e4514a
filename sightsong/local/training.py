"""The commands of training, each as a process: whoever starts them imports nothing of it."""

import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

#: Passed on: the child has a session of its own, and hears no Ctrl-C of a terminal itself.
_PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
#: What a shell adds to the number of a signal that ended a process.
_BY_SIGNAL = 128


def run(args: Sequence[str]) -> int:
    """Run a command of training on this terminal and return its exit status.

    Args:
        args: its name, and what it is told.
    """
    command = (sys.executable, "-P", "-m", "training", *args)
    with (
        subprocess.Popen(command, start_new_session=True) as child,  # noqa: S603 - our own module
        _signals_of(child),
    ):
        status = child.wait()
    return status if status >= 0 else _BY_SIGNAL - status


@contextmanager
def _signals_of(child: "subprocess.Popen[bytes]") -> Iterator[None]:
    """Pass signals on to a child instead of ending by them."""

    def pass_on(number: int, _frame: FrameType | None) -> None:
        child.send_signal(number)

    before = {number: signal.signal(number, pass_on) for number in _PASSED_ON}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

"""Ends a process whose supervisor is gone, however that came about."""

import os
import signal
import threading


def watch() -> None:
    """Send SIGTERM to this process when its standard input closes.

    The supervisor holds the other end of the pipe; the kernel closes it even when the supervisor is
    killed outright, so that nothing is left behind.
    """
    threading.Thread(target=_wait_for_end, name="lifeline", daemon=True).start()


def _wait_for_end() -> None:
    # Not sys.stdin.read: its lock, held by this thread at exit, aborts the interpreter (SIGABRT).
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)

"""Locks on files, that the kernel lets go of when a process ends, however it does."""

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

#: How often it is tried again where one waits, in seconds.
_AGAIN_S = 0.2


@contextlib.contextmanager
def waited_for(path: Path, go_on: Callable[[], bool]) -> Iterator[bool]:
    """Hold a lock for a while, made if need be; whoever has it is waited for.

    Args:
        path: the file that is locked.
        go_on: asked again and again; once it says no, nothing is held.

    Yields:
        Whether it is held.
    """
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        while not (is_held := _take(lock)) and go_on():
            time.sleep(_AGAIN_S)
        yield is_held
    finally:
        os.close(lock)


@contextlib.contextmanager
def tried(path: Path, *, make: bool = False) -> Iterator[bool]:
    """Hold a lock for a while, if nobody else has it; whether it is held.

    A file that is not there is nobody's; with `make` it is made, so that nobody takes it meanwhile.
    """
    try:
        lock = os.open(path, os.O_RDWR | (os.O_CREAT if make else 0), 0o644)
    except FileNotFoundError:
        yield True
        return
    try:
        yield _take(lock)
    finally:
        os.close(lock)


def _take(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

"""Locks on files, that the kernel lets go of when a process ends, however it does."""

import contextlib
import fcntl
import functools
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import structlog

from sightsong.core.errors import ConfigurationError

log = structlog.get_logger()

#: How often it is tried again where one waits, in seconds.
_AGAIN_S = 0.2

Flock = Callable[[int, int], object]
"""Locks a descriptor, as `fcntl.flock` does."""


@contextlib.contextmanager
def waited_for(
    path: Path, go_on: Callable[[], bool], *, flock: Flock = fcntl.flock
) -> Iterator[bool]:
    """Hold a lock for a while, made if need be; whoever has it is waited for.

    Args:
        path: the file that is locked.
        go_on: asked again and again; once it says no, nothing is held.
        flock: what locks it.

    Yields:
        Whether it is held.

    Raises:
        ConfigurationError: the file system knows no locks, or takes no file there.
    """
    with contextlib.ExitStack() as held:
        try:
            lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
            held.callback(os.close, lock)
            is_held = _wait(lock, go_on, flock)
        except OSError as error:
            raise ConfigurationError(
                f"the library folder cannot be locked ({error.strerror}): put SIGHTSONG_DATA_DIR on"
                " a disk that is writable and has locks (flock), such as a local one, or mount this"
                " one with them"
            ) from error
        yield is_held


@contextlib.contextmanager
def tried(path: Path, *, make: bool = False, flock: Flock = fcntl.flock) -> Iterator[bool]:
    """Hold a lock for a while, if nobody else has it; whether it is held.

    A file that is not there is nobody's; with `make` it is made, so that nobody takes it meanwhile.
    One that cannot be locked is taken for somebody's.
    """
    with contextlib.ExitStack() as held:
        lock = functools.partial(_take, flock=flock)
        yield _try(path, os.O_RDWR | (os.O_CREAT if make else 0), held, take=lock)


def _try(
    path: Path, flags: int, held: contextlib.ExitStack, *, take: Callable[[int], bool]
) -> bool:
    try:
        lock = os.open(path, flags, 0o644)
        held.callback(os.close, lock)
        return take(lock)
    except FileNotFoundError:
        return True
    except OSError as error:
        where = f"{path.parent.name}/{path.name}"
        log.warning("lock.not_taken", file=where, reason=error.strerror)
        return False


def _wait(lock: int, go_on: Callable[[], bool], flock: Flock) -> bool:
    while not (is_held := _take(lock, flock)) and go_on():
        time.sleep(_AGAIN_S)
    return is_held


def _take(lock: int, flock: Flock) -> bool:
    try:
        flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

"""Holding a folder for one process at a time, by a lock file that goes when nothing waits."""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO

#: The file in the folder that is locked.
LOCK = "lock"
#: Each try meets another process that ends just then: more than a few in a row is no chance.
_TRIES = 100


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a folder, made if need be; the kernel lets go when the process ends, however.

    Raises:
        BlockingIOError: another process holds it.
    """
    with _taken(folder):
        try:
            yield
        finally:
            _sweep(folder)


def take(lock: IO[bytes], path: Path) -> bool:
    """Lock an open file; False if it is no longer the one at its path: then it locks nothing.

    Raises:
        BlockingIOError: another process holds it.
    """
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    try:
        return os.path.samestat(os.fstat(lock.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _taken(folder: Path) -> IO[bytes]:
    """Open and lock the lock file, anew as long as another process sweeps it away meanwhile."""
    path = folder / LOCK
    folder.parent.mkdir(parents=True, exist_ok=True)
    for _ in range(_TRIES):
        with contextlib.suppress(FileExistsError):
            folder.mkdir()  # Not exist_ok: that fails if the folder is swept away just then.
        with contextlib.suppress(FileNotFoundError), contextlib.ExitStack() as opened:
            lock = opened.enter_context(path.open("ab"))
            if take(lock, path):
                opened.pop_all()
                return lock
    raise BlockingIOError(f"{path} does not stay")


def _sweep(folder: Path) -> None:
    """Remove the folder if no file waits in it; the lock last, for then the next one may come."""
    lock = folder / LOCK
    if any(path.is_file() for path in folder.rglob("*") if path != lock):
        return
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            if path != lock:
                shutil.rmtree(path)
        lock.unlink()
        folder.rmdir()

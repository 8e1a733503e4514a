"""One file for a fuzzer that knocks with paths, in memory where the system has such a folder."""

import atexit
import functools
import shutil
import tempfile
from pathlib import Path

_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it


@functools.cache
def folder() -> Path:
    """A folder of this process; it goes with it."""
    made = tempfile.mkdtemp(prefix="sightsong-fuzz-", dir=_MEMORY if _MEMORY.is_dir() else None)
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return Path(made)


def written(content: bytes, ending: str) -> Path:
    """Write a file; the next one takes its place."""
    path = folder() / f"file{ending}"
    path.write_bytes(content)
    return path

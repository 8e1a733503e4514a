"""What was read through already: so that a start need not digest gigabytes, only look at times.

A stamp says that a file of this size and time of change had this digest. Whoever writes to a file
changes its time, so that it is read again. That finds damage and mix-ups; it is no seal against
someone who may write to the folder, for he may write the lock too.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

NAME = ".verified.json"
_CHUNK_BYTES = 8 * 1024 * 1024

#: Size in bytes, time of change in nanoseconds, SHA-256.
Stamp = tuple[int, int, str]
#: By path below the models folder.
Stamps = Mapping[str, Stamp]


def read(models_dir: Path) -> Stamps:
    """Read the stamps; none where there are none, or where they cannot be read."""
    try:
        values = json.loads((models_dir / NAME).read_bytes())
        return {str(name): (int(a), int(b), str(c)) for name, (a, b, c) in values.items()}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return {}


def remember(models_dir: Path, fresh: Stamps) -> None:
    """Add stamps to those that are there, if the folder lets us: without them all works, slower."""
    text = json.dumps({**read(models_dir), **fresh}, indent=1, sort_keys=True) + "\n"
    path = models_dir / f"{NAME}.{os.getpid()}"  # api, worker and indexer may all be at it
    with contextlib.suppress(OSError):
        path.write_text(text)
        path.replace(models_dir / NAME)


def stamp(path: Path, sha256: str) -> Stamp:
    """Make the stamp of a file that was just read through."""
    status = path.stat()
    return (status.st_size, status.st_mtime_ns, sha256)


def digest(path: Path, on_bytes: Callable[[int], None] = lambda _count: None) -> str:
    """Digest a file with SHA-256, in hex; `on_bytes` hears of each part that was read."""
    sha256 = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            sha256.update(chunk)
            on_bytes(len(chunk))
    return sha256.hexdigest()

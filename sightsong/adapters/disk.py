"""Files on a disk that may lose power: digests, and what it takes for a write to stay."""

import hashlib
import os
from pathlib import Path


def sha256_of(path: Path) -> str:
    """Digest a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Return when a file, or the names in a folder, would survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

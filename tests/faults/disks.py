"""Small disks in memory, to be filled to the brim. Mounting one needs root, on Linux."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_FILLER = "filler"
_PIECE = 64 * 1024


class SmallDisk:
    """A file system of its own, that a test fills and makes room on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def free_bytes(self) -> int:
        """What may still be written."""
        return shutil.disk_usage(self.folder).free

    def fill(self, *, leaving_bytes: int = 0) -> None:
        """Take all room but so much."""
        with (self.folder / _FILLER).open("ab", buffering=0) as file:
            while (left := self.free_bytes - leaving_bytes) > 0:
                try:
                    file.write(bytes(min(left, _PIECE)))
                except OSError:  # the last page may not be had
                    return

    def make_room(self) -> None:
        """Give back what was taken."""
        (self.folder / _FILLER).unlink(missing_ok=True)


@contextmanager
def small_disk(folder: Path, *, size_bytes: int) -> Iterator[SmallDisk]:
    """A disk in a folder, for the length of a block; skips where none may be mounted."""
    folder.mkdir(parents=True, exist_ok=True)
    options = f"size={size_bytes},mode=0700"
    mounted = _run("mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder))
    if mounted is not None:
        pytest.skip(f"a small disk cannot be mounted here (needs root on Linux): {mounted}")
    try:
        yield SmallDisk(folder)
    finally:
        # Lazily: a process that has not ended yet may have files open there.
        _run("umount", "--lazy", str(folder))


def _run(*command: str) -> str | None:
    """Run a command; None where it went well, else what it said."""
    if os.geteuid() != 0 or shutil.which(command[0]) is None:
        return f"{command[0]} is not for us"
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    return None if ran.returncode == 0 else ran.stderr.strip() or "it failed"

"""The lengths of a snapshot's files: whether what is mapped of them is still all there.

A process that reads what is mapped of a file behind its end is killed by the system (SIGBUS), and
no code of ours runs any more. So the lengths are asked for before each search.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from sightsong.core import errors


class Lengths:
    """Files that must not become shorter, kept open. Safe to use from many threads."""

    def __init__(self, folder: Path, names: Iterable[str]) -> None:
        """Open them, and take their lengths as they are.

        Raises:
            SnapshotRefused: one cannot be opened.
        """
        self._folder = folder
        self._files: list[tuple[str, int, int]] = []
        try:
            for name in sorted(names):
                descriptor = os.open(folder / name, os.O_RDONLY)
                self._files.append((name, descriptor, os.fstat(descriptor).st_size))
        except OSError as error:
            self.close()
            raise errors.SnapshotRefused(
                f"snapshot {folder.name}: {name} is missing or cannot be read"
            ) from error

    def cut_short(self) -> str | None:
        """Name a file that is shorter than it was; None where all are there. Takes 20 µs."""
        for name, descriptor, size in self._files:
            if os.fstat(descriptor).st_size < size:
                return name
        return None

    def close(self) -> None:
        """Let go of the files; nothing is asked afterwards."""
        while self._files:
            os.close(self._files.pop()[1])

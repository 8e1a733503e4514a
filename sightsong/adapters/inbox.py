"""Trays of uploaded files, as folders.

`<tray>/000001.mp3` holds the bytes of the first file, `.000001.name` what its sender called it.
No name of a sender ever becomes part of a path, but for a short plain ending.
"""

import itertools
import os
import re
import shutil
import time
import uuid
from collections.abc import Iterable
from pathlib import Path

from sightsong.adapters import disk
from sightsong.core.errors import NotFound
from sightsong.core.ports import Upload

_TRAY = re.compile(r"[0-9a-f-]{36}")
_FILE = re.compile(r"(\d{6,})(\.[a-z0-9]{1,8})?")
_NOTE = re.compile(r"\.\d{6,}\.name")
_ENDING = re.compile(r"\.[a-z0-9]{1,8}")
#: Longer names are cut: they are for reading.
_LONGEST_NAME = 1000


class FolderInbox:
    """The `Inbox` port over a folder: one folder below it for each tray."""

    def __init__(self, folder: Path, *, reserve_bytes: int) -> None:
        self._folder = folder
        self._reserve_bytes = reserve_bytes

    def open_tray(self) -> str:
        """Begin a tray and return its id.

        Raises:
            StorageFull: the disk took no more.
        """
        tray = str(uuid.uuid4())
        with disk.full_is_told():
            (self._folder / tray).mkdir(parents=True)
            disk.sync(self._folder)
        return tray

    def put(self, tray: str, name: str, chunks: Iterable[bytes]) -> int:
        """Store one file durably as it comes; return its size.

        Raises:
            NotFound: there is no such tray.
            StorageFull: less room than the reserve would be left, or the disk took no more.
        """
        folder = self._tray(tray)
        if folder is None:
            raise NotFound("there is no such tray")
        with disk.full_is_told():
            disk.check_room(folder, taking=0, reserve_bytes=self._reserve_bytes)
            note = _take_number(folder, name)
            temporary = note.with_suffix(".part")
            try:
                size = self._write(temporary, chunks)
                temporary.rename(folder / f"{note.stem[1:]}{_ending(name)}")
            except BaseException:
                temporary.unlink(missing_ok=True)
                note.unlink(missing_ok=True)
                raise
            disk.sync(folder)
        return size

    def files(self, tray: str) -> list[Upload]:
        """List the files of a tray in the order in which they came; empty if it is gone."""
        folder = self._tray(tray)
        if folder is None:
            return []
        found = [(path, _FILE.fullmatch(path.name)) for path in folder.iterdir()]
        numbered = sorted((int(match[1]), match[1], path) for path, match in found if match)
        return [
            Upload(name=(folder / f".{digits}.name").read_text("utf-8"), path=path)
            for _, digits, path in numbered
        ]

    def parts(self, tray: str) -> list[Path]:
        """List all that a tray holds, files and their notes; empty if it is gone."""
        folder = self._tray(tray)
        if folder is None:
            return []
        return sorted(path for path in folder.iterdir() if _is_part(path.name))

    def put_back(self, tray: str, name: str, size_bytes: int, chunks: Iterable[bytes]) -> None:
        """Store a part of a tray durably under the name that `parts` told, as it comes.

        Raises:
            NotFound: such a tray, or such a part, cannot be.
            StorageFull: less room than the reserve would be left, or the disk took no more.
        """
        if not _TRAY.fullmatch(tray) or not _is_part(name):  # before they touch a path
            raise NotFound("there is no such tray")
        folder = self._folder / tray
        with disk.full_is_told():
            folder.mkdir(parents=True, exist_ok=True)
            disk.check_room(folder, taking=size_bytes, reserve_bytes=self._reserve_bytes)
            disk.write_whole(folder / name, folder / f".{name}.part", chunks)
            for one in (folder, self._folder):
                disk.sync(one)

    def discard(self, tray: str) -> None:
        """Throw a tray away with what is left in it; absent is fine."""
        folder = self._tray(tray)
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)

    def stale(self, older_than_s: float) -> list[str]:
        """List the trays in which nothing has changed for some seconds, the oldest first."""
        if not self._folder.is_dir():
            return []
        changed = [
            (_changed_at(path), path.name)
            for path in self._folder.iterdir()
            if _TRAY.fullmatch(path.name) and path.is_dir()
        ]
        return [name for at, name in sorted(changed) if at < time.time() - older_than_s]

    def _tray(self, tray: str) -> Path | None:
        if not _TRAY.fullmatch(tray):  # before it touches a path: `../` is not an id
            return None
        folder = self._folder / tray
        return folder if folder.is_dir() else None

    def _write(self, path: Path, chunks: Iterable[bytes]) -> int:
        with path.open("xb") as file:
            for chunk in chunks:
                disk.check_room(path.parent, taking=len(chunk), reserve_bytes=self._reserve_bytes)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
            return file.tell()


def _is_part(name: str) -> bool:
    return bool(_FILE.fullmatch(name) or _NOTE.fullmatch(name))


def _take_number(folder: Path, name: str) -> Path:
    """Take the next number by writing the sender's name under it; uploads may come side by side."""
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)
    for number in itertools.count(1 + sum(1 for _ in folder.glob(".*.name"))):
        note = folder / f".{number:06}.name"
        try:
            with note.open("x", encoding="utf-8") as file:
                file.write(shown[:_LONGEST_NAME] or "unnamed")
                file.flush()
                os.fsync(file.fileno())
        except FileExistsError:
            continue
        return note
    raise AssertionError("numbers do not end")


def _ending(name: str) -> str:
    ending = Path(name.replace("\0", "")).suffix.lower()
    return ending if _ENDING.fullmatch(ending) else ""


def _changed_at(tray: Path) -> float:
    """When anything in a tray last changed, in seconds since the epoch; now if it is going."""
    try:
        return max(path.stat().st_mtime for path in (tray, *tray.iterdir()))
    except FileNotFoundError:
        return time.time()

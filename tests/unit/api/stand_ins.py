"""Stand-ins for where music comes in, and for what decodes it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sightsong.adapters import memory
from sightsong.core import ports
from sightsong.core.embeddings import Space
from sightsong.core.errors import (
    BrokenAudio,
    FetchFailed,
    IndexUnavailable,
    NotFound,
    SightsongError,
    StorageFull,
)
from sightsong.core.ports import RemoteFile, Upload
from sightsong.core.snapshots import Snapshot


class Shelved(memory.MemoryLibrary):
    """A library in memory that says of itself what it was told to.

    Its view stays as it is until somebody has it catch up.
    """

    def __init__(
        self,
        stores: ports.Stores,
        space: Space,
        *,
        health: ports.Health | None = None,
        unavailable: str | None = None,
        refuses: SightsongError | None = None,
    ) -> None:
        super().__init__(stores, space)
        self._health = health
        self._unavailable = unavailable
        self._refuses = refuses
        self._view: ports.LibraryView = super().view()

    def view(self) -> ports.LibraryView:
        """Look at the library as it was.

        Raises:
            IndexUnavailable: it was told to.
        """
        if self._unavailable is not None:
            raise IndexUnavailable(self._unavailable)
        return self._view

    def catch_up(self) -> None:
        """Look at the library as it is now."""
        self._view = super().view()

    def health(self) -> ports.Health:
        """Say what it was told to, or that all is well."""
        return self._health or super().health()

    def examine(self, snapshot: Snapshot) -> None:
        """Refuse a snapshot as it was told to.

        Raises:
            SightsongError: it was told to.
        """
        if self._refuses is not None:
            raise self._refuses
        super().examine(snapshot)


class FakeInbox:
    """Trays in memory."""

    def __init__(self) -> None:
        self.trays: dict[str, dict[str, bytes]] = {}
        self.discarded: list[str] = []
        self.is_full = False
        self.largest_chunk = 0

    def open_tray(self) -> str:
        tray = f"tray-{len(self.trays) + len(self.discarded) + 1}"
        self.trays[tray] = {}
        return tray

    def put(self, tray: str, name: str, chunks: Iterable[bytes]) -> int:
        content = b""
        for chunk in chunks:
            if self.is_full:
                raise StorageFull
            self.largest_chunk = max(self.largest_chunk, len(chunk))
            content += chunk
        if tray not in self.trays:
            raise NotFound
        self.trays[tray][name] = content
        return len(content)

    def files(self, tray: str) -> list[Upload]:
        return [Upload(name=name, path=Path(name)) for name in self.trays.get(tray, {})]

    def discard(self, tray: str) -> None:
        if self.trays.pop(tray, None) is not None:
            self.discarded.append(tray)


class FakeObjects:
    """An object store in memory."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}
        self.fetches: list[tuple[int, int | None]] = []
        self.is_down = False

    def listing(self, url: str) -> Iterator[RemoteFile]:
        if self.is_down:
            raise FetchFailed
        for key, content in sorted(self.contents.items()):
            if key == url or key.startswith(f"{url}/"):
                yield RemoteFile(url=key, size_bytes=len(content), mtime_ns=1)

    def fetch(self, url: str, to: BinaryIO, *, start: int = 0, size: int | None = None) -> None:
        if self.is_down:
            raise FetchFailed
        self.fetches.append((start, size))
        end = None if size is None else start + size
        to.write(self.contents[url][start:end])


@dataclass
class Cover:
    """A picture."""

    content: bytes
    media_type: str


class FakeSound:
    """Says what it was asked to make; has the cover that it is given."""

    def __init__(self) -> None:
        self.asked: list[tuple[bytes, float, float]] = []
        self.cover: Cover | None = None
        self.is_broken = False

    def render(self, path: Path, *, start_s: float, duration_s: float) -> bytes:
        if self.is_broken:
            raise BrokenAudio
        self.asked.append((path.read_bytes(), start_s, duration_s))
        return b"OggS" + path.suffix.encode()

    def find_cover(self, path: Path) -> Cover | None:
        return self.cover

"""Parcels: files as one multipart form that is read as it is sent."""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sightsong.client.steps import Piece

_LINE_END = b"\r\n"
_PIECE_BYTES = 256 * 1024


@dataclass(frozen=True, kw_only=True)
class _Packed:
    """One file, with the lines before it."""

    content: Path | bytes
    size_bytes: int
    head: bytes


class Parcel:
    """Files on their way to a service; no more than a piece of them is ever in memory."""

    def __init__(self, files: Iterable[tuple[str, Path | bytes]], *, field: str = "file") -> None:
        self._boundary = uuid.uuid4().hex
        self._field = field
        self._packed = [
            _Packed(content=content, size_bytes=_size(content), head=self._head(name))
            for name, content in files
        ]
        self._foot = f"--{self._boundary}--\r\n".encode()

    @property
    def headers(self) -> dict[str, str]:
        """What to send with it: its type, and its size, so that it can be refused at once."""
        sizes = (len(one.head) + one.size_bytes + len(_LINE_END) for one in self._packed)
        return {
            "Content-Type": f"multipart/form-data; boundary={self._boundary}",
            "Content-Length": str(sum(sizes) + len(self._foot)),
        }

    def pieces(self) -> Iterator[Piece]:
        """The body, piece by piece.

        Raises:
            OSError: a file cannot be read, or not to its end.
        """
        for one in self._packed:
            yield Piece(one.head)
            if isinstance(one.content, bytes):
                yield Piece(one.content, of_files=one.size_bytes)
            else:
                yield from _read(one.content, one.size_bytes)
            yield Piece(_LINE_END)
        yield Piece(self._foot)

    def _head(self, name: str) -> bytes:
        plain = "".join(char if char.isprintable() else "_" for char in name)
        quoted = plain.replace("\\", "/").replace('"', "%22")
        disposition = f'Content-Disposition: form-data; name="{self._field}"; filename="{quoted}"'
        head = f"--{self._boundary}\r\n{disposition}\r\nContent-Type: application/octet-stream"
        return f"{head}\r\n\r\n".encode("utf-8", "replace")


def file_pieces(path: Path) -> Iterator[Piece]:
    """A file as it is, piece by piece.

    Raises:
        OSError: it cannot be read, or not to its end.
    """
    return _read(path, _size(path))


def _size(content: Path | bytes) -> int:
    return len(content) if isinstance(content, bytes) else content.stat().st_size


def _read(path: Path, size_bytes: int) -> Iterator[Piece]:
    left = size_bytes
    with path.open("rb") as file:
        while left:
            data = file.read(min(_PIECE_BYTES, left))
            if not data:
                raise OSError(f"{path} became shorter while it was sent")
            yield Piece(data, of_files=len(data))
            left -= len(data)

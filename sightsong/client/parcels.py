"""Parcels: files as one multipart form that is read as it is sent."""

import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_LINE_END = b"\r\n"
_PIECE_BYTES = 256 * 1024


@dataclass(frozen=True, kw_only=True)
class _Packed:
    """One file, with the lines before it."""

    path: Path
    size_bytes: int
    head: bytes


class Parcel:
    """Files on their way to a service; no more than a piece of them is ever in memory."""

    def __init__(
        self,
        files: Iterable[tuple[str, Path]],
        *,
        on_bytes: Callable[[int], None] = lambda _count: None,
    ) -> None:
        self._boundary = uuid.uuid4().hex
        self._packed = [
            _Packed(path=path, size_bytes=path.stat().st_size, head=self._head(name))
            for name, path in files
        ]
        self._foot = f"--{self._boundary}--\r\n".encode()
        self._on_bytes = on_bytes

    @property
    def headers(self) -> dict[str, str]:
        """What to send with it: its type, and its size, so that it can be refused at once."""
        sizes = (len(one.head) + one.size_bytes + len(_LINE_END) for one in self._packed)
        return {
            "Content-Type": f"multipart/form-data; boundary={self._boundary}",
            "Content-Length": str(sum(sizes) + len(self._foot)),
        }

    def pieces(self) -> Iterator[bytes]:
        """The body, piece by piece.

        Raises:
            OSError: a file cannot be read, or not to its end.
        """
        for one in self._packed:
            yield one.head
            yield from self._content(one)
            yield _LINE_END
        yield self._foot

    def _content(self, one: _Packed) -> Iterator[bytes]:
        left = one.size_bytes
        with one.path.open("rb") as file:
            while left:
                piece = file.read(min(_PIECE_BYTES, left))
                if not piece:
                    raise OSError(f"{one.path} became shorter while it was sent")
                yield piece
                left -= len(piece)
                self._on_bytes(len(piece))

    def _head(self, name: str) -> bytes:
        plain = "".join(char if char.isprintable() else "_" for char in name)
        quoted = plain.replace("\\", "/").replace('"', "%22")
        disposition = f'Content-Disposition: form-data; name="file"; filename="{quoted}"'
        head = f"--{self._boundary}\r\n{disposition}\r\nContent-Type: application/octet-stream"
        return f"{head}\r\n\r\n".encode("utf-8", "replace")

"""Zip archives."""

import io
import zipfile

from tests.fuzz import archives
from tests.fuzz.door import Door

_FILES = {"a.mp3": b"sound" * 9, "f/b.mp3": b"", "\u00fc.mp3": b"more"}


def seeds() -> dict[str, bytes]:
    """Zips that are packed, stored, streamed, and of the large kind."""
    return {
        "packed": _zipped(zipfile.ZIP_DEFLATED),
        "stored": _zipped(zipfile.ZIP_STORED),
        "streamed": _streamed(),
        "large": _large(),
    }


def _zipped(kind: int) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", kind) as archive:
        for name, content in _FILES.items():
            archive.writestr(name, content)
        archive.comment = b"a word"
    return file.getvalue()


class _Pipe(io.RawIOBase):
    """Takes bytes, and cannot go back."""

    def __init__(self) -> None:
        self.content = b""

    def writable(self) -> bool:
        return True

    def write(self, content: object, /) -> int:
        piece = bytes(content)  # type: ignore[call-overload]
        self.content += piece
        return len(piece)


def _streamed() -> bytes:
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.mp3", b"sound" * 9)
    return pipe.content


def _large() -> bytes:
    file = io.BytesIO()
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.mp3", "w", force_zip64=True) as member,
    ):
        member.write(b"sound")
    return file.getvalue()


DOOR = Door(
    knock=archives.knock,
    seeds=seeds,
    longest=4096,
    words=(
        *(b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07", b"PK\x07\x08"),
        *(b"../", b"/etc/", b"..\\", b"C:", b"\x01\0\x10\0", b"\xff\xff\xff\xff", b"\0\0\xff\xa1"),
    ),
)

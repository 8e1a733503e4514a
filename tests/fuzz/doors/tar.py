"""Tar archives, plain and packed."""

import bz2
import gzip
import io
import lzma
import tarfile

from tests.fuzz import archives
from tests.fuzz.door import Door


def seeds() -> dict[str, bytes]:
    """Tars of each format and packing."""
    plain = _tarred(tarfile.PAX_FORMAT)
    return {
        "pax": plain,
        "gnu": _tarred(tarfile.GNU_FORMAT),
        "ustar": _tarred(tarfile.USTAR_FORMAT, name="a.mp3"),
        "gz": gzip.compress(plain, mtime=0),
        "bz2": bz2.compress(plain),
        "xz": lzma.compress(plain),
    }


def _tarred(form: int, *, name: str = f"{'long/' * 30}\u00fc.mp3") -> bytes:
    file = io.BytesIO()
    with tarfile.TarFile(fileobj=file, mode="w", format=form) as archive:
        for one, content in ((name, b"sound" * 9), ("b.mp3", b"")):
            info = tarfile.TarInfo(one)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        link = tarfile.TarInfo("link.mp3")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return file.getvalue()


DOOR = Door(
    knock=archives.knock,
    seeds=seeds,
    longest=12 * 1024,
    words=(
        *(b"ustar\x0000", b"ustar  \0", b"././@LongLink", b"././@PaxHeader", b"GNU.sparse.map=0,1"),
        *(b"11 path=a\n", b"19 size=99999999999\n", b"GNU.sparse.major=1", b"\x80\0\0\0\0\0\0\x7f"),
        *(b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ\0", b"../", b"00000000000\0"),
    ),
)

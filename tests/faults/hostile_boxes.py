"""Archives made to harm: ways out, links, devices, bombs, names that are more than names."""

import io
import stat
import struct
import tarfile
import zipfile
import zlib

#: Names that point out of an archive, in the ways of several systems.
WAYS_OUT = (
    "../../evil.ogg",
    "/tmp/evil.ogg",  # noqa: S108 - nothing is written there, which is the point
    "music/../../../evil.ogg",
    "..\\..\\evil.ogg",
    "C:\\evil.ogg",
    "C:evil.ogg",
    "\\\\server\\share\\evil.ogg",
)
#: Names that others would read as more than a name.
ODD_NAMES = (
    "a\r\nSet-Cookie: evil=1.ogg",
    '{"event":"job.succeeded"}\n{"level":"error"}.ogg',
    "<script>alert(1)</script>.ogg",
    "'; DROP TABLE tracks; --.ogg",
    "\x1b[2J\x1b]0;evil\x07.ogg",
    "\u202egpj.ogg",
    "${jndi:ldap://127.0.0.1/x}.ogg",
    "%2e%2e%2fevil.ogg",
    "long " + "o" * 3000 + ".ogg",
    "CON.ogg",
    "-rf.ogg",
)
_LINK, _DEVICE, _FIFO = stat.S_IFLNK | 0o777, stat.S_IFCHR | 0o666, stat.S_IFIFO | 0o666
#: A byte behind the sound makes another track of it, by its digest.
_ANOTHER = b"\0"


def hostile_zip(sound: bytes) -> bytes:
    """A zip of all that, with one good track, `good.ogg`, at its end."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in WAYS_OUT:
            archive.writestr(name, sound)
        for count, name in enumerate(ODD_NAMES, start=1):
            archive.writestr(name, sound + _ANOTHER * count)
        for name, mode in (("link.ogg", _LINK), ("device.ogg", _DEVICE), ("fifo.ogg", _FIFO)):
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr = 3, mode << 16
            archive.writestr(info, b"/etc/passwd")
        archive.writestr("inner.zip", b"PK\3\4")
        archive.writestr("good.ogg", sound)
    return content.getvalue()


def hostile_tar(sound: bytes) -> bytes:
    """The same as a tar, with hard links and devices as only a tar has them."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for name in WAYS_OUT:
            _add(archive, name, sound)
        for count, name in enumerate(ODD_NAMES, start=1):
            _add(archive, name, sound + _ANOTHER * count)
        for name, kind in (
            ("link.ogg", tarfile.SYMTYPE),
            ("hard.ogg", tarfile.LNKTYPE),
            ("device.ogg", tarfile.CHRTYPE),
            ("block.ogg", tarfile.BLKTYPE),
            ("fifo.ogg", tarfile.FIFOTYPE),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.devmajor, info.devminor = kind, "/etc/passwd", 1, 5
            archive.addfile(info)
        _add(archive, "good.ogg", sound)
    return content.getvalue()


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    archive.addfile(info, io.BytesIO(content))


def zip_bomb(*, unpacked_bytes: int) -> bytes:
    """A zip whose one file unpacks to a thousand times its size, and says so."""
    content = io.BytesIO()
    with (
        zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("bomb.wav", "w") as file,
    ):
        for _ in range(unpacked_bytes // 2**20):
            file.write(bytes(2**20))
    return content.getvalue()


def lying_zip(*, unpacked_bytes: int) -> bytes:
    """The same, whose directory says that it is small."""
    bomb = bytearray(zip_bomb(unpacked_bytes=unpacked_bytes))
    at = bomb.rindex(b"PK\1\2")
    struct.pack_into("<I", bomb, at + 24, 1000)
    return bytes(bomb)


def tar_bomb(*, unpacked_bytes: int) -> bytes:
    """A tar of zeros, packed with gzip."""
    info = tarfile.TarInfo("bomb.wav")
    info.size = unpacked_bytes
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    parts = [packer.compress(info.tobuf())]
    parts += [packer.compress(bytes(2**20)) for _ in range(unpacked_bytes // 2**20)]
    return b"".join([*parts, packer.compress(bytes(1024)), packer.flush()])

"""Reading tags of files that nobody has checked, with mutagen.

ID3 allows a frame to be compressed: three hundred kilobytes make a gigabyte of text. And mutagen
takes time that grows with the square of the length of a text, or of the number of frames: a quarter
of a megabyte of nothing takes it four seconds. No writer that we know of makes such tags, but a
stranger may; a file that has them has no tags here.
"""

import itertools
import mmap
import os
import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import mutagen
from mutagen import id3

from sightsong.adapters.sound.files import open_regular
from sightsong.core import errors

#: What mutagen raises on tags that lie, besides its own errors.
DAMAGE = (
    mutagen.MutagenError,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    NotImplementedError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
#: The beginning of ID3v2.2, 2.3 or 2.4.
_START = re.compile(rb"ID3[\x02-\x04]")
_HEADER_BYTES = 10
#: Formats that keep ID3 somewhere inside; all others, at their beginning.
_HOLDERS = (b"RIFF", b"RIFX", b"RF64", b"BW64", b"FORM", b"FRM8", b"DSD ")
_UNSYNCHED = 0x80
_EXTENDED = 0x40
#: The version whose frames have names of three letters, and no flags.
_SHORT_NAMES = 2
_FRAMES = frozenset(id3.Frames) | frozenset(id3.Frames_2_2)
#: mutagen cuts a text into its parts, and a tag into its frames, by copying what is left each time.
_LONGEST_TEXT_BYTES = 64 * 1024
_MOST_COPIED_BYTES = 4 * 1024**3
#: The bit of a frame's second byte of flags that says it is compressed, by version.
_COMPRESSED = {3: 0x80, 4: 0x08}


def read_tagged(path: Path, kind: Callable[[Path], Any] = mutagen.File) -> Any:  # noqa: ANN401 - each format its own class
    """Read what mutagen makes of a file; None if it makes nothing of it.

    Args:
        path: of any file; one that is not regular is left alone.
        kind: what mutagen is asked for; by default the class of the format.
    """
    try:
        with open_regular(path) as file:
            if _is_bomb(file):
                return None
        return kind(path)
    except (*DAMAGE, errors.PathNotAllowed):
        return None  # a tag block that lies is no reason to refuse the music behind it


def _is_bomb(file: BinaryIO) -> bool:
    """Whether any ID3 tag in a file would take long to read."""
    if not os.fstat(file.fileno()).st_size:
        return False
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if content[:4] not in _HOLDERS:
            return content[:3] == b"ID3" and _is_costly(content, 0)
        return any(_is_costly(content, at.start()) for at in _START.finditer(content))


def _is_costly(content: mmap.mmap, at: int) -> bool:
    """Look at the frames of the tag at a place, in each way that writers have understood ID3."""
    header = content[at : at + _HEADER_BYTES]
    if len(header) < _HEADER_BYTES:
        return False
    version, flags, size = header[3], header[5], _seven_bits(header[6:])
    body = content[at + _HEADER_BYTES : at + _HEADER_BYTES + size]
    bodies = [body, body.replace(b"\xff\0", b"\xff")] if flags & _UNSYNCHED else [body]
    starts = {0}
    if flags & _EXTENDED:
        starts |= {4 + int.from_bytes(body[:4], "big"), _seven_bits(body[:4])}
    ways = itertools.product(bodies, starts, (_eight_bits, _seven_bits))
    return any(_costs(version, *way) for way in ways)


def _costs(version: int, body: bytes, at: int, size_of: Callable[[bytes], int]) -> bool:
    """Walk over the frames as mutagen does, and tell whether it would take long over them."""
    name_bytes = 3 if version == _SHORT_NAMES else 4
    header_bytes = 6 if version == _SHORT_NAMES else 10
    for count in itertools.count(1):
        name = body[at : at + name_bytes]
        if at + header_bytes > len(body) or not name.strip(b"\0"):
            return False
        size = size_of(body[at + name_bytes : at + 2 * name_bytes])
        is_packed = bool(body[at + header_bytes - 1] & _COMPRESSED.get(version, 0))
        is_endless = name[:1] in b"TI" and size > _LONGEST_TEXT_BYTES
        is_known = name.decode("latin-1") in _FRAMES
        if (is_known and (is_packed or is_endless)) or count * len(body) > _MOST_COPIED_BYTES:
            return True
        at += header_bytes + size
    return False


def _eight_bits(size: bytes) -> int:
    return int.from_bytes(size, "big")


def _seven_bits(size: bytes) -> int:
    return sum((byte & 0x7F) << 7 * at for at, byte in enumerate(reversed(size)))

"""Reading tags of files that nobody has checked, with mutagen.

Only formats of audio are read: of a file of MIDI notes mutagen would make objects of each note.

ID3 allows a frame to be compressed: three hundred kilobytes make a gigabyte of text. And mutagen
takes time that grows with the square of the length of a text, or of the number of frames: a quarter
of a megabyte of nothing takes it four seconds. No writer that we know of makes such tags, but a
stranger may; a file that has them has no tags here.

In every format tags may be long, or in countless small parts. What costs more than a little is read
in a process of its own (see `confined`), and what costs too much even there says nothing. What is
not bounded: the time that mutagen takes over the two megabytes that it may have read here; the
worst that we made take it a second and 51 MB.
"""

import itertools
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mutagen
from mutagen import (
    aac,
    ac3,
    aiff,
    apev2,
    asf,
    dsdiff,
    dsf,
    flac,
    id3,
    monkeysaudio,
    mp3,
    mp4,
    musepack,
    oggflac,
    oggopus,
    oggspeex,
    oggvorbis,
    optimfrog,
    tak,
    trueaudio,
    wave,
    wavpack,
)

from sightsong.adapters.sound.metered import Allowance, MeteredFile, TooCostly
from sightsong.core import errors

__all__ = ["DAMAGE", "TooCostly", "pairs", "read_tagged"]

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
#: The formats that are read: sound, and nothing else.
_KINDS = (
    *(aac.AAC, ac3.AC3, aiff.AIFF, apev2.APEv2File, asf.ASF, dsdiff.DSDIFF, dsf.DSF, flac.FLAC),
    *(id3.ID3FileType, monkeysaudio.MonkeysAudio, mp3.MP3, mp4.MP4, musepack.Musepack),
    *(oggflac.OggFLAC, oggopus.OggOpus, oggspeex.OggSpeex, oggvorbis.OggVorbis),
    *(optimfrog.OptimFROG, tak.TAK, trueaudio.TrueAudio, wave.WAVE, wavpack.WavPack),
)
#: What is spent on a file in this process: most need a hundredth of it, but for pictures.
_MOST_BYTES = 2 * 1024 * 1024
_MOST_READS = 50_000
_MOST_CPU_S = 1.0
#: And in a process of its own, whose memory and time are bounded besides.
_MOST_CONFINED_BYTES = 64 * 1024 * 1024
_MOST_CONFINED_READS = 2_000_000
_MOST_CONFINED_CPU_S = 7.0
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


def read_tagged(
    path: Path,
    kind: Callable[[MeteredFile], Any] = lambda file: mutagen.File(file, options=_KINDS),
    *,
    is_confined: bool = False,
) -> Any:  # noqa: ANN401 - each format its own class
    """Read what mutagen makes of a file; None if it makes nothing of it.

    Args:
        path: of any file; one that is not regular is left alone.
        kind: what mutagen is asked for; by default the class of the format.
        is_confined: whether this process may spend much on it.

    Raises:
        TooCostly: it takes more than may be spent; a process of its own may be asked.
    """
    allowance = _allowance(is_confined=is_confined)
    try:
        with MeteredFile(path, allowance=allowance, is_bomb=_is_bomb) as file:
            found = kind(file)
    except (*DAMAGE, errors.PathNotAllowed):
        found = None  # a tag block that lies is no reason to refuse the music behind it
    if allowance.is_spent:
        raise TooCostly
    return found


def _allowance(*, is_confined: bool) -> Allowance:
    if is_confined:
        return Allowance(
            most_bytes=_MOST_CONFINED_BYTES,
            most_reads=_MOST_CONFINED_READS,
            most_cpu_s=_MOST_CONFINED_CPU_S,
        )
    return Allowance(most_bytes=_MOST_BYTES, most_reads=_MOST_READS, most_cpu_s=_MOST_CPU_S)


def pairs(tags: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - each format its own class
    """List tags by their names, in small letters; one name may come with several values, in a list.

    Comments and attributes are lists of pairs. Asked for one name, mutagen goes through the whole
    list, so that asking for each takes hours where a stranger made a hundred thousand names.
    """
    if not isinstance(tags, list):
        yield from ((str(name).lower(), value) for name, value in tags.items())
        return
    together: dict[str, list[Any]] = {}
    for name, value in tags:
        together.setdefault(str(name).lower(), []).append(value)
    yield from together.items()


def _is_bomb(header: bytes, body: bytes) -> bool:
    """Look at the frames of a tag, in each way that writers have understood ID3."""
    version, flags = header[3], header[5]
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
    copied = 0
    while True:
        name = body[at : at + name_bytes]
        if at + header_bytes > len(body) or not name.strip(b"\0"):
            return False
        size = size_of(body[at + name_bytes : at + 2 * name_bytes])
        if name.decode("latin-1") in _FRAMES:
            is_packed = bool(body[at + header_bytes - 1] & _COMPRESSED.get(version, 0))
            is_text = name[:1] in b"TI"
            copied += size * size if is_text else 0
            if is_packed or (is_text and size > _LONGEST_TEXT_BYTES):
                return True
        copied += len(body)
        if copied > _MOST_COPIED_BYTES:
            return True
        at += header_bytes + size


def _eight_bits(size: bytes) -> int:
    return int.from_bytes(size, "big")


def _seven_bits(size: bytes) -> int:
    return sum((byte & 0x7F) << 7 * at for at, byte in enumerate(reversed(size)))

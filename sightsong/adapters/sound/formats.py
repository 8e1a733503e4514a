"""Which format some bytes are in: by how they begin, and never by a name.

The table is all that may reach a demuxer. What FFmpeg reads besides, such as playlists that name
other files, is not in it.
"""

import os
from dataclasses import dataclass, replace
from typing import BinaryIO

from sightsong.adapters.sound import mpeg

#: How much of a file's beginning is looked at, after any ID3 tags; an MP3's first frame may lie
#: behind other bytes.
_HEAD_BYTES = 64 * 1024
_ID3_HEADER_BYTES = 10
#: Tags that follow one another at the beginning; more are a trick.
_MOST_TAGS = 8
#: Objects in the header of a Windows Media file that say it is locked, by their GUIDs.
_ASF_LOCKS = (
    bytes.fromhex("fbb31122 23bd d211 b4b7 00a0c955fc6e"),  # content encryption
    bytes.fromhex("14e68a29 2226 174c b935 dae07ee9289c"),  # extended content encryption
)
_ASF_HEADER_MOST_BYTES = 256 * 1024
#: Files of unknown length are written with the most that their header can say, or nearly so.
_OPEN_ENDED_BYTES = 0x7FFF_0000
#: The byte of an AC-3 frame whose upper five bits are its version; above 10 it is E-AC-3.
_AC3_VERSION_AT = 5
_AC3_LAST_VERSION = 10
#: AAC in frames of its own: 12 bits of sync, a bit that may be either, and layer 0.
_SYNC = 0xFF
_ADTS_MASK = 0xF6
_ADTS = 0xF0


@dataclass(frozen=True, kw_only=True)
class Format:
    """How a file is read."""

    demuxer: str  #: FFmpeg's name for it.
    has_length: bool = False  #: Whether its header counts the samples; else lengths are guesses.
    cut: float = 1.0  #: How many times as long it was, by its own word, before it was cut short.


_WAV = Format(demuxer="wav", has_length=True)
_MP3 = Format(demuxer="mp3")
_COUNTED_MP3 = Format(demuxer="mp3", has_length=True)

#: What an MP4 or QuickTime file may begin with.
_MP4_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")

#: By the first bytes.
_BY_START: tuple[tuple[bytes, Format], ...] = (
    (b"fLaC", Format(demuxer="flac", has_length=True)),
    (b"OggS", Format(demuxer="ogg")),
    (b"riff\x2e\x91\xcf\x11", Format(demuxer="w64", has_length=True)),
    (b".snd", Format(demuxer="au", has_length=True)),
    (b"caff", Format(demuxer="caf", has_length=True)),
    (b"MAC ", Format(demuxer="ape", has_length=True)),
    (b"wvpk", Format(demuxer="wv", has_length=True)),
    (b"TTA", Format(demuxer="tta", has_length=True)),
    (b"tBaK", Format(demuxer="tak", has_length=True)),
    (b"MP+", Format(demuxer="mpc")),
    (b"MPCK", Format(demuxer="mpc8")),
    (b"DSD ", Format(demuxer="dsf")),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", Format(demuxer="asf")),
    (b"\x1a\x45\xdf\xa3", Format(demuxer="matroska,webm")),
)
#: By the first four bytes and those from the eighth (twelfth, for DSDIFF) on.
_BY_CHUNK: tuple[tuple[bytes, int, bytes, Format], ...] = (
    (b"RIFF", 8, b"WAVE", _WAV),
    (b"RIFX", 8, b"WAVE", _WAV),
    (b"RF64", 8, b"WAVE", _WAV),
    (b"BW64", 8, b"WAVE", _WAV),
    (b"FORM", 8, b"AIFF", Format(demuxer="aiff", has_length=True)),
    (b"FORM", 8, b"AIFC", Format(demuxer="aiff", has_length=True)),
    (b"FRM8", 12, b"DSD ", Format(demuxer="iff")),
    *((b"", 4, box, Format(demuxer="mov", has_length=True)) for box in _MP4_BOXES),
)


def sniff(file: BinaryIO) -> Format | None:
    """Tell the format of a file that is open to be read; None if it is none of ours.

    Raises:
        OSError: the file cannot be read.
    """
    head, has_tag = _head(file)
    found = _by_start(head) or _by_chunk(head) or _by_sync(head) or _mp3(head)
    if found is _WAV:
        return replace(_WAV, cut=_cut(head, os.fstat(file.fileno()).st_size))
    return found or (_MP3 if has_tag else None)


def is_locked_asf(file: BinaryIO) -> bool:
    """Whether a Windows Media file says in its header that it is encrypted.

    Raises:
        OSError: the file cannot be read.
    """
    header = os.pread(file.fileno(), _ASF_HEADER_MOST_BYTES, 0)
    size_bytes = int.from_bytes(header[16:24], "little")
    return any(lock in header[:size_bytes] for lock in _ASF_LOCKS)


def _head(file: BinaryIO) -> tuple[bytes, bool]:
    """Read the first bytes of what comes after the ID3 tags, and tell whether there were any."""
    at = 0
    for _ in range(_MOST_TAGS):
        head = os.pread(file.fileno(), _HEAD_BYTES, at)
        if not head.startswith(b"ID3") or len(head) < _ID3_HEADER_BYTES:
            break
        at += _tag_bytes(head)
    return head, at > 0


def _tag_bytes(head: bytes) -> int:
    """Length of an ID3v2 tag: header, body (seven bits a byte), and a footer if it says so."""
    body = sum(
        (byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True)
    )
    has_footer = bool(head[5] & 0x10)
    return _ID3_HEADER_BYTES * (2 if has_footer else 1) + body


def _by_start(head: bytes) -> Format | None:
    return next((format_ for start, format_ in _BY_START if head.startswith(start)), None)


def _by_chunk(head: bytes) -> Format | None:
    for start, at, kind, format_ in _BY_CHUNK:
        if head.startswith(start) and head[at : at + 4] == kind:
            return format_
    return None


def _cut(head: bytes, size_bytes: int) -> float:
    """Compare the length that a WAV claims for itself with its own: FFmpeg believes the shorter."""
    claimed_bytes = int.from_bytes(head[4:8], "big" if head.startswith(b"RIFX") else "little")
    if head.startswith((b"RF64", b"BW64")) or claimed_bytes >= _OPEN_ENDED_BYTES:
        return 1.0
    return max(1.0, claimed_bytes / size_bytes)


def _by_sync(head: bytes) -> Format | None:
    """Tell streams that have no header, only frames that begin with a pattern of bits."""
    if head.startswith(b"\x0b\x77") and len(head) > _AC3_VERSION_AT:
        is_older = head[_AC3_VERSION_AT] >> 3 <= _AC3_LAST_VERSION
        return Format(demuxer="ac3" if is_older else "eac3")
    if len(head) > 1 and head[0] == _SYNC and head[1] & _ADTS_MASK == _ADTS:
        return Format(demuxer="aac")
    return None


def _mp3(head: bytes) -> Format | None:
    at = 0 if mpeg.frame_bytes(head, 0) else mpeg.first_frame(head)
    if at is None:
        return None
    return _COUNTED_MP3 if mpeg.has_count(head, at) else _MP3

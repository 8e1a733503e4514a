"""What a file is, by its first bytes and not by its name."""

from collections.abc import Mapping

#: Bytes that tell every type from the others.
HEAD_BYTES = 12
UNKNOWN = "application/octet-stream"
#: The same, of music and of what it is packed into.
MUSIC_HEAD_BYTES = 512

#: What files begin with, and the ending that goes with it.
_MUSIC: Mapping[bytes, str] = {
    b"fLaC": ".flac",
    b"OggS": ".ogg",
    b"ID3": ".mp3",
    b"wvpk": ".wv",
    b"MAC ": ".ape",
    b"caff": ".caf",
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11": ".wma",
    b"PK\x03\x04": ".zip",
    b"\x1f\x8b": ".tar.gz",
    b"BZh": ".tar.bz2",
    b"\xfd7zXZ\x00": ".tar.xz",
}
#: The same, by what stands at a later place.
_MUSIC_LATER: tuple[tuple[int, bytes, str], ...] = (
    (4, b"ftyp", ".m4a"),
    (8, b"WAVE", ".wav"),
    (8, b"AIFF", ".aiff"),
    (8, b"AIFC", ".aiff"),
    (257, b"ustar", ".tar"),
)
#: How a frame of MPEG audio begins: twelve bits (eleven, of MPEG 2.5), then the layer, never 0.
_FRAME, _FRAME_MASK, _LAYER_MASK = 0xFFE0, 0xFFE0, 0x06
#: AAC in frames of its own: the same, and layer 0.
_ADTS, _ADTS_MASK = 0xFFF0, 0xFFF6


def media_type(content: bytes) -> str:
    """Name the image type by its first bytes, so that a misnamed file is sent as what it is."""
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "image/webp"
    return UNKNOWN


def music_ending(content: bytes) -> str | None:
    """Name the ending for audio or an archive by its first bytes; None if they are neither.

    A guess that is good enough to look closer: what the bytes are, the decoder finds out.
    """
    for begin, ending in _MUSIC.items():
        if content.startswith(begin):
            return ending
    for place, mark, ending in _MUSIC_LATER:
        if content[place : place + len(mark)] == mark:
            return ending
    return _frame_ending(int.from_bytes(content[:2], "big"))


def _frame_ending(start: int) -> str | None:
    if start & _ADTS_MASK == _ADTS:
        return ".aac"
    is_frame = start & _FRAME_MASK == _FRAME and start & _LAYER_MASK
    return ".mp3" if is_frame else None

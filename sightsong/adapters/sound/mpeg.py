"""MPEG audio frames (MP3 and its elders): where they begin in a file that says nothing else."""

#: Frames in a row that make a beginning no accident.
_IN_A_ROW = 3
_HEADER_BYTES = 4
#: kbit/s by the four bits of a header; 0 and 15 are not used. MPEG-1: layers I, II, III.
_KBITS_1 = (
    (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
)
#: MPEG-2 and 2.5: layer I, then II and III.
_KBITS_2 = (
    (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
)
#: Hz by the version bits: MPEG-2.5, reserved, MPEG-2, MPEG-1.
_RATES_HZ = ((11025, 12000, 8000), (), (22050, 24000, 16000), (44100, 48000, 32000))
_LAYER_1, _LAYER_3 = 0, 2
_MPEG_1 = 3
#: What the first frame may hold instead of sound: a count of the others. It lies behind the side
#: information, which is 36 bytes at most.
_COUNTS = (b"Xing", b"Info", b"VBRI")
_COUNT_WITHIN_BYTES = 44


def first_frame(content: bytes) -> int | None:
    """Find the first of three frames in a row; None if there is no such place."""
    at = content.find(b"\xff")
    while at >= 0:
        if _is_start(content, at):
            return at
        at = content.find(b"\xff", at + 1)
    return None


def has_count(content: bytes, at: int) -> bool:
    """Whether the frame at a place tells how many frames there are."""
    return any(word in content[at : at + _COUNT_WITHIN_BYTES] for word in _COUNTS)


def frame_bytes(content: bytes, at: int) -> int:
    """Length of the frame whose header is at a place; 0 if none is there."""
    header = content[at : at + _HEADER_BYTES]
    if len(header) < _HEADER_BYTES or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:  # noqa: PLR2004 - 11 bits of sync
        return 0
    version, layer = header[1] >> 3 & 3, 3 - (header[1] >> 1 & 3)
    kbit, rate = header[2] >> 4, header[2] >> 2 & 3
    if not _RATES_HZ[version] or layer > _LAYER_3 or kbit in {0, 15} or rate > 2:  # noqa: PLR2004
        return 0
    bits = (_KBITS_1 if version == _MPEG_1 else _KBITS_2)[layer][kbit - 1] * 1000
    padding, rate_hz = header[2] >> 1 & 1, _RATES_HZ[version][rate]
    if layer == _LAYER_1:
        return (12 * bits // rate_hz + padding) * 4
    samples = 576 if layer == _LAYER_3 and version != _MPEG_1 else 1152
    return samples // 8 * bits // rate_hz + padding


def _is_start(content: bytes, at: int) -> bool:
    for _ in range(_IN_A_ROW):
        size = frame_bytes(content, at)
        if not size:
            return False
        at += size
    return True

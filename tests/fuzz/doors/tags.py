"""What a music file says of itself: its words, its length, its cover.

The first byte chooses the ending of the file's name, at which mutagen looks too.
"""

import math
import tempfile
from pathlib import Path

import mutagen
from mutagen import aac, flac, id3, mp4

from indexer import tags
from sightsong.adapters import cover
from tests.fuzz import files
from tests.fuzz.door import Door
from tests.unit.adapters.sound import making

ENDINGS = (".mp3", ".flac", ".ogg", ".m4a", ".wav", ".aiff", ".wma", ".ape", ".wv", ".tta", ".aac")
_SAID = ("title", "artist", "album", "genre", "mood", "licence")
_LONGEST_S = 48 * 3600
_COVER = b"\xff\xd8\xff\xe0\0\x10JFIF\0"


def knock(content: bytes) -> bool:
    """Read tags, length and cover; whatever is said is one line of text, or a bearable number."""
    path = files.written(content[1:], ENDINGS[content[0] % len(ENDINGS)] if content else ".mp3")
    said = tags.read(path)
    for name in _SAID:
        text = getattr(said, name)
        assert text is None or (0 < len(text) <= 300 and text.isprintable())
    assert said.explicit in (None, True, False)
    length_s = tags.length_s(path)
    assert length_s is None or (math.isfinite(length_s) and 0 < length_s <= _LONGEST_S)
    found = cover.find_cover(path)
    assert found is None or found.media_type.startswith("image/")
    return said.title is not None or length_s is not None


def seeds() -> dict[str, bytes]:
    """A short tone in each format, with tags as that format has them."""
    with tempfile.TemporaryDirectory() as name:
        return {
            ending[1:]: bytes([number]) + _tagged(Path(name), ending)
            for number, ending in enumerate(ENDINGS)
            if ending[1:] in making.KINDS or ending == ".ogg"
        }


def _tagged(folder: Path, ending: str) -> bytes:
    kind = {"ogg": "opus"}.get(ending[1:], ending[1:])
    path = making.write(folder / f"tone{ending}", making.tone(0.1, 48_000), 48_000, kind=kind)
    file = mutagen.File(path)
    if isinstance(file, aac.AAC):
        return path.read_bytes()  # ADTS has no tags of its own
    if file.tags is None:
        file.add_tags()
    _write(file)
    file.save()
    return path.read_bytes()


def _write(file: mutagen.FileType) -> None:
    if isinstance(file.tags, id3.ID3):
        file.tags.add(id3.TIT2(encoding=3, text=["Blue"]))
        file.tags.add(id3.TCON(encoding=1, text=["(17)"]))
        file.tags.add(id3.APIC(encoding=0, mime="image/jpeg", type=3, desc="", data=_COVER))
    elif isinstance(file.tags, mp4.MP4Tags):
        file.tags["©nam"] = ["Blue"]
        file.tags["rtng"] = [1]
        file.tags["covr"] = [mp4.MP4Cover(_COVER)]
    elif file.tags is not None:
        file.tags["title"] = "Blue"
    if isinstance(file, flac.FLAC):
        picture = flac.Picture()
        picture.data, picture.type, picture.mime = _COVER, 3, "image/jpeg"
        file.add_picture(picture)


DOOR = Door(
    knock=knock,
    seeds=seeds,
    words=(
        *(b"ID3\x02", b"ID3\x03", b"ID3\x04", b"TIT2", b"TCON", b"TXXX", b"APIC", b"WCOP", b"TDRC"),
        *(b"fLaC", b"OggS", b"OpusHead", b"OpusTags", b"\x01vorbis", b"\x03vorbis", b"Speex   "),
        *(b"ftypM4A ", b"moov", b"udta", b"meta", b"ilst", b"covr", b"----", b"stsd", b"mdhd"),
        *(b"APETAGEX", b"wvpk", b"MAC ", b"MP+", b"MPCK", b"tBaK", b"TTA1", b"OFR ", b"FRM8"),
        *(b"RIFF", b"WAVE", b"fmt ", b"data", b"id3 ", b"FORM", b"AIFF", b"COMM", b"DSD "),
        b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c",
    ),
)

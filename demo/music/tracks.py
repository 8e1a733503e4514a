"""Write the pieces as tagged Ogg Vorbis files.

The samples depend only on this package and on the numpy and scipy that run it: same versions,
same samples. The encoder draws a random stream serial number; it is replaced by one made from the
title, so with the same libraries the files are the same to the byte.
"""

import re
import zlib
from pathlib import Path

import soundfile
from mutagen import ogg, oggvorbis

from demo.music import bright, fierce, serene, signals, sorrow
from demo.music.signals import Stereo
from demo.music.studio import Piece

PIECES: tuple[Piece, ...] = (*serene.PIECES, *sorrow.PIECES, *bright.PIECES, *fierce.PIECES)

_ALBUM = "Sightsong Demo Library"
_COMPRESSION = 0.97
"""0 is the largest, 1 the smallest; near 51 kbit/s here, which these sparse pieces bear well."""
_BLOCK = 8192


def write_library(folder: Path) -> list[Path]:
    """Play, encode and tag every piece into `folder`; return the files in playing order."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for number, piece in enumerate(PIECES, start=1):
        path = folder / f"{number:02d}-{_slug(piece.title)}.ogg"
        _encode(path, piece.play())
        _tag(path, piece, number)
        _fix_serial(path, zlib.crc32(piece.title.encode()))
        written.append(path)
    return written


def _encode(path: Path, samples: Stereo) -> None:
    with soundfile.SoundFile(
        path,
        "w",
        samplerate=signals.SAMPLE_RATE_HZ,
        channels=2,
        format="OGG",
        subtype="VORBIS",
        compression_level=_COMPRESSION,
    ) as file:
        # One large write overflows the stack of some builds of the encoder.
        for start in range(0, len(samples), _BLOCK):
            file.write(samples[start : start + _BLOCK])


def _tag(path: Path, piece: Piece, number: int) -> None:
    file = oggvorbis.OggVorbis(path)  # type: ignore[no-untyped-call]
    file["title"] = piece.title
    file["artist"] = piece.artist
    file["album"] = _ALBUM
    file["genre"] = piece.genre
    file["mood"] = piece.mood
    file["bpm"] = f"{piece.tempo_bpm:g}"
    file["tracknumber"] = str(number)
    file.save()


def _fix_serial(path: Path, serial: int) -> None:
    """Give every page of the stream the same known serial number (checksums are redone)."""
    pages = []
    with path.open("rb") as file:
        while True:
            try:
                page = ogg.OggPage(file)  # type: ignore[no-untyped-call]
            except EOFError:
                break
            page.serial = serial
            pages.append(page.write())  # type: ignore[no-untyped-call]
    path.write_bytes(b"".join(pages))


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")

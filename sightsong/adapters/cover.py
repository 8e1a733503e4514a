"""The picture that a music file carries, or that lies beside it."""

import base64
import binascii
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mutagen
from mutagen import flac

from sightsong.adapters.sound import confined
from sightsong.adapters.sound.tagged import DAMAGE, TooCostly, pairs, read_tagged
from sightsong.core import sniff

#: Larger pictures are left alone.
MOST_BYTES = 10 * 1024 * 1024
#: Files beside the music that are its cover, in the order of preference.
_STEMS = ("cover", "folder", "front")
_SUFFIXES = (".jpg", ".jpeg", ".png")
#: The number that ID3 and FLAC give to the picture of the front.
_FRONT = 3
_READ_PICTURE: Callable[[bytes], Any] = flac.Picture


@dataclass(frozen=True, kw_only=True)
class Cover:
    """A picture."""

    content: bytes
    media_type: str  #: `image/jpeg`, `image/png` or `image/webp`, as its bytes show.


def find_cover(path: Path) -> Cover | None:
    """Find the cover of a music file: in its tags, else beside it in its folder.

    Returns:
        the first that is a JPEG, PNG or WebP of at most `MOST_BYTES`; None if there is none. Tags
        that cannot be read have none.
    """
    return next((cover for content in _contents(path) if (cover := _cover(content))), None)


def _contents(path: Path) -> Iterator[bytes]:
    try:
        yield from _embedded(path)
    except TooCostly:
        yield confined.read(__name__, path) or b""
    yield from _beside(path)


def _cover(content: bytes) -> Cover | None:
    media_type = sniff.media_type(content[: sniff.HEAD_BYTES])
    if media_type == sniff.UNKNOWN or len(content) > MOST_BYTES:
        return None
    return Cover(content=content, media_type=media_type)


def _embedded(path: Path, *, is_confined: bool = False) -> list[bytes]:
    """Read the pictures in the tags, those of the front first.

    Raises:
        TooCostly: it takes more than may be spent.
    """
    file = read_tagged(path, is_confined=is_confined)
    try:
        found = [*_listed(file), *_tagged(file.tags)] if file is not None else []
    except DAMAGE:
        return []
    found.sort(key=lambda picture: picture[0] != _FRONT)
    return [bytes(content) for _, content in found]


def _listed(file: Any) -> Iterator[tuple[int, bytes]]:  # noqa: ANN401 - each format its own class
    """Pictures that FLAC keeps in blocks of their own."""
    for picture in getattr(file, "pictures", ()):
        yield picture.type, picture.data


def _tagged(tags: Any) -> Iterator[tuple[int, bytes]]:  # noqa: ANN401 - each format its own class
    """Pictures among the tags of ID3, MP4, APEv2, Ogg and Windows Media."""
    for key, value in pairs(tags) if tags else ():
        if key.startswith(("apic", "pic")):
            yield value.type, value.data
        elif key == "covr":
            yield from ((_FRONT, picture) for picture in value)
        elif key == "cover art (front)":
            yield _FRONT, value.value.partition(b"\0")[2]  # a file name comes first
        elif key == "wm/picture":
            yield from (_of_asf(picture.value) for picture in value)
        elif key in {"metadata_block_picture", "coverart"}:
            yield from (_of_vorbis(key, text) for text in _texts(value))


def _texts(value: object) -> list[str]:
    return value if isinstance(value, list) else [str(value)]


def _of_vorbis(key: str, text: str) -> tuple[int, bytes]:
    """Read a picture out of a Vorbis comment, where it is written in base64."""
    try:
        content = base64.b64decode(text)
        if key == "coverart":
            return _FRONT, content
        picture = _READ_PICTURE(content)
    except (binascii.Error, mutagen.MutagenError, ValueError):
        return 0, b""
    return picture.type, picture.data


def _of_asf(content: bytes) -> tuple[int, bytes]:
    """Read a picture of Windows Media: its type, its size, two texts in UTF-16, its bytes."""
    size_bytes = int.from_bytes(content[1:5], "little")
    return content[0], content[-size_bytes:] if size_bytes else b""


def _beside(path: Path) -> Iterator[bytes]:
    """Read the pictures in the folder of a file that are named as covers are."""
    try:
        names = {entry.name.lower(): entry for entry in path.parent.iterdir()}
    except (OSError, ValueError):
        return
    for stem in _STEMS:
        for suffix in _SUFFIXES:
            if found := names.get(stem + suffix):
                yield _read(found)


def _read(path: Path) -> bytes:
    try:
        if not stat.S_ISREG(path.lstat().st_mode):  # a link could lead anywhere
            return b""
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError:
        return b""


def main(asked: list[str]) -> None:
    """Write the picture in the tags of a file, in a process of its own; nothing if it has none."""
    confined.limit()
    embedded = _embedded(Path(asked[0]), is_confined=True)
    sys.stdout.buffer.write(next((one for one in embedded if _cover(one)), b""))


if __name__ == "__main__":
    main(sys.argv[1:])

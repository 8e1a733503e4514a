"""What an audio file says of itself: title, artist, album, genre, mood, licence, length, advisory.

Each container keeps its words under names of its own: frames in ID3 (MP3, WAV, AIFF, TTA, DSF),
comments in FLAC and Ogg, atoms in MP4, items in APEv2 (WavPack, Monkey's Audio, Musepack, TAK, some
MP3s), attributes in Windows Media.
"""

import json
import math
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mutagen import id3
from mutagen.apev2 import APEv2

from sightsong.adapters.sound import confined
from sightsong.adapters.sound.tagged import DAMAGE, TooCostly, pairs, read_tagged
from sightsong.core.tracks import Tags

#: Longer tags are cut: a title is for reading.
_LONGEST = 300
#: Of a longer text, this much is looked at.
_LONGEST_LOOK = 10_000
#: Longer tracks are a lie, in seconds.
_LONGEST_S = 48 * 3600.0
#: Where each tag is kept, the best place first; in small letters.
_NAMES: Mapping[str, tuple[str, ...]] = {
    "title": ("title", "tit2", "©nam", "wm/title"),
    "artist": (
        *("artist", "tpe1", "©art", "author", "wm/author"),
        *("albumartist", "album artist", "tpe2", "aart", "wm/albumartist", "performer"),
    ),
    "album": ("album", "talb", "©alb", "wm/albumtitle"),
    "genre": ("genre", "tcon", "©gen", "gnre", "wm/genre"),
    "mood": ("mood", "tmoo", "txxx:mood", "----:com.apple.itunes:mood", "wm/mood"),
    "licence": (
        *("license", "licence", "wcop", "txxx:license", "txxx:licence", "copyright", "tcop"),
        *("----:com.apple.itunes:license", "cprt", "copyright url", "wm/copyrighturl"),
    ),
}
#: Where the advice for parents is kept: the atom of MP4, and the name that others gave it since.
_ADVISORY = (
    *("rtng", "itunesadvisory", "txxx:itunesadvisory"),
    "----:com.apple.itunes:itunesadvisory",
)
#: What it says of the words: explicit (4 by the first writers of MP4), or a clean version of them.
_EXPLICIT: Mapping[str, bool] = {"1": True, "4": True, "2": False}
_LATIN_1 = 0


def read(path: Path) -> Tags:
    """Read the tags of a file; a file without readable tags has none."""
    try:
        return _read(path)
    except TooCostly:
        return Tags(**_of_child(path).get("tags", {}))


def length_s(path: Path) -> float | None:
    """Tell the length that a file claims, in seconds; None if it claims none, or a silly one.

    Good for an estimate only: a header may say anything.
    """
    try:
        return _length_s(path)
    except TooCostly:
        found: float | None = _of_child(path).get("length_s")
        return found


def main(asked: list[str]) -> None:
    """Write what a file says of itself as JSON, in a process of its own."""
    confined.limit()
    path = Path(asked[0])
    found = _read(path, is_confined=True)
    said = {name: getattr(found, name) for name in (*_NAMES, "explicit")}
    length_s = _length_s(path, is_confined=True)
    sys.stdout.write(json.dumps({"tags": said, "length_s": length_s}))


def _of_child(path: Path) -> dict[str, Any]:
    """Have a file read by a process of its own; what brings that down says nothing."""
    found: dict[str, Any] = json.loads(confined.read(__name__, path) or b"{}")
    return found


def _read(path: Path, *, is_confined: bool = False) -> Tags:
    said = _said(read_tagged(path, is_confined=is_confined))
    for kind in (id3.ID3, APEv2):  # not looked for in every format: APEv2 in MP3, ID3 in AAC
        if said.title and said.artist:
            break
        said = said.over(_said(read_tagged(path, kind, is_confined=is_confined)))
    return said


def _length_s(path: Path, *, is_confined: bool = False) -> float | None:
    try:
        claimed_s = float(read_tagged(path, is_confined=is_confined).info.length)
    except DAMAGE:
        return None
    return claimed_s if math.isfinite(claimed_s) and 0 < claimed_s <= _LONGEST_S else None


def _said(file: Any) -> Tags:  # noqa: ANN401 - each format its own class
    kept = _kept(file)
    found: dict[str, Any] = {tag: _first(kept, names) for tag, names in _NAMES.items()}
    return Tags(**found, explicit=_EXPLICIT.get(_first(kept, _ADVISORY) or ""))


def _kept(file: Any) -> dict[str, Any]:  # noqa: ANN401 - each format its own class
    """List the tags by their names, in small letters."""
    try:
        items = list(pairs(_tags(file)))
    except DAMAGE:
        return {}
    # ID3 may hold several addresses of one kind, and tells them apart by the address.
    return {name.partition(":")[0] if name.startswith("w") else name: it for name, it in items}


def _tags(file: Any) -> Any:  # noqa: ANN401 - each format its own class
    """The tags of a file, or the block of tags that it is."""
    return getattr(file, "tags", file) or {}


def _first(kept: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    for name in names:
        try:
            text = next((text for word in _words(kept.get(name)) if (text := _clean(word))), None)
        except DAMAGE:
            continue
        if text:
            return text
    return None


def _words(value: Any) -> Iterator[str]:  # noqa: ANN401 - each format its own class
    """Read the texts of one tag, of whatever format."""
    if isinstance(value, list):
        yield from (_plain(one) for one in value)
    elif hasattr(value, "FrameID"):
        yield from _id3_words(value)
    elif value is not None:
        yield from str(value).split("\0")  # APEv2 puts several into one


def _id3_words(frame: Any) -> Iterator[str]:  # noqa: ANN401 - each frame its own class
    if hasattr(frame, "url"):
        yield frame.url
        return
    # A genre may be the number of one.
    texts = frame.genres if frame.FrameID == "TCON" else frame.text
    yield from (_repaired(str(text), frame) for text in texts)


def _plain(one: object) -> str:
    """Read one text of a list: MP4's own texts are bytes."""
    return one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one)


def _repaired(text: str, frame: Any) -> str:  # noqa: ANN401 - a text frame of ID3
    """Read UTF-8 that a careless writer has called Latin-1; real Latin-1 is hardly ever UTF-8."""
    if frame.encoding != _LATIN_1 or text.isascii():
        return text
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _clean(value: str) -> str:
    """One line of printable text."""
    looked_at = value[:_LONGEST_LOOK]
    return " ".join("".join(c if c.isprintable() else " " for c in looked_at).split())[:_LONGEST]


if __name__ == "__main__":
    main(sys.argv[1:])

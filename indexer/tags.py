"""What an audio file says of itself: title, artist, album, genre, mood."""

from pathlib import Path
from typing import Any

import mutagen

from sightsong.core.tracks import Tags

#: Longer tags are cut: a title is for reading.
_LONGEST = 300

#: Where each tag is kept: easy names (Vorbis comments, EasyID3, EasyMP4), then raw ID3 and MP4.
_NAMES = {
    "title": ("title",),
    "artist": ("artist", "albumartist", "performer"),
    "album": ("album",),
    "genre": ("genre",),
    "mood": ("mood",),
}


def read(path: Path) -> Tags:
    """Read the tags of a file; a file without readable tags has none."""
    try:
        file = mutagen.File(path, easy=True)
    except (mutagen.MutagenError, OSError, ValueError, KeyError, IndexError, OverflowError):
        # A tag block that lies is no reason to refuse the music behind it.
        return Tags()
    if file is None or file.tags is None:
        return Tags()
    found = {name: _first(file.tags, keys) for name, keys in _NAMES.items()}
    return Tags(**found)


def _first(tags: Any, keys: tuple[str, ...]) -> str | None:  # noqa: ANN401 - each format its own class
    for key in keys:
        try:
            values = tags[key]
        except (KeyError, ValueError):
            continue
        text = _clean(values[0] if isinstance(values, list) and values else values)
        if text:
            return text
    return None


def _clean(value: object) -> str:
    """One line of printable text."""
    text = str(value) if value is not None else ""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:_LONGEST]

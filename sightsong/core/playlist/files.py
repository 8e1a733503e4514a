"""Playlists as files: extended M3U in UTF-8 (M3U8), and JSPF, the JSON form of XSPF version 1."""

from typing import Any

from sightsong.core.playlist.parts import Sheet, Written

#: Names what is ours in a JSPF; XSPF asks for a URI.
EXTENSION = "urn:sightsong:playlist"
_UNKNOWN_S = -1
_MS = 1000


def as_m3u8(sheet: Sheet) -> str:
    """Write a playlist as extended M3U. Each entry is two lines: its length and name, its URL."""
    lines = ["#EXTM3U", f"#PLAYLIST:{_line(sheet.title)}"]
    for track in sheet.tracks:
        seconds = _UNKNOWN_S if track.duration_s is None else round(track.duration_s)
        named = [track.title] if track.artist is None else [track.artist, track.title]
        lines += [f"#EXTINF:{seconds},{_line(' - '.join(named))}", _line(track.url)]
    return "\n".join(lines) + "\n"


def as_jspf(sheet: Sheet) -> dict[str, Any]:
    """Write a playlist as JSPF: JSON values, with the fields of XSPF."""
    return {"playlist": {"title": sheet.title, "track": [_track(one) for one in sheet.tracks]}}


def _track(track: Written) -> dict[str, Any]:
    said = {
        "location": [track.url],
        "title": track.title,
        "creator": track.artist,
        "album": track.album,
        "duration": None if track.duration_s is None else round(track.duration_s * _MS),
        "annotation": track.note,
        "extension": {EXTENSION: [_own(track)]},
    }
    return {name: value for name, value in said.items() if value is not None}


def _own(track: Written) -> dict[str, Any]:
    affect = track.affect
    return {
        "job_id": track.job_id,
        "valence": None if affect is None else affect.valence,
        "arousal": None if affect is None else affect.arousal,
    }


def _line(text: str) -> str:
    """Make one line of a text: what ends a line would make the rest an entry of its own."""
    plain = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(plain.split())

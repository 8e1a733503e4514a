"""Playlists as files, read back as players read them."""

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from sightsong.core.affect import Affect
from sightsong.core.playlist import Sheet, Written, as_jspf, as_m3u8

_TEXTS = st.text(max_size=40)
_WRITTEN = st.builds(
    Written,
    url=st.just("http://localhost:8000/v1/tracks/0f/audio"),
    title=_TEXTS,
    artist=st.none() | _TEXTS,
    album=st.none() | _TEXTS,
    duration_s=st.none() | st.floats(0, 36_000),
    job_id=st.just("0a"),
    note=_TEXTS,
    affect=st.none() | st.just(Affect(valence=0.5, arousal=-0.25)),
)
SHEETS = st.builds(Sheet, title=_TEXTS, tracks=st.lists(_WRITTEN, max_size=5))


def written(**fields: object) -> Written:
    said = {
        "url": "http://localhost:8000/v1/tracks/0f/audio",
        "title": "Morning Light",
        "artist": "Ann",
        "album": None,
        "duration_s": 61.5,
        "job_id": "0a",
        "note": "The best match for beach.jpg.",
        "affect": Affect(valence=0.5, arousal=-0.25),
    }
    return Written(**said | fields)


def read_m3u(text: str) -> list[tuple[int, str, str]]:
    """Read an extended M3U: (seconds, name, address) of each entry."""
    lines = text.splitlines()
    assert lines[0] == "#EXTM3U"
    found, info = [], None
    for line in lines[1:]:
        if named := re.fullmatch(r"#EXTINF:(-?\d+),(.*)", line):
            info = int(named[1]), named[2]
        elif line and not line.startswith("#"):
            found.append((*info, line))
            info = None
    return found


def test_an_m3u_says_how_long_each_track_is_who_plays_and_where():
    text = as_m3u8(Sheet(title="Summer", tracks=[written(), written(duration_s=None, artist=None)]))

    assert text == (
        "#EXTM3U\n#PLAYLIST:Summer\n"
        "#EXTINF:62,Ann - Morning Light\nhttp://localhost:8000/v1/tracks/0f/audio\n"
        "#EXTINF:-1,Morning Light\nhttp://localhost:8000/v1/tracks/0f/audio\n"
    )


@given(SHEETS)
def test_an_m3u_is_read_back_whatever_its_titles_hold(sheet):
    found = read_m3u(as_m3u8(sheet))

    assert [url for _, _, url in found] == [one.url for one in sheet.tracks]


def test_a_title_with_a_line_end_makes_no_entry_of_its_own():
    evil = "a\nhttp://evil.example/x.mp3\r\n#EXTINF:1,b\u2028c\u0085d"

    text = as_m3u8(Sheet(title=evil, tracks=[written(title=evil, artist=evil)]))

    assert len(text.splitlines()) == 4


def test_an_m3u_has_no_characters_that_do_something():
    text = as_m3u8(Sheet(title="t", tracks=[written(title="a\x00b\x1b[31m\u202ec", artist=None)]))

    assert text.splitlines()[2] == "#EXTINF:62,a b [31m c"


@given(SHEETS)
def test_a_jspf_is_read_back_whatever_its_titles_hold(sheet):
    read = json.loads(json.dumps(as_jspf(sheet)))["playlist"]

    assert read["title"] == sheet.title
    assert [one["title"] for one in read["track"]] == [one.title for one in sheet.tracks]
    assert [one.get("creator") for one in read["track"]] == [one.artist for one in sheet.tracks]
    assert all(one["location"][0].startswith("http://") for one in read["track"])


def test_a_jspf_has_milliseconds_and_what_is_ours_under_our_name():
    (track,) = as_jspf(Sheet(title="Summer", tracks=[written()]))["playlist"]["track"]

    assert track["duration"] == 61_500
    assert track["extension"] == {
        "urn:sightsong:playlist": [{"job_id": "0a", "valence": 0.5, "arousal": -0.25}]
    }
    assert "album" not in track

"""Manifests: lists of music files as CSV or lines of JSON."""

from indexer import manifests
from sightsong.core.errors import ManifestBroken
from tests.fuzz import files
from tests.fuzz.door import Door

_TAGS = ("title", "artist", "album", "genre", "mood", "library", "licence")


def knock(content: bytes) -> bool:
    """Read a manifest; each row is told or refused, and is as the rest of the service wants it."""
    is_taken = False
    try:
        for row in manifests.rows(files.written(content, ".csv")):
            if isinstance(row, manifests.RowProblem):
                assert row.detail
                continue
            is_taken = True
            _check(row)
    except ManifestBroken:
        return False
    return is_taken


def _check(row: manifests.Row) -> None:
    places = [place for place in (row.file, row.url) if place is not None]
    assert places
    assert all(0 < len(place) <= 4096 and place.isprintable() for place in places)
    texts = [getattr(row.given, name) for name in _TAGS]
    texts += row.given.labels
    assert all(text is None or (0 < len(text) <= 300 and text.isprintable()) for text in texts)
    assert len(row.given.labels) <= 100


def seeds() -> dict[str, bytes]:
    """Manifests as people write them."""
    return {
        "csv": b'path,title,artist,labels,explicit\na.mp3,Blue,Ann,"calm;rain",yes\nb.mp3,,,,\n',
        "semicolons": '\ufefffile;genre;mood\r\n"a;b.flac";jazz;still\r\n'.encode(),
        "tabs": b"url\tlicense\nhttps://music.example/a.ogg\tCC BY\n",
        "quoted lines": b'path,title\n"a\nb.mp3","two\nlines"\nc.mp3,"said ""hello"""\n',
        "json": b'{"path":"a.mp3","labels":["calm","rain"],"explicit":true,"title":null}\n'
        b'\n{"file":"b.mp3","tags":"x;y","mood":7}\n',
    }


DOOR = Door(
    knock=knock,
    seeds=seeds,
    longest=4096,
    words=(
        *(b"path", b"file", b"url", b"title", b"labels", b"tags", b"explicit", b"licence"),
        *(b'"', b'""', b"\xef\xbb\xbf", b"\\ud800", b"\\u0000", b"NaN", b"1e999", b"-Infinity"),
        *(b"true", b"null", b'["', b'"]', b'":"', b"\xe2\x80\xae", b"\xc2\x85", b"\0"),
    ),
)

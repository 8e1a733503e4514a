"""Manifests: what they say, and what is wrong with them."""

from pathlib import Path

import pytest

from indexer import manifests
from indexer.manifests import Row, RowProblem
from sightsong.core.errors import ManifestBroken
from sightsong.core.tracks import Tags

TRACKS = Path(__file__).parents[4] / "shared" / "data" / "music" / "tracks.csv"


@pytest.fixture
def read(tmp_path):
    def write_and_read(content: str | bytes) -> list[Row | RowProblem]:
        path = tmp_path / "manifest.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return list(manifests.rows(path))

    return write_and_read


def problems(rows):
    return [row.line for row in rows if isinstance(row, RowProblem)]


def test_a_row_says_where_music_lies_and_what_it_is(read):
    assert read(
        "path,title,artist,album,genre,mood,licence,tags\n"
        "a/b.mp3,Song,Band,Record,jazz,calm,CC0,night;rain\n"
    ) == [
        Row(
            line=2,
            file="a/b.mp3",
            url=None,
            given=Tags(
                title="Song",
                artist="Band",
                album="Record",
                genre="jazz",
                mood="calm",
                licence="CC0",
                labels=("night", "rain"),
            ),
        )
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_commas_semicolons_and_tabs_may_part_columns(read, delimiter):
    (row,) = read(delimiter.join(("file", "title")) + "\n" + delimiter.join(("a.mp3", "Song")))
    assert (row.file, row.given.title) == ("a.mp3", "Song")


def test_a_mark_of_utf8_and_windows_line_ends_are_no_part_of_the_text(read):
    (row,) = read(b"\xef\xbb\xbffile,title\r\na.mp3,\xc3\x84\r\n")
    assert (row.file, row.given.title) == ("a.mp3", "Ä")


def test_columns_may_have_any_order_case_and_company(read):
    (row,) = read("Seconds, LICENSE ,File\n12,CC BY,a.mp3\n")
    assert (row.file, row.given) == ("a.mp3", Tags(licence="CC BY"))


def test_an_empty_cell_says_nothing(read):
    (row,) = read("file,title,labels\na.mp3, ,\n")
    assert row.given == Tags()


def test_a_row_may_name_an_address(read):
    (row,) = read("url,title\nhttps://music.example/a.mp3,Song\n")
    assert (row.url, row.file) == ("https://music.example/a.mp3", None)


@pytest.mark.parametrize(
    ("word", "explicit"),
    [*[(word, True) for word in ("yes", "TRUE", "1")], *[(w, False) for w in ("No", "false", "0")]],
)
def test_a_row_may_say_whether_words_are_explicit(read, word, explicit):
    (row,) = read(f"file,explicit,library\na.mp3,{word},Vinyl\n")
    assert row.given == Tags(explicit=explicit, library="Vinyl")


def test_json_says_yes_and_no_in_its_own_words_too(read):
    rows = read(
        '{"path": "a", "explicit": false}\n'
        '{"path": "b", "explicit": true}\n'
        '{"path": "c", "explicit": null}\n'
    )
    assert [row.given.explicit for row in rows] == [False, True, None]


@pytest.mark.parametrize("word", ['"maybe"', "2", "[true]", "{}"])
def test_what_is_neither_yes_nor_no_is_told(read, word):
    assert problems(read(f'{{"path": "a", "explicit": {word}}}\n')) == [1]


def test_labels_may_be_a_json_list(read):
    (row,) = read('file,labels\na.mp3,"[""sea; salt"", ""night"", ""night""]"\n')
    assert row.given.labels == ("sea; salt", "night")


def test_a_cell_may_span_lines_and_the_next_row_keeps_its_number(read):
    rows = read('file,title\na.mp3,"two\nlines"\n,none\n')
    assert rows[0].given.title == "two lines"
    assert problems(rows) == [4]


def test_json_lines_are_read_too(read):
    rows = read('{"path": "a.mp3", "title": 1999, "tags": ["x", "y"]}\n\n{"url": "https://b"}\n')
    assert [(row.line, row.file, row.url) for row in rows] == [
        (1, "a.mp3", None),
        (3, None, "https://b"),
    ]
    assert rows[0].given == Tags(title="1999", labels=("x", "y"))


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        "[" * 60_000,
        '{"title": "no place"}',
        '{"path": {}}',
        '{"path": "a", "tags": [1]}',
        '{"path": "a\\u0000b"}',
        '{"path": "' + "a" * 70_000 + '"}',
    ],
)
def test_a_bad_json_line_is_told_and_the_next_is_read(read, line):
    rows = read('{"path": "a.mp3"}\n' + line + '\n{"path": "b.mp3"}\n')
    assert problems(rows) == [2]
    assert [row.file for row in rows if isinstance(row, Row)] == ["a.mp3", "b.mp3"]


@pytest.mark.parametrize(
    "line",
    [
        b",no place",
        b"x.mp3,title,too many",
        b'x.mp3,"a" b',
        b"x.mp3,\xff",
        b"x" * 70_000 + b",long",
        b"x" * 5000 + b",long path",
        b'x.mp3,"' + b"y" * 66_000 + b'"',
    ],
)
def test_a_bad_csv_row_is_told_and_the_next_is_read(read, line):
    rows = read(b"file,title\na.mp3,A\n" + line + b"\nb.mp3,B\n")
    assert problems(rows) == [3]
    assert [row.file for row in rows if isinstance(row, Row)] == ["a.mp3", "b.mp3"]


def test_a_quote_without_an_end_is_told(read):
    rows = read('file,title\na.mp3,"never ends\nb.mp3,B\n')
    assert problems(rows) == [2]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"title,artist\nSong,Band\n",
        b"RIFF\x24\x00\x00\x00WAVE\r\x00",
        "file,title\na,b\n".encode("utf-16"),
        b"x" * 70_000,
        b"{ not json\n",
        b'["path"]\n',
    ],
)
def test_what_is_no_manifest_is_refused_with_what_is_needed(read, content):
    with pytest.raises(ManifestBroken, match="path"):
        read(content)


def test_a_header_alone_is_a_manifest_without_rows(read):
    assert read("file,title\n") == []


def test_long_tags_are_cut_and_control_characters_left_out(read):
    (row,) = read("file,title\na.mp3," + "x\x1b\t y" + "z" * 400 + "\n")
    assert row.given.title.startswith("x yz")
    assert len(row.given.title) == 300


@pytest.mark.parametrize("name", ["a.csv", "a.TSV", "a/b.jsonl", "a.ndjson"])
def test_a_manifest_is_known_by_its_name(name):
    assert manifests.is_manifest(name)


@pytest.mark.parametrize("name", ["a.mp3", "csv", "a.csv.mp3", "a.json"])
def test_other_names_are_no_manifests(name):
    assert not manifests.is_manifest(name)


def test_the_list_of_the_shared_music_reads_whole():
    if not TRACKS.is_file():
        pytest.skip("the shared music is not here")
    rows = list(manifests.rows(TRACKS))
    assert len(rows) == 67
    assert all((TRACKS.parent / row.file).is_file() for row in rows)
    assert all(row.given.title and row.given.artist and row.given.licence for row in rows)

"""Ingests that name a library: what they take in belongs to it."""

import os
import zipfile

from sightsong.core.tracks import Tags
from tests.unit.indexer.parts import Bench, counts


def given(bench: Bench) -> dict[str, Tags]:
    """What the tracks show, by the names of their files."""
    return {
        track.path.rpartition("/")[2]: track.tags for track in bench.stores.tracks.page(limit=9)
    }


def manifest(music, *lines: str):
    path = music / "list.csv"
    path.write_text("\n".join(lines))
    return path


def test_all_that_an_ingest_takes_in_belongs_to_the_library_that_it_names(bench, music):
    bench.ingest(music, library="Vinyl")
    assert set(given(bench).values()) == {Tags(library="Vinyl")}


def test_a_manifest_names_another_library_for_its_rows(bench, music):
    told = manifest(music, "file,library", "one.mp3,Radio", "album/two.mp3,")
    bench.ingest(told, library="Vinyl")
    assert {name: tags.library for name, tags in given(bench).items()} == {
        "one.mp3": "Radio",
        "two.mp3": "Vinyl",
    }


def test_what_an_archive_holds_belongs_to_the_library_too(bench, tmp_path):
    with zipfile.ZipFile(tmp_path / "album.zip", "w") as file:
        file.writestr("one.mp3", b"one")
    bench.ingest(tmp_path / "album.zip", library="Vinyl")
    assert [tags.library for tags in given(bench).values()] == ["Vinyl"]


def test_known_files_move_to_the_library_that_is_named_later(bench, music):
    bench.ingest(manifest(music, "file,title", "one.mp3,Song"))
    bench.ingest(music)
    again = bench.ingest(music, library="Vinyl")
    assert counts(again, "changed", "known") == (2, 0)
    assert given(bench)["one.mp3"] == Tags(title="Song", library="Vinyl")
    last = bench.ingest(music, library="Radio")
    assert counts(last, "changed", "known") == (2, 0)
    assert {tags.library for tags in given(bench).values()} == {"Radio"}


def test_an_ingest_that_names_none_leaves_tracks_where_they_are(bench, music):
    bench.ingest(music, library="Vinyl")
    assert counts(bench.ingest(music), "known") == (2,)
    assert {tags.library for tags in given(bench).values()} == {"Vinyl"}


def test_what_was_said_already_is_not_read_again(bench, music):
    bench.ingest(manifest(music, "file,title", "one.mp3,Song"), library="Vinyl")
    song = music / "one.mp3"
    mtime_ns = song.stat().st_mtime_ns
    song.write_bytes(b"odd")  # of the same size, and said to be as old
    os.utime(song, ns=(mtime_ns, mtime_ns))
    again = bench.ingest(music / "list.csv", library="Vinyl")
    assert counts(again, "known", "changed") == (1, 0)


def test_a_removed_track_is_left_alone_whatever_library_is_named(bench, music):
    bench.ingest(music)
    for track in bench.stores.tracks.page(limit=9):
        bench.stores.tracks.remove(track.id)
    assert counts(bench.ingest(music, library="Vinyl"), "removed", "new") == (2, 0)

"""What a builder is given is what lies on the disk."""

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sightsong.adapters.library import layout
from sightsong.core.errors import SnapshotRefused
from sightsong.core.facts import Facts
from sightsong.core.snapshots import IndexedTrack, Windows
from tests.unit.indexer.libraries import D, Site, library, track_id, with_id


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "library")


@pytest.fixture(scope="module")
def tracks() -> list[IndexedTrack]:
    return library(1200)


@pytest.fixture
def column(site, tracks):
    built = site.build(tracks)
    return lambda name: site.column(built, name)


def test_ids_vectors_and_windows_come_back_as_they_were(column, tracks):
    assert [one.decode() for one in column("ids")] == [one.entry.track_id for one in tracks]
    np.testing.assert_array_equal(column("vectors"), [one.entry.vector for one in tracks])
    begin = 0
    for one, end in zip(tracks, column("window_ends"), strict=True):
        np.testing.assert_array_equal(column("windows")[begin:end], one.windows.vectors)
        assert tuple(column("starts")[begin:end]) == one.windows.starts_s
        begin = end


def test_facts_come_back_and_what_is_unknown_as_unknown(column, tracks):
    facts = [one.entry.facts for one in tracks]
    np.testing.assert_allclose(
        column("durations"), [np.nan if one.duration_s is None else one.duration_s for one in facts]
    )
    np.testing.assert_allclose(
        column("tempos"), [np.nan if one.tempo_bpm is None else 90.5 for one in facts]
    )
    np.testing.assert_allclose(
        column("arousals"), [one.affect.arousal if one.affect else np.nan for one in facts]
    )
    assert list(column("explicit")) == [
        -1 if one.explicit is None else int(one.explicit) for one in facts
    ]
    assert [one.decode() or None for one in column("recordings")] == [
        one.recording_id for one in facts
    ]


def terms_of(column) -> list[str]:
    whole = column("terms").tobytes()
    cuts = [0, *column("term_ends")]
    return [whole[a:b].decode() for a, b in itertools.pairwise(cuts)]


def test_each_term_names_its_rows(column, tracks):
    terms = terms_of(column)
    assert terms == sorted(terms, key=str.encode)
    cuts = [0, *column("term_row_ends")]
    rows = {
        term: list(column("term_rows")[a:b])
        for term, (a, b) in zip(terms, itertools.pairwise(cuts), strict=True)
    }
    expected: dict[str, list[int]] = {}
    for row, one in enumerate(tracks):
        for term in one.entry.facts.terms:
            expected.setdefault(term, []).append(row)
    assert rows == expected


def test_artists_are_numbers_of_terms(column, tracks):
    terms = terms_of(column)
    artists = [terms[number] if number >= 0 else None for number in column("artists")]
    assert artists == [one.entry.facts.artist for one in tracks]


def test_a_track_without_windows_or_words_is_indexed(site):
    bare = [
        replace(
            one,
            entry=replace(one.entry, facts=Facts()),
            windows=Windows(vectors=np.empty((0, D), np.float16), starts_s=()),
        )
        for one in library(3)
    ]
    built = site.build(bare)
    assert built.manifest["windows"] == 0
    assert len(site.column(built, "terms")) == 0
    site.builder().verify(built)


@pytest.mark.parametrize("name", ["", "ü" * 4, "x" * 37, "end\0", "日本"])
def test_an_id_that_would_not_come_back_is_refused(site, name):
    with pytest.raises(SnapshotRefused, match="cannot be indexed"):
        site.build([with_id(library(1)[0], name)])
    assert site.folders() == set()


@pytest.mark.parametrize("order", [(1, 0), (0, 0)])
def test_ids_out_of_order_are_refused(site, order):
    some = library(2)
    with pytest.raises(SnapshotRefused, match="order"):
        site.build([some[place] for place in order])


BROKEN = [
    np.ones(D + 1, np.float16),
    np.empty(0, np.float16),
    np.full(D, np.nan, np.float16),
    np.full(D, np.inf, np.float16),
]


def with_vector(one: IndexedTrack, vector: np.ndarray) -> IndexedTrack:
    return replace(one, entry=replace(one.entry, vector=vector))


@pytest.mark.parametrize("vector", BROKEN)
@pytest.mark.parametrize("place", [0, 1, 4, 700])
@pytest.mark.parametrize("kind", ["exact", "ivf"])
def test_a_broken_vector_is_left_out_and_counted(site, tracks, kind, place, vector):
    some = [*tracks[:place], with_vector(tracks[place], vector), *tracks[place + 1 :]]
    built = site.build(some, kind=kind)
    assert (built.manifest["tracks"], built.manifest["left_out"]) == (1199, 1)
    assert built.manifest["dimension"] == D
    left = [track_id(i) for i in range(1200) if i != place]
    assert [one.decode() for one in site.column(built, "ids")] == left
    site.builder().verify(built)


def test_nothing_is_left_out_of_a_library_that_is_sound(site, tracks):
    assert site.build(tracks).manifest["left_out"] == 0


def test_tracks_that_are_all_broken_are_nothing_to_index(site):
    broken = [with_vector(one, np.full(D, np.nan, np.float16)) for one in library(3)]
    with pytest.raises(SnapshotRefused, match="none of 3"):
        site.build(broken)
    assert site.folders() == set()


@pytest.mark.parametrize(
    "windows",
    [
        Windows(vectors=np.ones((2, D), np.float16), starts_s=(0.0,)),
        Windows(vectors=np.ones((1, D + 1), np.float16), starts_s=(0.0,)),
        Windows(vectors=np.full((1, D), np.nan, np.float16), starts_s=(0.0,)),
    ],
)
def test_of_a_track_whose_windows_do_not_fit_they_alone_are_left_out(site, windows):
    one, other = library(2)
    built = site.build([replace(one, windows=windows), other])
    assert (built.manifest["tracks"], built.manifest["left_out"]) == (2, 0)
    assert built.manifest["windows"] == len(other.windows.starts_s)


def test_every_file_is_in_the_manifest(site, tracks):
    built = site.build(tracks, kind="ivf")
    folder = site.root / built.path
    files = {path.name for path in folder.iterdir()}
    assert files == {*built.manifest["sha256"], layout.MANIFEST}
    assert built.manifest["bytes"] == sum(
        (folder / name).stat().st_size for name in built.manifest["sha256"]
    )

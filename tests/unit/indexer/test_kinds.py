"""Each kind of index finds what is nearest, and says how far to look."""

from pathlib import Path

import numpy as np
import pytest

from indexer import index, kinds
from sightsong.adapters.library import layout
from sightsong.adapters.library.loaded import LoadedSnapshot
from sightsong.core.embeddings import cosine, unit
from sightsong.core.errors import ConfigurationError, SnapshotRefused, StorageFull
from sightsong.core.facts import Filters
from tests.unit.indexer.libraries import D, Site, library, track

FORCED = sorted(kinds.KINDS)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "library")


@pytest.fixture(scope="module")
def tracks():
    return library(2000)


@pytest.mark.parametrize("kind", FORCED)
def test_what_is_built_is_served_and_finds_what_is_nearest(site, tracks, kind):
    built = site.build(tracks, kind=kind)
    assert built.manifest["kind"] == kind
    loaded = LoadedSnapshot(built, site.root / built.path)
    vectors = np.stack([one.entry.vector for one in tracks])
    hits = 0
    for query in unit(vectors[::100].astype(np.float32) + 0.05):
        found = loaded.nearest(query, k=10, where=Filters(), hidden=loaded.hide(()))
        exact = np.sort(cosine(query, vectors))[::-1][:10]
        hits += sum(one.cosine >= exact[-1] - 1e-9 for one in found)
    loaded.close()
    assert hits >= 0.97 * 10 * len(vectors[::100])


@pytest.mark.parametrize("kind", [name for name in FORCED if name != "exact"])
def test_the_manifest_says_how_far_to_look_and_what_that_finds(site, tracks, kind):
    manifest = site.build(tracks, kind=kind).manifest
    assert manifest["parameters"].keys() == {kinds.KINDS[kind].knob, "pool"}
    assert manifest["recall_at_10"].keys() == {"library", "text"}
    assert min(manifest["recall_at_10"].values()) >= 0.99
    assert min(manifest["recall_at_200"].values()) > 0.5


@pytest.mark.parametrize("kind", FORCED)
@pytest.mark.parametrize("n", [1, 2, 9])
def test_a_handful_of_tracks_can_be_of_any_kind(site, kind, n):
    built = site.build(library(n), kind=kind)
    assert built.manifest["recall_at_10"] == {"library": 1.0, "text": 1.0}
    site.builder().verify(built)


def test_the_same_library_makes_the_same_index(site, tracks):
    one, other = (site.build(tracks, kind="ivf").manifest for _ in range(2))
    assert one["sha256"] == other["sha256"]
    assert one["parameters"] == other["parameters"]


def test_auto_compares_with_all_while_that_is_fast(site, tracks):
    assert site.build(tracks, kind="auto").manifest["kind"] == "exact"
    (few,) = kinds.kinds_of("auto", tracks=kinds.EXACT_UP_TO)
    many, *_, last = kinds.kinds_of("auto", tracks=kinds.EXACT_UP_TO + 1)
    assert (few.name, many.name, last.name) == ("exact", "ivf", "exact")


@pytest.fixture(scope="module")
def shapeless():
    """More tracks than are compared one by one, all as far from each other."""
    dice = np.random.default_rng(3)
    vectors = unit(dice.standard_normal((kinds.EXACT_UP_TO + 1, 128))).astype(np.float16)
    return [track(i, vector, windows=0) for i, vector in enumerate(vectors)]


def test_auto_falls_back_where_the_smallest_index_finds_too_little(site, shapeless):
    with pytest.raises(SnapshotRefused, match="finds only"):
        site.build(shapeless, kind="ivf")
    built = site.build(shapeless, kind="auto")
    assert built.manifest["kind"] == "ivf-sq8"
    assert min(built.manifest["recall_at_10"].values()) >= 0.99
    site.builder().verify(built)


def test_auto_compares_with_all_where_nothing_else_finds_enough(site, shapeless):
    built = site.build(shapeless, kind="auto", least_recall=1.001)
    assert built.manifest["kind"] == "exact"
    assert built.manifest["recall_at_10"] == {"library": 1.0, "text": 1.0}
    assert not (site.root / built.path / layout.NEAR).exists()
    site.builder().verify(built)


def test_a_kind_that_is_none_is_refused(site, tracks):
    with pytest.raises(ConfigurationError, match="'magic'"):
        site.build(tracks, kind="magic")


def test_phrases_are_what_words_are_measured_by(site, tracks):
    dice = np.random.default_rng(1)
    # All the nearest of these lie in one place: what is made up instead lies in many.
    phrases = unit(tracks[0].entry.vector + 0.1 * dice.standard_normal((8, D)))
    with_phrases = site.build(tracks, kind="ivf", phrases=phrases).manifest
    assert with_phrases["recall_at_10"]["text"] == 1.0
    few, none = (site.build(tracks, kind="ivf", phrases=phrases[:n]).manifest for n in (7, 0))
    assert few["recall_at_10"] == none["recall_at_10"] != with_phrases["recall_at_10"]


def test_an_index_that_finds_too_little_is_refused(site, tracks):
    with pytest.raises(SnapshotRefused, match="finds only"):
        site.build(tracks, kind="ivf", least_recall=1.001)
    assert site.folders() == set()


def test_vectors_that_are_the_same_are_equally_right_answers(site, tracks):
    copies = [track(i, tracks[0].entry.vector) for i in range(2000)]
    manifest = site.build(copies, kind="ivf").manifest
    assert manifest["recall_at_10"] == {"library": 1.0, "text": 1.0}
    assert manifest["parameters"]["pool"] == 50  # the least that is tried


def test_a_file_that_is_no_index_does_not_open(tmp_path):
    path = tmp_path / "near.faiss"
    path.write_bytes(b"IxFI but no more than that")
    with pytest.raises(SnapshotRefused, match="cannot be opened"):
        index.open_written(path, kinds.KINDS["ivf"])


def test_a_disk_that_is_full_is_told_through_faiss(tracks):
    vectors = np.stack([one.entry.vector for one in tracks])
    near = index.grow(kinds.KINDS["ivf"], vectors, go_on=lambda: True)

    def take(_content: bytes) -> None:
        raise StorageFull

    with pytest.raises(StorageFull):
        near.write(take)

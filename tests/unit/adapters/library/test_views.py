"""Views against brute force: random bases, changes, filters and caps, for every kind of index."""

from collections.abc import Iterable, Iterator, Mapping

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sightsong.adapters.library.delta import Delta
from sightsong.adapters.library.loaded import LoadedSnapshot
from sightsong.adapters.library.view import View
from sightsong.core.embeddings import unit
from sightsong.core.facts import Facts, Filters, Range
from sightsong.core.ports import Neighbour
from sightsong.core.snapshots import Changes, Windows
from sightsong.core.tracks import TrackId
from tests.unit.adapters.library.parts import (
    DIMENSION,
    EVERY_NAME,
    KINDS,
    SPACE,
    Rows,
    brute_force,
    query_of,
    rewritten,
    told,
    track,
)

names = st.sampled_from(EVERY_NAME[:160])
words = {
    "genres": ("Jazz", "rock", "WÖRLD", "none such"),
    "artists": ("a", "b", "ö"),
    "labels": ("0", "1", "2", "3", "zz"),
}
ranges = st.builds(
    Range, least=st.sampled_from([None, 103, 104.1]), most=st.sampled_from([None, 105.1, 1e39])
)
filters = st.builds(
    Filters,
    **{
        name: st.lists(st.sampled_from(said), max_size=2).map(tuple) for name, said in words.items()
    },
    duration_s=ranges,
    tempo_bpm=st.builds(Range, least=st.sampled_from([None, 100]), most=st.just(None)),
    explicit=st.sampled_from([None, None, True, False]),
    without=st.frozensets(names, max_size=5),
    without_artists=st.frozensets(st.sampled_from(["artist:a", "artist:ö"]), max_size=1),
)
wishes = st.fixed_dictionaries(
    {
        "k": st.integers(1, 40),
        "where": st.just(Filters()) | filters,
        "duplicates": st.booleans(),
        "per_artist": st.sampled_from([None, 1, 2, 5]),
    }
)


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, LoadedSnapshot]]:
    """One base of each kind, of the same tracks; candidates wide enough to miss none."""
    root = tmp_path_factory.mktemp("bases")
    rows = Rows(track(name, 1) for name in EVERY_NAME[:120])
    opened = {}
    for kind in KINDS:
        made = rows.build(root, kind=kind)
        wide = dict.fromkeys(made.manifest["parameters"], 400)
        made = rewritten(root, made, parameters=wide)
        opened[kind] = LoadedSnapshot(made, root / made.path, few=0)
    yield opened
    for base in opened.values():
        base.close()


def view_of(base: LoadedSnapshot | None, rows: Rows, since: int = 1) -> View:
    delta = Delta(revision=since).with_changes(rows.changes(SPACE, since=since))
    return View(base, delta, read_windows=rows.windows_of)


@pytest.mark.parametrize("kind", KINDS)
@given(
    changed=st.dictionaries(names, st.integers(2, 9), max_size=40),
    gone=st.frozensets(names, max_size=30),
    wish=wishes,
    seed=st.integers(0, 99),
)
@settings(max_examples=60, deadline=None)
def test_a_view_finds_what_brute_force_finds(bases, kind, changed, gone, wish, seed):
    rows = Rows(track(name, 1) for name in EVERY_NAME[:120])
    rows.put(*(track(name, by) for name, by in changed.items()))
    rows.remove(*gone)
    found = view_of(bases[kind], rows).search(query_of(seed), **wish)
    assert told(found) == brute_force(rows.tracks.values(), query_of(seed), **wish)


@pytest.mark.parametrize("kind", KINDS)
@given(wish=wishes, seed=st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_tracks_say_the_same_in_a_snapshot_and_outside(bases, kind, wish, seed):
    rows = Rows(track(name, 1) for name in EVERY_NAME[:120])
    inside = view_of(bases[kind], rows).search(query_of(seed), **wish)
    outside = view_of(None, rows, since=0).search(query_of(seed), **wish)
    assert [_plain(one) for one in inside] == [_plain(one) for one in outside]


def _plain(one: Neighbour) -> tuple[object, ...]:
    return one.track_id, one.cosine, one.vector.tobytes(), one.facts


@given(
    steps=st.lists(st.tuples(st.lists(names, max_size=5), st.lists(names, max_size=5)), max_size=6),
    seed=st.integers(0, 99),
)
@settings(max_examples=40, deadline=None)
def test_changes_told_one_after_another_make_what_they_make_at_once(bases, steps, seed):
    rows = Rows(track(name, 1) for name in EVERY_NAME[:120])
    view = view_of(bases["exact"], rows)
    for number, (put, removed) in enumerate(steps):
        rows.put(*(track(name, number + 2) for name in put))
        rows.remove(*removed)
        view = view.after(rows.changes(SPACE, since=view.revision))
    found = view.search(query_of(seed), k=200, duplicates=True)
    assert told(found) == told(
        view_of(bases["exact"], rows).search(query_of(seed), k=200, duplicates=True)
    )
    assert view.revision == rows.now


@pytest.mark.parametrize("kind", KINDS)
def test_the_ranking_is_the_same_to_the_last_bit_on_any_number_of_threads(bases, kind):
    rows = Rows(track(name, 1) for name in EVERY_NAME[:120])
    view = view_of(bases[kind], rows)
    rankings = set()
    for threads in (1, 2, 4):
        faiss.omp_set_num_threads(threads)
        found = view.search(query_of(5), k=30)
        rankings.add(tuple((one.track_id, one.cosine.hex()) for one in found))
    faiss.omp_set_num_threads(1)
    assert len(rankings) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_the_best_window_is_the_nearest_one_and_the_first_of_equals(bases, kind):
    rows = Rows(track(name, 1) for name in EVERY_NAME[:120])
    rows.put(*(track(name, 3) for name in EVERY_NAME[50:60]))
    rows.remove("t0070")
    best = view_of(bases[kind], rows).best_windows(query_of(1), EVERY_NAME[:130])
    expected = {}
    for name, one in rows.tracks.items():
        near = [float(row.astype(float) @ query_of(1).astype(float)) for row in one.windows.vectors]
        if near:
            expected[name] = one.windows.starts_s[near.index(max(near))]
    assert best == expected


def test_windows_that_the_snapshot_has_are_not_asked_of_the_database(bases):
    rows = Rows(track(name, 1) for name in EVERY_NAME[:120])
    asked = []

    def read(ids: Iterable[TrackId]) -> Mapping[TrackId, Windows]:
        asked.extend(ids)
        return {}

    with_windows = [name for name, one in rows.tracks.items() if one.windows.starts_s]
    View(bases["exact"], Delta(), read_windows=read).best_windows(query_of(1), with_windows)
    assert asked == []


def test_a_vector_is_that_of_the_newest_embedding_and_none_once_it_is_gone(bases):
    rows = Rows(track(name, 1) for name in EVERY_NAME[:120])
    rows.put(newer := track("t0005", 9))
    rows.remove("t0006")
    view = view_of(bases["ivf"], rows)
    assert view.vector(TrackId("t0005")).tolist() == newer.entry.vector.astype("f4").tolist()
    kept = rows.tracks[TrackId("t0007")].entry.vector
    assert view.vector(TrackId("t0007")).tolist() == kept.astype("f4").tolist()
    assert view.vector(TrackId("t0006")) is None
    assert view.vector(TrackId("nobody's")) is None


def test_ids_that_no_snapshot_can_hold_are_in_none(bases):
    for strange in ("", "t0005" + " " * 40, "tö", "\x00", "zzz"):
        assert bases["exact"].vector(TrackId(strange)) is None


def test_in_a_library_of_one_artist_the_cap_ends_the_search_and_not_patience(bases):
    rows = Rows(
        track(name, 2, facts=Facts(terms=("artist:one",), artist="artist:one"))
        for name in EVERY_NAME
    )
    looked = []

    class Counting(Delta):
        def nearest(self, query: NDArray[np.float32], *, k: int, where: Filters) -> list[Neighbour]:
            looked.append(k)
            return super().nearest(query, k=k, where=where)

    delta = Counting((one.entry for one in rows.tracks.values()), revision=1)
    view = View(None, delta, read_windows=Rows().windows_of)
    assert len(view.search(query_of(1), k=5, per_artist=2)) == 2
    assert sum(looked) < 60


class FindsLate:
    """A base whose first answer misses the nearest: its index looks only so far."""

    version, revision, size, dimension = "v", 1, 4, DIMENSION

    def __init__(self) -> None:
        self._found = [[0.8, 0.7], [0.9, 0.6]]

    def hide(self, track_ids: Iterable[TrackId]) -> frozenset[TrackId]:
        return frozenset(track_ids)

    def nearest(self, query: NDArray[np.float32], **asked: object) -> list[Neighbour]:
        cosines = self._found.pop(0) if self._found else []
        return [
            Neighbour(
                track_id=TrackId(f"t{cosine}"),
                cosine=cosine,
                vector=query,
                facts=Facts(recording_id=TrackId("same") if cosine == 0.7 else None),
            )
            for cosine in cosines
        ] + [_filler(query, number) for number in range((asked["k"] - 2) if cosines else 0)]


def _filler(query: NDArray[np.float32], number: int) -> Neighbour:
    facts = Facts(recording_id=TrackId("same"))
    return Neighbour(track_id=TrackId(f"x{number}"), cosine=0.5, vector=query, facts=facts)


def test_what_is_found_late_takes_its_place_all_the_same():
    view = View(FindsLate(), Delta(revision=1), read_windows=Rows().windows_of)
    found = view.search(query_of(1), k=3)
    assert [one.cosine for one in found] == [0.9, 0.8, 0.7]


@pytest.mark.parametrize("kind", KINDS)
def test_a_filter_that_no_text_can_hold_fits_nothing(bases, kind):
    rows = Rows(track(name, 1) for name in EVERY_NAME[:120])
    view = view_of(bases[kind], rows)
    assert view.search(query_of(1), k=5, where=Filters(genres=("\ud800",))) == ()


def test_an_empty_library_answers_with_nothing():
    view = View(None, Delta(), read_windows=Rows().windows_of)
    assert view.search(query_of(1), k=5) == ()
    assert view.best_windows(query_of(1), [TrackId("t0001")]) == {}
    assert (view.snapshot, view.revision) == (None, 0)


def test_none_are_found_where_none_are_asked_for(bases):
    rows = Rows(track(name, 1) for name in EVERY_NAME[:120])
    assert view_of(bases["ivf"], rows).search(query_of(1), k=0, duplicates=True) == ()


@pytest.mark.parametrize("kind", KINDS)
def test_a_query_of_another_dimension_is_an_error_and_no_wild_read(bases, kind):
    with pytest.raises(ValueError, match="dimension"):
        view_of(bases[kind], Rows()).search(unit(np.ones(DIMENSION + 1)), k=3)


def test_a_query_like_none_at_all_lists_tracks_by_their_ids(bases):
    rows = Rows(track(name, 1) for name in EVERY_NAME[:120])
    found = view_of(bases["exact"], rows).search(np.zeros(DIMENSION, "f4"), k=9, duplicates=True)
    assert [one.track_id for one in found] == list(EVERY_NAME[:9])


def test_what_comes_back_after_it_was_gone_is_found_again():
    entry = track("t0001", 1).entry
    gone = Delta().with_changes(Changes(revision=1, gone=frozenset({entry.track_id})))
    back = gone.with_changes(Changes(revision=2, entries=(entry,)))
    assert told(back.nearest(query_of(1), k=1, where=Filters()))[0][0] == "t0001"
    assert back.gone == frozenset()

"""The read side of the index: `LibraryView` over every backend, and the `Builder` behind it."""

from dataclasses import replace

import numpy as np
import pytest

from sightsong.core.affect import Affect
from sightsong.core.embeddings import Space
from sightsong.core.errors import SnapshotNotFound, SnapshotRefused
from sightsong.core.facts import Filters, Range
from sightsong.core.snapshots import Snapshot
from tests.contract.libraries import (  # noqa: F401 - a fixture
    Sounds,
    between,
    direction,
    indexed,
)
from tests.milvus_lite import milvus_url  # noqa: F401 - the fixture

MANY = 300
RARE = 100  # one track in so many is of a rare genre
ODD = 'Drum "n" \\ Bass\u0001, d\'été 日本'

#: Tags of a small library, by the name of each track.
SAID = {
    "plain": {},
    "rock": {"genre": "Rock", "mood": "Happy", "artist": "Ann", "explicit": True},
    "calm": {"genre": "rock", "mood": "calm", "artist": "Bob", "explicit": False},
    "folk": {"genre": "Folk", "mood": "calm", "artist": "ann", "labels": ("live", "Old")},
    "odd": {"genre": ODD, "labels": ("old",), "library": "Vinyl"},
}
HEARD = {
    "plain": {"duration_s": 30.0, "tempo_bpm": float("nan")},
    "rock": {"duration_s": 60.0, "tempo_bpm": 150.0},
    "calm": {"duration_s": 120.0, "tempo_bpm": 60.0},
    "folk": {"duration_s": 180.1, "tempo_bpm": 90.0},
    "odd": {"duration_s": 240.5, "tempo_bpm": 90.25},
}
FITTING = [
    (Filters(), set(SAID)),
    (Filters(genres=("ROCK",)), {"rock", "calm"}),
    (Filters(genres=("rock", "folk")), {"rock", "calm", "folk"}),
    (Filters(genres=(ODD,)), {"odd"}),
    (Filters(moods=("calm",)), {"calm", "folk"}),
    (Filters(artists=("Ann",)), {"rock", "folk"}),
    (Filters(labels=("OLD",)), {"folk", "odd"}),
    (Filters(libraries=("vinyl",)), {"odd"}),
    (Filters(genres=("rock",), moods=("calm",)), {"calm"}),
    (Filters(duration_s=Range(least=60.0, most=180.0)), {"rock", "calm"}),
    (Filters(duration_s=Range(least=180.1, most=180.1)), {"folk"}),  # no float32 is 180.1
    (Filters(duration_s=Range(least=240.5)), {"odd"}),
    (Filters(tempo_bpm=Range(most=90.0)), {"calm", "folk"}),
    (Filters(explicit=False), {"plain", "calm", "folk", "odd"}),
    (Filters(explicit=True), {"rock"}),
    (Filters(without_artists=frozenset({"artist:ann"})), {"plain", "calm", "odd"}),
    (Filters(genres=("jazz",)), set()),
]


@pytest.fixture
def some(indexed):  # noqa: F811 - the fixture
    """Ids of the small library by name, in a snapshot; `rock` lies nearest to direction 1."""
    ids = {
        name: indexed.add(
            name, Sounds(vector=between(1, 2, 0.1 * number), **HEARD[name]), **SAID[name]
        )
        for number, name in enumerate(("rock", "calm", "folk", "odd", "plain"))
    }
    indexed.rebuild()
    return ids


@pytest.fixture
def many(indexed):  # noqa: F811
    """A larger library, in a snapshot: a few tracks are of a rare genre."""
    for number in range(MANY):
        genre = "Rare" if number % RARE == 0 else "Common"
        indexed.add(f"track {number}", Sounds(vector=direction(number)), genre=genre)
    indexed.rebuild()
    return indexed


def test_a_library_without_tracks_finds_none(indexed):  # noqa: F811
    indexed.library.follow()
    view = indexed.library.view()
    assert (view.snapshot, view.search(direction(1), k=5)) == (None, ())


def test_of_no_tracks_there_is_no_snapshot(indexed):  # noqa: F811
    with pytest.raises(SnapshotRefused):
        indexed.build()


def test_what_is_found_is_what_looking_at_every_track_finds(many):
    shares = []
    for seed in range(1000, 1010):
        query = direction(seed)
        right = list(many.nearest(query))[:10]
        shares.append(len(set(many.found(query)) & set(right)) / 10)
    assert np.mean(shares) >= 0.95  # what each builder refuses to fall below


def test_cosines_are_the_same_to_the_last_bit_wherever_a_track_is_found(many):
    query = direction(1000)
    cosines = many.nearest(query)
    found = many.library.view().search(query, k=10)
    assert [one.cosine for one in found] == [cosines[one.track_id] for one in found]


def test_what_is_found_comes_with_its_vector_and_its_facts(indexed, some):  # noqa: F811
    # But for its terms: tracks are found by them, and a backend need not read them back.
    (first, *_) = indexed.library.view().search(direction(1), k=1)
    assert first.track_id == some["rock"]
    assert first.vector.dtype == np.float32
    assert first.vector.tolist() == direction(1).astype(np.float16).tolist()
    assert first.facts.artist == "artist:ann"
    assert first.facts.affect == Affect(valence=0.25, arousal=-0.5)
    assert (first.facts.duration_s, first.facts.tempo_bpm, first.facts.explicit) == (60, 150, True)


def test_what_is_not_known_of_a_track_stays_unknown(indexed, some):  # noqa: F811
    found = {one.track_id: one.facts for one in indexed.library.view().search(direction(1), k=9)}
    plain = found[some["plain"]]
    assert (plain.artist, plain.recording_id) == (None, None)
    assert (plain.tempo_bpm, plain.explicit) == (None, None)


def test_as_many_are_found_as_there_are_at_most(indexed, some):  # noqa: F811
    assert set(indexed.found(direction(1), k=1000)) == set(some.values())


def test_of_equal_vectors_the_smaller_id_comes_first(indexed):  # noqa: F811
    same = [indexed.add(f"same {n}", Sounds(vector=direction(1))) for n in range(12)]
    indexed.add("other", Sounds(vector=direction(2)))
    indexed.rebuild()
    assert indexed.found(direction(1), k=4) == sorted(same)[:4]


def test_only_what_fits_is_found(indexed, some):  # noqa: F811
    names = {track_id: name for name, track_id in some.items()}
    found = [(where, set(indexed.found(direction(1), where=where))) for where, _ in FITTING]
    assert [(where, {names[one] for one in ids}) for where, ids in found] == FITTING


def test_tracks_that_are_not_wanted_are_never_found(indexed, some):  # noqa: F811
    without = frozenset({some["rock"], some["odd"]})
    found = indexed.found(direction(1), where=Filters(without=without))
    assert set(found) == set(some.values()) - without


def test_a_rare_genre_is_found_however_far_it_lies(many):
    where = Filters(genres=("rare",))
    for seed in range(1000, 1005):
        assert len(many.found(direction(seed), where=where)) == MANY // RARE


def test_a_recording_is_found_once(indexed, some):  # noqa: F811
    indexed.group(some["calm"], some["rock"])
    indexed.rebuild()
    found = indexed.found(direction(1))
    assert some["rock"] in found  # the nearer encoding, not the one that stands for it
    assert some["calm"] not in found


def test_all_encodings_are_found_where_they_are_asked_for(indexed, some):  # noqa: F811
    indexed.group(some["calm"], some["rock"])
    indexed.rebuild()
    assert set(indexed.found(direction(1), duplicates=True)) == set(some.values())


def test_no_artist_is_found_too_often(indexed):  # noqa: F811
    near = [
        indexed.add(f"ann {n}", Sounds(vector=between(1, 2, 0.01 * n)), artist="Ann")
        for n in range(30)
    ]
    far = indexed.add("bob", Sounds(vector=direction(2)), artist="Bob")
    nobodys = [indexed.add(f"nobody {n}", Sounds(vector=between(2, 3, 0.1))) for n in range(3)]
    indexed.rebuild()
    found = indexed.found(direction(1), k=6, per_artist=2)
    assert found[:2] == near[:2]
    assert set(found[2:]) == {far, *nobodys}


def test_a_new_track_is_found_before_the_next_rebuild(indexed, some):  # noqa: F811
    new = indexed.add("new", Sounds(vector=direction(7)))
    assert indexed.found(direction(7), k=1) == [new]
    assert indexed.found(direction(1), k=1) == [some["rock"]]


def test_an_edited_track_is_found_by_what_is_said_of_it_now(indexed, some):  # noqa: F811
    indexed.edit(some["rock"], genre="Jazz")
    assert indexed.found(direction(1), where=Filters(genres=("jazz",))) == [some["rock"]]
    assert indexed.found(direction(1), where=Filters(genres=("rock",))) == [some["calm"]]


def test_a_track_that_was_embedded_anew_is_found_where_it_lies_now(indexed, some):  # noqa: F811
    assert indexed.embed_again("rock", Sounds(vector=direction(7))) == some["rock"]
    assert indexed.found(direction(7), k=1) == [some["rock"]]
    assert indexed.found(direction(1), k=1) == [some["calm"]]
    assert indexed.found(direction(1)).count(some["rock"]) == 1


def test_a_removed_track_is_found_no_more(indexed, some):  # noqa: F811
    indexed.remove(some["rock"])
    assert set(indexed.found(direction(1))) == set(some.values()) - {some["rock"]}


@pytest.mark.parametrize("k", [20, 1000])
def test_many_removed_tracks_hide_none_of_the_others(many, k):
    query = direction(1000)
    nearest = list(many.nearest(query))
    for track_id in nearest[:200]:
        many.stores.tracks.remove(track_id)
    many.library.follow()
    found = many.found(query, k=k)
    assert len(found) == min(k, MANY - 200)
    assert set(found) <= set(nearest[200:])


def test_a_rebuild_takes_in_what_has_changed(indexed, some):  # noqa: F811
    new = indexed.add("new", Sounds(vector=direction(7)), genre="rock")
    indexed.remove(some["rock"])
    before = indexed.found(direction(1))
    snapshot = indexed.rebuild()
    view = indexed.library.view()
    assert (view.snapshot, view.changed) == (snapshot.version, 0)
    assert indexed.found(direction(1)) == before
    assert indexed.found(direction(7), where=Filters(genres=("rock",)), k=1) == [new]


def test_a_rebuild_changes_nothing_that_is_known_of_a_track(indexed):  # noqa: F811
    felt = Affect(valence=0.1, arousal=-0.7)
    heard = Sounds(vector=direction(1), duration_s=180.1, tempo_bpm=90.3, affect=felt)
    indexed.add("one", heard, artist="Ann", explicit=False)
    (before,) = indexed.library.view().search(direction(1), k=1)
    indexed.rebuild()
    (after,) = indexed.library.view().search(direction(1), k=1)
    assert replace(after.facts, terms=()) == replace(before.facts, terms=())


def test_after_a_roll_back_the_library_is_as_it_is_now(indexed, some):  # noqa: F811
    old = indexed.stores.snapshots.active(indexed.space).version
    new = indexed.add("new", Sounds(vector=direction(7)))
    indexed.remove(some["rock"])
    indexed.rebuild()
    indexed.roll_back(old)
    assert indexed.library.view().snapshot == old
    assert set(indexed.found(direction(1))) == set(some.values()) - {some["rock"]} | {new}


def test_the_vector_of_a_track_can_be_read(indexed, some):  # noqa: F811
    view = indexed.library.view()
    assert view.vector(some["rock"]).tolist() == direction(1).astype(np.float16).tolist()


def test_an_unknown_track_has_no_vector(indexed, some):  # noqa: F811
    assert indexed.library.view().vector("00000000-0000-4000-8000-000000000000") is None


def test_a_removed_track_has_no_vector(indexed, some):  # noqa: F811
    indexed.remove(some["rock"])
    assert indexed.library.view().vector(some["rock"]) is None


def test_the_window_nearest_to_a_query_is_found(indexed):  # noqa: F811
    heard = Sounds(vector=direction(1), windows=(direction(3), direction(4), direction(5)))
    old = indexed.add("old", heard)
    indexed.rebuild()
    new = indexed.add("new", heard)
    starts = indexed.library.view().best_windows(direction(4), [old, new, "unknown"])
    assert starts == {old: 10.0, new: 10.0}


def test_a_snapshot_of_another_space_is_refused(indexed, some):  # noqa: F811
    snapshot = indexed.stores.snapshots.active(indexed.space)
    with pytest.raises(SnapshotRefused):
        indexed.open_base(replace(snapshot, space=Space("foreign@1")))


def test_a_snapshot_that_lies_elsewhere_is_refused(indexed, some):  # noqa: F811
    snapshot = indexed.stores.snapshots.active(indexed.space)
    with pytest.raises(SnapshotRefused):
        indexed.open_base(_with(snapshot, backend="elsewhere"))


def test_a_snapshot_of_other_counts_is_refused(indexed, some):  # noqa: F811
    snapshot = indexed.stores.snapshots.active(indexed.space)
    with pytest.raises(SnapshotRefused):
        indexed.open_base(_with(snapshot, tracks=len(some) + 1))


def test_the_manifest_tells_of_what_a_snapshot_is_made(indexed, some):  # noqa: F811
    told = indexed.stores.snapshots.active(indexed.space).manifest
    assert (told["format"], told["space"], told["tracks"]) == (2, indexed.space, len(some))
    assert told["recall_at_10"]["library"] >= 0.95
    assert told["bytes"] > 0


def test_a_good_snapshot_verifies(indexed, some):  # noqa: F811
    indexed.builder.verify(indexed.stores.snapshots.active(indexed.space))


def test_a_build_that_is_told_to_stop_makes_nothing(indexed, some):  # noqa: F811
    assert indexed.build(go_on=lambda: False) is None


def test_old_snapshots_are_pruned_but_for_those_kept_to_roll_back(indexed, some):  # noqa: F811
    first = indexed.stores.snapshots.active(indexed.space)
    second, third = indexed.rebuild(), indexed.rebuild()
    assert indexed.builder.prune(indexed.space, indexed.stores.snapshots) == [first.version]
    left = {row.version for row in indexed.stores.snapshots.listed(indexed.space)}
    assert left == {second.version, third.version}
    for kept in (second, third):
        indexed.builder.verify(kept)
    with pytest.raises(SnapshotRefused):
        indexed.builder.verify(first)
    with pytest.raises(SnapshotNotFound):
        indexed.stores.snapshots.get(first.version)


def test_what_a_build_left_without_a_row_is_pruned_once_it_is_old(indexed, some):  # noqa: F811
    left = indexed.build()
    indexed.builder.prune(indexed.space, indexed.stores.snapshots)
    indexed.builder.verify(left)  # it may be about to be published
    indexed.rebuild()
    indexed.builder.prune(indexed.space, indexed.stores.snapshots)
    with pytest.raises(SnapshotRefused):
        indexed.builder.verify(left)


def test_pruning_one_space_leaves_the_others_alone(indexed, some):  # noqa: F811
    snapshot = indexed.stores.snapshots.active(indexed.space)
    indexed.builder.prune(Space("foreign@1"), indexed.stores.snapshots)
    indexed.builder.verify(snapshot)


def _with(snapshot: Snapshot, **told: object) -> Snapshot:
    return replace(snapshot, manifest=dict(snapshot.manifest) | told)

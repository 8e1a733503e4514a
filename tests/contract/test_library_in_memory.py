"""The library that other tests hold others against: brute force over the rows of any stores."""

from dataclasses import replace

import numpy as np
import pytest

from sightsong.adapters import memory
from sightsong.adapters.memory.library import MemoryView
from sightsong.core import embeddings
from sightsong.core.facts import Facts, Filters, Range
from sightsong.core.snapshots import Entry, IndexedTrack, Windows
from sightsong.core.tracks import TrackId
from tests.contract import building
from tests.contract.building import SPACE, found


class Music:
    """Tracks at chosen angles to a query."""

    query = np.array([1, 0, 0, 0], np.float32)

    def __init__(self, stores) -> None:
        self.stores = stores
        self.library = memory.MemoryLibrary(stores, SPACE)

    def add(self, degrees: float, *, artist: str | None = "Ann", duration_s: float = 20.0):
        """Embed a track whose last two windows lie nearer to the query than it does."""
        name = f"{degrees}-{artist}.mp3"
        building.register(self.stores, found(name, tags={"artist": artist}))
        job = building.claim_one(self.stores.jobs, queue=building.Queue.TRACKS)
        effect = replace(
            building.embedding(TrackId(job.params["track_id"]), duration_s=duration_s),
            vector=at(degrees),
            windows=np.stack([at(degrees), at(degrees / 2), at(degrees / 2)]).astype(np.float16),
        )
        building.finish(self.stores.jobs, job, effect)
        return effect.track_id

    def search(self, k=9, **options: object):
        return [one.track_id for one in self.library.view().search(self.query, k=k, **options)]


def at(degrees: float):
    angle = np.radians(degrees)
    return embeddings.unit(np.array([np.cos(angle), np.sin(angle), 0, 0]))


@pytest.fixture
def music(stores):
    return Music(stores)


def test_an_empty_library_finds_nothing(music):
    view = music.library.view()
    assert (view.search(music.query, k=3), view.snapshot, view.revision) == ((), None, 0)
    assert music.library.health().serving is None


def test_the_nearest_tracks_come_first(music):
    far, near, middle = (music.add(degrees) for degrees in (80, 10, 40))
    assert music.search() == [near, middle, far]
    assert music.search(k=2) == [near, middle]
    (best,) = music.library.view().search(music.query, k=1)
    assert best.cosine == pytest.approx(np.cos(np.radians(10)), abs=1e-3)
    np.testing.assert_array_equal(best.vector, music.library.view().vector(near))


def test_of_equals_the_smaller_id_comes_first(music):
    tracks = [music.add(30, artist=artist) for artist in ("Ann", "Bob", "Cy")]
    assert music.search() == sorted(tracks)


def test_of_a_recording_only_the_nearest_encoding_comes(music):
    near, far, other = music.add(10), music.add(20), music.add(30)
    music.stores.tracks.group({near: far, far: far})
    assert music.search() == [near, other]
    assert music.search(duplicates=True) == [near, far, other]


def test_of_an_artist_only_some_tracks_come_and_of_nobody_all(music):
    first, _, other = music.add(10), music.add(20), music.add(30, artist="Bob")
    nobodys = [music.add(degrees, artist=None) for degrees in (40, 50)]
    assert music.search(per_artist=1) == [first, other, *nobodys]
    assert music.search(k=2, per_artist=1) == [first, other]


def test_an_encoding_steps_in_for_one_whose_artist_has_come_often_enough(music):
    first, hidden, other = music.add(10), music.add(20), music.add(30, artist="Bob")
    music.stores.tracks.group({hidden: hidden, other: hidden})
    assert music.search(per_artist=1) == [first, other]


def test_filters_narrow(music):
    short, long = music.add(10, duration_s=10.0), music.add(20, artist="Bob", duration_s=90.0)
    assert music.search(where=Filters(artists=("bob",))) == [long]
    assert music.search(where=Filters(duration_s=Range(most=30.0))) == [short]
    assert music.search(where=Filters(without=frozenset({short}))) == [long]


def test_the_first_of_the_nearest_windows_is_the_best(music):
    track = music.add(40)
    best = music.library.view().best_windows(music.query, [track, TrackId("nothing")])
    assert best == {track: 10.0}


@pytest.mark.parametrize("vector", [[np.nan, 0, 0, 0], [1, 0]])
def test_a_track_without_a_vector_that_fits_is_not_found(vector):
    sound, spoilt = (
        IndexedTrack(
            entry=Entry(track_id=TrackId(name), vector=np.array(like, np.float16), facts=Facts()),
            windows=Windows(vectors=np.empty((0, 4), np.float16), starts_s=()),
        )
        for name, like in (("sound", [1, 0, 0, 0]), ("spoilt", vector))
    )
    view = MemoryView([sound, spoilt], snapshot=None, revision=1)
    assert [one.track_id for one in view.search(Music.query, k=9)] == ["sound"]


def test_a_view_stays_as_it_is(music):
    track = music.add(10)
    view = music.library.view()
    music.stores.tracks.remove(track)
    assert [one.track_id for one in view.search(music.query, k=9)] == [track]
    assert (view.revision, view.vector(track) is None) == (1, False)
    assert music.search() == []
    assert music.library.view().vector(track) is None

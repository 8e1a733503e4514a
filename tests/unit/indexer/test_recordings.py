"""Tracks that are one recording in several encodings."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from indexer import recordings
from sightsong.core import jobs
from sightsong.core.embeddings import unit
from sightsong.core.jobs import JobKind, NewJob, Queue
from sightsong.core.tracks import FoundFile, Tags, TrackId
from tests.unit.indexer.parts import SPACE, Bench, embedded


@dataclass(frozen=True, kw_only=True)
class Music:
    """What is heard of a track."""

    vectors: np.ndarray  #: (1, 32): of the whole.
    fingerprint: np.ndarray

    def heard(self, job: jobs.Job, *, duration_s: float, digest: str) -> jobs.Completion:
        return embedded(
            job,
            vectors=self.vectors,
            duration_s=duration_s,
            digest=digest,
            fingerprint=self.fingerprint,
        )


class Shop:
    """Takes tracks in and embeds them as a test says."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.rng = np.random.default_rng(20261120)

    def music(self) -> Music:
        words = self.rng.integers(2**32, size=40, dtype=np.uint32)
        return Music(vectors=unit(self.rng.normal(size=(1, 32))), fingerprint=words)

    def encoded(self, music: Music) -> Music:
        """What another encoder makes of it: nearly the same vector, one bit in eight otherwise."""
        noise = 0.02 * self.rng.normal(size=music.vectors.shape)
        flipped = [self.rng.integers(2**32, size=40, dtype=np.uint32) for _ in range(3)]
        flips = flipped[0] & flipped[1] & flipped[2]
        return Music(vectors=unit(music.vectors + noise), fingerprint=music.fingerprint ^ flips)

    def add(self, music: Music, *, duration_s: float = 40.0) -> TrackId:
        tracks, store = self.bench.stores.tracks, self.bench.stores.jobs
        sha256 = f"{self.rng.integers(2**62):064x}"
        file = FoundFile(path=f"/{sha256}", size_bytes=1, mtime_ns=1, sha256=sha256, tags=Tags())
        tracks.register([file], space=SPACE, parent_id=jobs.JobId("ingest"))
        [job] = self.bench.claim(Queue.TRACKS)
        store.complete([music.heard(job, duration_s=duration_s, digest=sha256)])
        return TrackId(job.params["track_id"])

    def again(self, track_id: TrackId, music: Music) -> None:
        """Embed a track anew."""
        self.bench.stores.jobs.submit(NewJob(kind=JobKind.EMBED, params={"track_id": track_id}))
        [job] = self.bench.claim(Queue.TRACKS)
        self.bench.stores.jobs.complete([music.heard(job, duration_s=40.0, digest="1" * 64)])

    def regroup(self, since: int = 0) -> int:
        return recordings.regroup(self.bench.stores.tracks, SPACE, since=since)

    def recording(self, track_id: TrackId) -> TrackId | None:
        return self.bench.stores.tracks.get(track_id).recording_id


@pytest.fixture
def shop(bench) -> Shop:
    return Shop(bench)


def test_two_encodings_of_one_recording_are_found(shop):
    music = shop.music()
    one, other = shop.add(music), shop.add(shop.encoded(music), duration_s=40.06)
    alone = shop.add(shop.music())
    assert shop.regroup() == 2
    assert shop.recording(one) == shop.recording(other) == min(one, other)
    assert shop.recording(alone) is None


def test_music_of_another_length_is_another_recording(shop):
    music = shop.music()
    one, other = shop.add(music), shop.add(shop.encoded(music), duration_s=43.0)
    shop.regroup()
    assert (shop.recording(one), shop.recording(other)) == (None, None)


def test_tracks_that_only_sound_alike_are_two(shop):
    music = shop.music()
    one = shop.add(music)
    other = shop.add(replace(shop.encoded(music), fingerprint=shop.music().fingerprint))
    shop.regroup()
    assert (shop.recording(one), shop.recording(other)) == (None, None)


def test_a_third_encoding_joins_the_group_later(shop):
    music = shop.music()
    first = [shop.add(music), shop.add(shop.encoded(music))]
    shop.regroup()
    since = shop.bench.stores.tracks.revision(SPACE)
    third = shop.add(shop.encoded(music))
    shop.regroup(since)
    assert len({shop.recording(track) for track in (*first, third)}) == 1
    named = shop.bench.stores.tracks.recording(shop.recording(third))
    assert {track.id for track in named} == {*first, third}


def test_what_was_compared_before_is_not_compared_again(shop):
    music = shop.music()
    shop.add(music)
    shop.add(shop.encoded(music))
    assert shop.regroup(shop.bench.stores.tracks.revision(SPACE)) == 0


def test_a_track_that_holds_other_music_now_leaves_its_group(shop):
    music = shop.music()
    one, other = shop.add(music), shop.add(shop.encoded(music))
    shop.regroup()
    since = shop.bench.stores.tracks.revision(SPACE)
    shop.again(other, shop.music())
    shop.regroup(since)
    assert shop.recording(other) is None
    assert shop.recording(one) is None


def test_pairs_are_found_across_the_blocks_in_which_a_large_library_is_compared(shop):
    pairs = []
    for i in range(700):
        music = shop.music()
        if i % 100 == 0:
            second = shop.add(shop.encoded(music), duration_s=100 + i * 0.5 + 0.05)
            pairs.append((shop.add(music, duration_s=100 + i * 0.5), second))
        else:
            shop.add(music, duration_s=100 + i * 0.5)
    shop.regroup()
    assert all(shop.recording(one) == min(one, two) == shop.recording(two) for one, two in pairs)

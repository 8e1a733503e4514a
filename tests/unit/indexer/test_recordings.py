"""Tracks that are one recording in several encodings."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from indexer import recordings
from sightsong.core import jobs
from sightsong.core.embeddings import unit
from sightsong.core.fingerprints import nothing_heard
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
        """What another encoder makes of it: one bit in eight otherwise."""
        flipped = [self.rng.integers(2**32, size=40, dtype=np.uint32) for _ in range(3)]
        flips = flipped[0] & flipped[1] & flipped[2]
        return replace(music, fingerprint=music.fingerprint ^ flips)

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

    def regroup(self, since: int = 0, **asked: object) -> int:
        return recordings.regroup(self.bench.stores.tracks, SPACE, since=since, **asked)

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
    other = shop.add(replace(music, fingerprint=shop.music().fingerprint))
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


def test_the_others_stay_together_when_the_one_they_are_named_by_holds_other_music(shop):
    music = shop.music()
    three = [shop.add(music), shop.add(shop.encoded(music)), shop.add(shop.encoded(music))]
    shop.regroup()
    since = shop.bench.stores.tracks.revision(SPACE)
    left, *stay = sorted(three)
    shop.again(left, shop.music())
    shop.regroup(since)
    assert shop.recording(left) is None
    assert {shop.recording(track) for track in stay} == {min(stay)}


def test_a_recording_keeps_its_name_when_it_gains_an_encoding(shop):
    music = shop.music()
    others = sorted(shop.add(shop.encoded(music)) for _ in range(8))
    shop.bench.stores.tracks.group(dict.fromkeys(others[1:], others[3]))
    shop.again(others[0], shop.encoded(music))
    shop.regroup(shop.bench.stores.tracks.revision(SPACE) - 1)
    assert {shop.recording(track) for track in others} == {others[3]}


def test_two_recordings_turn_out_to_be_one(shop):
    """A new encoding lies between two old ones that are too far from each other."""
    music = shop.music()
    bits = np.arange(32 * 40).reshape(40, 32) % 10
    near, far = (np.packbits(bits < n, axis=1).view(np.uint32).ravel() for n in (2, 4))
    one = shop.add(music)
    other = shop.add(replace(music, fingerprint=music.fingerprint ^ far))
    assert shop.regroup() == 0
    since = shop.bench.stores.tracks.revision(SPACE)
    between = shop.add(replace(music, fingerprint=music.fingerprint ^ near))
    shop.regroup(since)
    three = (one, other, between)
    assert {shop.recording(track) for track in three} == {min(three)}


def test_hundreds_of_encodings_are_one_recording(shop):
    music = shop.music()
    many = [shop.add(shop.encoded(music)) for _ in range(600)]
    assert shop.regroup() == 600
    assert {shop.recording(track) for track in many} == {min(many)}


def test_what_is_too_short_to_tell_is_in_no_recording(shop):
    short = replace(shop.music(), fingerprint=nothing_heard())
    one, other = shop.add(short), shop.add(short)
    assert shop.regroup() == 0
    assert (shop.recording(one), shop.recording(other)) == (None, None)


def test_what_is_to_stop_is_asked_at_every_chunk_and_tells_nothing(shop):
    music = shop.music()
    shop.add(music)
    shop.add(shop.encoded(music))
    for i in range(2 * recordings.CHUNK):
        shop.add(shop.music(), duration_s=41 + i / 100)
    answers = iter([True, True, False])
    assert shop.regroup(go_on=lambda: next(answers)) == 0
    assert list(answers) == []
    assert shop.regroup() == 2


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

"""The `Jobs` and `Tracks` ports under many threads at once."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest

from sightsong.core.errors import Conflict, JobErased
from sightsong.core.facts import Facts
from sightsong.core.jobs import (
    Idempotency,
    JobFilter,
    JobKind,
    JobState,
    NewJob,
    Owner,
    Queue,
    Submitted,
)
from sightsong.core.tracks import TrackFilter, TrackId, TrackState, Verdict
from tests.contract import building
from tests.contract.building import SHORT_S, photo
from tests.waiting import wait_until

THREADS = 6


def at_once(work: Callable[[int], Any]) -> list[Any]:
    """Call `work` with 0, 1, 2 … at the same moment; returns what they return."""
    start = Barrier(THREADS)

    def run(number: int) -> Any:  # noqa: ANN401 - whatever the work returns
        start.wait()
        return work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


def test_no_job_is_claimed_twice(stores):
    submitted = {stores.jobs.submit(photo()).id for _ in range(300)}

    def drain(number: int) -> list[str]:
        claimed: list[str] = []
        while batch := building.claim(stores.jobs, owner=Owner(f"w{number}"), limit=8):
            claimed += [job.id for job in batch]
        return claimed

    claimed = Counter(job_id for ids in at_once(drain) for job_id in ids)
    assert set(claimed) == submitted
    assert set(claimed.values()) == {1}


def test_every_job_that_is_claimed_and_completed_by_many_is_done_once(stores):
    submitted = [stores.jobs.submit(photo()).id for _ in range(60)]

    def work(number: int) -> int:
        written = 0
        while batch := building.claim(stores.jobs, owner=Owner(f"w{number}"), limit=4):
            written += len(stores.jobs.complete([building.done(job) for job in batch]))
        return written

    assert sum(at_once(work)) == 60
    assert {stores.jobs.get(job_id).attempt for job_id in submitted} == {1}


def test_a_lost_lease_is_swept_by_one_of_many_sweepers(stores):
    stores.jobs.submit(photo())
    job = building.claim_one(stores.jobs, lease_s=SHORT_S)
    wait_until(lambda: not stores.jobs.heartbeat([job], lease_s=SHORT_S / 10))
    swept = at_once(lambda _: stores.jobs.sweep(ring_after_s=60))
    assert sum(one.requeued for one in swept) == 1
    assert stores.jobs.get(job.id).crash_count == 1


def test_a_queue_is_rung_for_by_one_of_many_sweepers(stores):
    stores.jobs.submit(photo())
    rounds: list[int] = []

    def ring() -> int:
        rounds.append(sum(len(one.unrung) for one in at_once(sweep)))
        return rounds[-1]

    def sweep(_number: int) -> Any:  # noqa: ANN401 - a Swept
        return stores.jobs.sweep(ring_after_s=0.5)

    wait_until(ring)
    assert rounds[-1] == 1


def test_a_job_is_submitted_once_by_many(stores):
    made = at_once(lambda _: stores.jobs.submit_once(NewJob(kind=JobKind.REBUILD)))
    assert sum(job is not None for job in made) == 1
    assert stores.jobs.backlog(Queue.INDEX, limit=10) == 1


def test_a_submit_that_is_sent_many_times_at_once_is_one_job(stores):
    keys = [Idempotency(key=f"try {number}", fingerprint="a" * 64) for number in range(20)]

    def submit(number: int) -> list[Submitted]:
        mine = keys[number:] + keys[:number]  # each in another order
        found = {key: stores.jobs.submit_keyed(photo(), key) for key in mine}
        return [found[key] for key in keys]

    for of_one_key in zip(*at_once(submit), strict=True):
        assert len({submitted.job.id for submitted in of_one_key}) == 1
        assert [submitted.is_replay for submitted in of_one_key].count(False) == 1
    assert stores.jobs.backlog(Queue.PHOTOS, limit=99) == 20


def test_jobs_that_are_erased_or_canceled_while_they_end_have_one_final_state(stores):
    blobs = [stores.blobs.put(b"pixels", media_type="image/png") for _ in range(60)]
    submitted = [stores.jobs.submit(photo(blob=blob)).id for blob in blobs]
    claimed = building.claim(stores.jobs, limit=60)
    ended: dict[str, list[JobState]] = {job.id: [] for job in claimed}

    def end(number: int) -> int:
        if number % 2:
            for batch in (claimed[at : at + 3] for at in range(0, 60, 3)):
                for written in stores.jobs.complete([building.done(job) for job in batch]):
                    ended[written].append(JobState.SUCCEEDED)
            return 0
        if number == 0:
            return sum(stores.jobs.erase(job_id) is not None for job_id in submitted[::2])
        return sum(is_canceled(stores, job_id) for job_id in reversed(submitted))

    erased = at_once(end)[0]
    assert erased == 30
    for job_id in submitted[1::2]:
        job = stores.jobs.get(job_id)
        assert [job.state] == (ended[job_id] or [JobState.CANCELED])
        assert (job.result is not None) == (job.state is JobState.SUCCEEDED)
    for job_id in submitted[::2]:
        assert len(ended[job_id]) <= 1
        with pytest.raises(JobErased):
            stores.jobs.get(job_id)
    assert len(stores.jobs.listed(JobFilter(), limit=99)) == 30


def is_canceled(stores, job_id) -> bool:
    try:
        stores.jobs.cancel(job_id)
    except (Conflict, JobErased):
        return False
    return True


def test_what_is_old_is_erased_by_one_of_many(stores):
    blobs = [stores.blobs.put(b"pixels", media_type="image/png") for _ in range(40)]
    for blob in blobs:
        stores.jobs.cancel(stores.jobs.submit(photo(blob=blob)).id)
    gone = at_once(lambda _: stores.jobs.expired(limit=100, job_keep_s=0))
    assert sorted(one for some in gone for one in some.blobs) == sorted(blob.id for blob in blobs)


def test_the_same_files_registered_by_many_are_each_one_track(stores):
    files = [building.found(f"{number}.mp3") for number in range(8)]

    def register(number: int) -> int:
        mine = files[number % 3 :] + files[: number % 3]  # each in another order
        return building.register(stores, *mine).count(Verdict.NEW)

    assert sum(at_once(register)) == 8
    assert stores.tracks.count() == {TrackState.PENDING: 8}
    assert stores.jobs.backlog(Queue.TRACKS, limit=100) == 8


def test_a_reader_of_the_revision_sees_every_embedding_up_to_it(stores):
    files = [building.found(f"{number}.mp3") for number in range(24)]
    building.register(stores, *files)

    def embed_or_read(number: int) -> list[tuple[int, int]]:
        seen = []
        while stores.tracks.count().get(TrackState.PENDING):
            if number:
                embed_next(stores, number)
            else:
                revision = stores.tracks.revision(building.SPACE)
                seen.append((revision, len(list(stores.tracks.indexed(building.SPACE)))))
        return seen

    seen = at_once(embed_or_read)[0]
    assert all(tracks >= revision for revision, tracks in seen)
    assert stores.tracks.revision(building.SPACE) == 24


class Follower:
    """A reader that asks again and again what has changed."""

    def __init__(self, stores) -> None:
        self.stores = stores
        self.since = 0
        self.held: dict[TrackId, Facts] = {}

    def follow(self) -> None:
        changes = self.stores.tracks.changes(building.SPACE, since=self.since)
        for gone in changes.gone:
            self.held.pop(gone, None)
        self.held.update({entry.track_id: entry.facts for entry in changes.entries})
        self.since = changes.revision


def test_a_reader_that_follows_the_changes_has_the_library_in_the_end(stores):
    building.register(stores, *(building.found(f"{number}.mp3") for number in range(30)))
    for _ in range(15):
        embed_next(stores, 0)
    ready = stores.tracks.page(limit=15, where=TrackFilter(state=TrackState.READY))
    reader = Follower(stores)

    def follow_or_change(number: int) -> None:
        for track in ready[number::THREADS]:
            if number == 0:
                reader.follow()
                continue
            stores.tracks.edit(track.id, {"genre": f"genre {number}"})
            embed_next(stores, number)
            if number == 1:
                stores.tracks.remove(track.id)

    at_once(follow_or_change)
    reader.follow()
    now = [indexed.entry for indexed in stores.tracks.indexed(building.SPACE)]
    assert reader.held == {entry.track_id: entry.facts for entry in now}
    assert reader.since == stores.tracks.revision(building.SPACE)


def embed_next(stores, number: int) -> None:
    for job in building.claim(stores.jobs, owner=Owner(f"w{number}"), limit=1, queue=Queue.TRACKS):
        effect = building.embedding(job.params["track_id"])
        completion = building.done(job)
        stores.jobs.complete([replace(completion, effects=(effect,))])
        assert stores.jobs.get(job.id).state is JobState.SUCCEEDED

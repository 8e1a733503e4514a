"""The `Jobs` port: what is submitted can be read."""

import pytest

from sightsong.core.errors import JobNotFound
from sightsong.core.jobs import JobId, JobKind, JobState, NewJob, Queue
from tests.contract import building
from tests.contract.building import INGEST, photo


def test_a_submitted_job_waits_as_it_was_given(stores):
    blob = stores.blobs.put(b"pixels", media_type="image/png")
    params = {"limit": 5, "moods": ["calm"], "alpha": 0.5, "style": None}
    job = stores.jobs.submit(photo(params=params, blob=blob, parent_id=INGEST, priority=0))
    assert (job.kind, job.state, job.state_version) == (JobKind.PHOTO, JobState.QUEUED, 1)
    assert (job.attempt, job.max_attempts, job.crash_count) == (0, 3, 0)
    assert (job.params, job.blob_id, job.parent_id, job.priority) == (params, blob.id, INGEST, 0)
    assert (job.owner, job.started_at, job.finished_at, job.error, job.result) == (None,) * 5


def test_a_submitted_job_reads_back_the_same(stores):
    job = stores.jobs.submit(photo(params={"é\x00": [1, {"deep": True}]}))
    assert stores.jobs.get(job.id) == job


def test_two_submitted_jobs_have_ids_of_their_own(stores):
    assert stores.jobs.submit(photo()).id != stores.jobs.submit(photo()).id


def test_an_unknown_id_is_no_job(stores):
    with pytest.raises(JobNotFound):
        stores.jobs.get(JobId("00000000-0000-4000-8000-000000000000"))


def test_versions_are_read_for_the_jobs_that_there_are(stores):
    first, second = stores.jobs.submit(photo()), stores.jobs.submit(photo())
    building.claim_one(stores.jobs)
    asked = [first.id, second.id, JobId("nothing")]
    assert stores.jobs.versions(asked) == {first.id: 2, second.id: 1}


def test_versions_of_more_jobs_than_fit_a_query_are_read(stores):
    job = stores.jobs.submit(photo())
    asked = [JobId(f"nothing-{number}") for number in range(2500)]
    assert stores.jobs.versions([*asked, job.id]) == {job.id: 1}


def test_a_job_is_submitted_once_while_its_kind_waits_or_runs(stores):
    rebuild = NewJob(kind=JobKind.REBUILD)
    first = stores.jobs.submit_once(rebuild)
    while_queued = stores.jobs.submit_once(rebuild)
    running = building.claim_one(stores.jobs, queue=Queue.INDEX)
    while_running = stores.jobs.submit_once(rebuild)
    assert (first.id, while_queued, while_running) == (running.id, None, None)


def test_a_job_is_submitted_again_once_its_kind_is_done(stores):
    rebuild = NewJob(kind=JobKind.REBUILD)
    stores.jobs.submit_once(rebuild)
    job = building.claim_one(stores.jobs, queue=Queue.INDEX)
    stores.jobs.complete([building.done(job)])
    assert stores.jobs.submit_once(rebuild).id != job.id


def test_another_kind_does_not_keep_a_job_from_being_submitted_once(stores):
    stores.jobs.submit(NewJob(kind=JobKind.INGEST))
    assert stores.jobs.submit_once(NewJob(kind=JobKind.REBUILD)) is not None


def test_the_backlog_counts_the_waiting_jobs_of_one_queue(stores):
    for kind in (JobKind.PHOTO, JobKind.PHOTO, JobKind.PHOTO, JobKind.EMBED):
        stores.jobs.submit(NewJob(kind=kind))
    building.claim_one(stores.jobs)
    assert stores.jobs.backlog(Queue.PHOTOS, limit=100) == 2


def test_the_backlog_is_counted_no_further_than_its_limit(stores):
    for _ in range(4):
        stores.jobs.submit(photo())
    assert stores.jobs.backlog(Queue.PHOTOS, limit=3) == 3


def test_the_children_of_a_job_are_counted_by_state(stores):
    parent = stores.jobs.submit(NewJob(kind=JobKind.INGEST))
    for _ in range(3):
        stores.jobs.submit(photo(parent_id=parent.id))
    stores.jobs.submit(photo())
    stores.jobs.complete([building.done(building.claim_one(stores.jobs))])
    assert stores.jobs.children(parent.id) == {JobState.QUEUED: 2, JobState.SUCCEEDED: 1}


def test_a_job_without_children_counts_none(stores):
    assert stores.jobs.children(INGEST) == {}

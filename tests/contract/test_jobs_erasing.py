"""The `Jobs` port: nothing of a sender's is left of what was erased, on request or in time."""

import numpy as np
import pytest
from sqlalchemy import select

from sightsong.adapters.store.schema import metadata
from sightsong.core import embeddings
from sightsong.core.errors import Conflict, JobErased, JobNotFound
from sightsong.core.jobs import (
    Completion,
    Expired,
    Failed,
    Idempotency,
    JobError,
    JobFilter,
    JobId,
    JobKind,
    JobState,
    KeepQuery,
    NewJob,
    Retry,
    Succeeded,
)
from tests.contract import building
from tests.contract.building import INGEST, LONG_S, OOPS, photo

SENT = "of-the-sender"
FINGERPRINT = "f" * 64
A_MONTH_S = 30 * 24 * 3600.0


def photo_of_sender(stores, **fields: object) -> NewJob:
    blob = stores.blobs.put(b"pixels", media_type="image/png")
    return photo(params={"filter": SENT}, custom_id=SENT, blob=blob, **fields)


def submit(stores, **fields: object) -> JobId:
    new = photo_of_sender(stores, **fields)
    key = Idempotency(key=f"{SENT} {new.blob.id}", fingerprint=FINGERPRINT)
    return stores.jobs.submit_keyed(new, key).job.id


def answer(job) -> Completion:
    """A success with all that an answer keeps."""
    query = KeepQuery(
        job_id=job.id, space=building.SPACE, vector=embeddings.unit(np.ones(4, np.float32))
    )
    return Completion(job=job, outcome=Succeeded(result={"caption": SENT}), effects=(query,))


def answered(stores, **fields: object) -> JobId:
    """A photo that was sent and answered."""
    job_id = submit(stores, **fields)
    job = building.claim_one(stores.jobs)
    assert stores.jobs.complete([answer(job)]) == {job_id}
    return job_id


def failed(stores, **fields: object) -> JobId:
    job_id = submit(stores, **fields)
    job = building.claim_one(stores.jobs)
    error = JobError(code="image_broken", detail=f"{SENT} ends early")
    assert stores.jobs.complete([Completion(job=job, outcome=Failed(error=error))]) == {job_id}
    return job_id


def tried(stores) -> JobId:
    """A photo that waits to be tried again."""
    job_id = submit(stores)
    job = building.claim_one(stores.jobs)
    retry = Retry(error=JobError(code=OOPS.code, detail=SENT), delay_s=LONG_S)
    stores.jobs.complete([Completion(job=job, outcome=retry)])
    return job_id


def running(stores) -> JobId:
    job_id = submit(stores)
    building.claim_one(stores.jobs)
    return job_id


def is_erased(stores, job_id) -> bool:
    try:
        stores.jobs.get(job_id)
    except JobErased:
        return True
    return False


def written(stores) -> str:
    """All that a database says."""
    with stores.database.read() as connection:
        return "\n".join(
            f"{table.name}: {row}"
            for table in metadata.sorted_tables
            for row in connection.execute(select(table))
        )


EVERY_STATE = [submit, running, tried, answered, failed]


@pytest.mark.parametrize("made", EVERY_STATE)
def test_what_was_erased_is_gone(stores, made):
    job_id = made(stores)
    blob_id = stores.jobs.get(job_id).blob_id
    assert stores.jobs.erase(job_id) == blob_id
    with pytest.raises(JobErased):
        stores.jobs.get(job_id)
    assert stores.jobs.query(job_id) is None
    assert stores.jobs.listed(JobFilter(), limit=9) == []
    assert stores.jobs.blobs_held([blob_id]) == frozenset()


@pytest.mark.parametrize("made", EVERY_STATE)
def test_nothing_of_its_sender_is_left_in_the_database(sql_stores, made):
    job_id = made(sql_stores)
    assert SENT in written(sql_stores)
    blob_id = sql_stores.jobs.erase(job_id)
    left = written(sql_stores)
    assert job_id in left  # the mark
    assert not [word for word in (SENT, FINGERPRINT, blob_id, "pixels") if word in left]
    assert "queries" not in left
    assert "results" not in left


@pytest.mark.parametrize("made", EVERY_STATE)
def test_who_waits_for_an_erased_job_is_woken(stores, made):
    job_id = made(stores)
    before = stores.jobs.get(job_id).state_version
    stores.jobs.erase(job_id)
    assert stores.jobs.versions([job_id]) == {job_id: before + 1}


def test_a_job_may_be_erased_again(stores):
    job_id = answered(stores)
    assert stores.jobs.erase(job_id) is not None
    version = stores.jobs.versions([job_id])
    assert stores.jobs.erase(job_id) is None
    assert stores.jobs.versions([job_id]) == version


def test_a_text_is_erased_as_well(stores):
    job = stores.jobs.submit(NewJob(kind=JobKind.TEXT, params={"text": SENT}))
    assert stores.jobs.erase(job.id) is None
    assert is_erased(stores, job.id)


@pytest.mark.parametrize("kind", [JobKind.INGEST, JobKind.EMBED, JobKind.REBUILD])
def test_only_photos_and_texts_are_erased(stores, kind):
    job = stores.jobs.submit(NewJob(kind=kind))
    with pytest.raises(Conflict):
        stores.jobs.erase(job.id)
    assert stores.jobs.get(job.id) == job


def test_a_job_that_there_is_not_is_not_erased(stores):
    with pytest.raises(JobNotFound):
        stores.jobs.erase(INGEST)


def test_an_erased_job_is_never_claimed_nor_swept(stores):
    job_id = submit(stores, deadline_s=0.0)
    stores.jobs.erase(job_id)
    assert building.claim(stores.jobs) == []
    assert building.gave_back(stores.jobs.sweep(ring_after_s=LONG_S)) == 0
    assert stores.jobs.versions([job_id]) == {job_id: 2}


def test_an_attempt_that_ends_after_its_job_was_erased_writes_nothing(stores):
    job_id = submit(stores)
    job = building.claim_one(stores.jobs)
    stores.jobs.erase(job_id)
    assert stores.jobs.heartbeat([job], lease_s=LONG_S) == frozenset()
    assert stores.jobs.complete([answer(job)]) == frozenset()
    assert is_erased(stores, job_id)
    assert stores.jobs.query(job_id) is None


def test_erasing_one_job_leaves_the_others(stores):
    first, second = answered(stores), answered(stores)
    before = stores.jobs.get(second)
    stores.jobs.erase(first)
    assert stores.jobs.get(second) == before
    assert stores.jobs.query(second) is not None
    assert stores.jobs.blobs_held([before.blob_id]) == {before.blob_id}


def expire(stores, *, limit: int = 100, job_keep_s: float = A_MONTH_S) -> set[str]:
    return set(stores.jobs.expired(limit=limit, job_keep_s=job_keep_s).blobs)


def files_that_tell(directory, word: str) -> list[str]:
    """The files in which a word can be read."""
    files = (path for path in directory.iterdir() if path.is_file())
    return sorted(path.name for path in files if word.encode() in path.read_bytes())


def of_many(stores, made) -> list[JobId]:
    """Jobs beside one another: what is freed then lies within pages that stay."""
    return [made(stores) for _ in range(9)]


@pytest.mark.parametrize("made", EVERY_STATE)
def test_no_file_of_sqlite_holds_what_was_erased(new_stores, tmp_path, made):
    stores = new_stores("sqlite")
    ids = of_many(stores, made)
    assert files_that_tell(tmp_path, SENT) == ["sightsong.db-wal"]
    for job_id in ids:
        stores.jobs.erase(job_id)
    assert files_that_tell(tmp_path, SENT) == []
    assert files_that_tell(tmp_path, ids[0]) == ["sightsong.db"]  # the mark


def test_no_file_of_sqlite_holds_what_was_kept_long_enough(new_stores, tmp_path):
    stores = new_stores("sqlite")
    of_many(stores, answered)
    assert stores.jobs.expired(limit=100, job_keep_s=0).changed == 9
    assert stores.jobs.expired(limit=100, job_keep_s=0).changed == 0
    assert files_that_tell(tmp_path, SENT) == []


def test_what_was_read_while_it_was_erased_leaves_the_files_with_the_next_round(
    new_stores, tmp_path
):
    stores = new_stores("sqlite")
    job_id = answered(stores)
    with stores.database.read() as connection:
        connection.execute(select(metadata.tables["jobs"].c.id)).all()
        stores.jobs.erase(job_id)
        assert files_that_tell(tmp_path, SENT) != []
    expire(stores)
    assert files_that_tell(tmp_path, SENT) == []


def test_what_went_is_counted_with_and_without_images(stores):
    text = stores.jobs.submit(NewJob(kind=JobKind.TEXT))
    stores.jobs.cancel(text.id)
    assert stores.jobs.expired(limit=9, job_keep_s=0) == Expired(blobs=(), changed=1)
    blob_id = stores.jobs.get(answered(stores, keep_image_s=0.0)).blob_id
    gone = stores.jobs.expired(limit=9, job_keep_s=A_MONTH_S)
    assert gone == Expired(blobs=(blob_id,), changed=1)
    assert stores.jobs.expired(limit=9, job_keep_s=A_MONTH_S).changed == 0


@pytest.mark.parametrize("made", [answered, failed])
def test_a_job_that_was_kept_long_enough_is_erased_with_its_image(stores, made):
    job_id = made(stores)
    blob_id = stores.jobs.get(job_id).blob_id
    assert expire(stores, job_keep_s=0) == {blob_id}
    assert is_erased(stores, job_id)
    assert expire(stores, job_keep_s=0) == set()


def test_nothing_of_its_sender_is_left_of_what_was_kept_long_enough(sql_stores):
    answered(sql_stores)
    failed(sql_stores)
    expire(sql_stores, job_keep_s=0)
    left = written(sql_stores)
    assert not [word for word in (SENT, FINGERPRINT, "queries", "results") if word in left]


def test_a_canceled_job_is_kept_no_longer_than_others(stores):
    job_id = submit(stores)
    stores.jobs.cancel(job_id)
    expire(stores, job_keep_s=0)
    assert is_erased(stores, job_id)


@pytest.mark.parametrize("made", [submit, running, tried])
def test_a_job_that_has_not_ended_is_kept(stores, made):
    job_id = made(stores)
    before = stores.jobs.get(job_id)
    assert expire(stores, job_keep_s=0) == set()
    assert stores.jobs.get(job_id) == before


def test_a_job_that_has_not_ended_keeps_its_image(stores):
    waiting = submit(stores, keep_image_s=0.0)
    assert expire(stores) == set()
    building.claim_one(stores.jobs)
    assert expire(stores) == set()
    assert stores.jobs.get(waiting).blob_id is not None


def test_a_job_of_another_kind_is_kept(stores):
    job = stores.jobs.submit(NewJob(kind=JobKind.REBUILD))
    stores.jobs.cancel(job.id)
    expire(stores, job_keep_s=0)
    assert stores.jobs.get(job.id).state is JobState.CANCELED


def test_an_image_goes_before_its_job(stores):
    job_id = answered(stores, keep_image_s=0.0)
    before = stores.jobs.get(job_id)
    assert expire(stores) == {before.blob_id}
    after = stores.jobs.get(job_id)
    assert (after.blob_id, after.result) == (None, before.result)
    assert after.state_version == before.state_version
    assert stores.jobs.query(job_id) is not None
    assert stores.jobs.blobs_held([before.blob_id]) == frozenset()
    assert expire(stores) == set()


@pytest.mark.parametrize("made", [answered, failed])
def test_an_image_is_kept_for_as_long_as_was_said(stores, made):
    made(stores, keep_image_s=LONG_S)
    made(stores)
    assert expire(stores) == set()


def test_the_image_of_a_canceled_job_goes_too(stores):
    job_id = submit(stores, keep_image_s=0.0)
    blob_id = stores.jobs.cancel(job_id).blob_id
    assert expire(stores) == {blob_id}


def test_the_image_of_a_job_that_failed_at_its_deadline_goes_too(stores):
    job_id = submit(stores, keep_image_s=0.0, deadline_s=0.0)
    stores.jobs.sweep(ring_after_s=LONG_S)
    blob_id = stores.jobs.get(job_id).blob_id
    assert expire(stores) == {blob_id}


def test_a_job_whose_image_went_before_is_erased_all_the_same(stores):
    job_id = answered(stores, keep_image_s=0.0)
    expire(stores)
    assert stores.jobs.erase(job_id) is None
    assert is_erased(stores, job_id)


def test_no_more_is_erased_at_once_than_was_asked_for(stores):
    for _ in range(3):
        answered(stores)
    for _ in range(2):
        answered(stores, keep_image_s=0.0)
    rounds = [len(expire(stores, limit=1)) for _ in range(3)]
    rounds += [len(expire(stores, limit=2, job_keep_s=0)) for _ in range(4)]
    assert rounds[:3] == [1, 1, 0]
    assert sum(rounds[3:]) == 3  # of five jobs: two have no image any more
    assert stores.jobs.listed(JobFilter(), limit=9) == []


def test_texts_whose_time_is_over_do_not_hold_up_images(stores):
    text = stores.jobs.submit(NewJob(kind=JobKind.TEXT))
    stores.jobs.cancel(text.id)
    blob_id = stores.jobs.get(answered(stores, keep_image_s=0.0)).blob_id
    assert expire(stores, limit=1, job_keep_s=0) == {blob_id}


def test_more_than_fit_one_batch_are_erased(stores):
    for _ in range(450):
        stores.jobs.submit(photo())
    while batch := building.claim(stores.jobs, limit=150):
        stores.jobs.complete([building.done(job) for job in batch])
    expire(stores, limit=1000, job_keep_s=0)
    assert stores.jobs.listed(JobFilter(), limit=9) == []

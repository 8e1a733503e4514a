"""Which blobs belong to jobs: what may be deleted of those that lie in the folder."""

from sightsong.core.jobs import BlobId, JobKind, NewJob


def test_only_blobs_of_jobs_are_held(stores):
    blob = stores.blobs.put(b"pixels", media_type="image/png")
    orphan = stores.blobs.put(b"pixels", media_type="image/png")
    stores.jobs.submit(NewJob(kind=JobKind.PHOTO, blob=blob))
    stores.jobs.submit(NewJob(kind=JobKind.TEXT))
    asked = [blob.id, orphan.id, BlobId("0" * 32)]

    assert stores.jobs.blobs_held(asked) == {blob.id}
    assert stores.jobs.blobs_held([]) == frozenset()


def test_a_blob_of_an_erased_job_is_held_no_more(stores):
    blob = stores.blobs.put(b"pixels", media_type="image/png")
    job = stores.jobs.submit(NewJob(kind=JobKind.PHOTO, blob=blob))
    stores.jobs.erase(job.id)

    assert stores.jobs.blobs_held([blob.id]) == frozenset()


def test_more_blobs_than_one_statement_takes_can_be_asked_for(stores):
    blob = stores.blobs.put(b"pixels", media_type="image/png")
    stores.jobs.submit(NewJob(kind=JobKind.PHOTO, blob=blob))
    asked = [BlobId(f"{number:032x}") for number in range(2_000)]

    assert stores.jobs.blobs_held([*asked, blob.id]) == {blob.id}

"""The `Webhooks` port: deliveries are written where jobs end, in the same transaction."""

import pytest

from sightsong.adapters.store import completing
from sightsong.core.batches import NewBatch
from sightsong.core.jobs import Completion, Failed, JobKind, NewJob, Queue, Release, Retry
from sightsong.core.tenancy import DEFAULT_TENANT, TenantId
from sightsong.core.webhooks import DeliveryState, Event, WebhookChange
from tests.contract import building, telling
from tests.contract.building import LONG_S, OOPS, SHORT_S, photo
from tests.contract.telling import events, register
from tests.waiting import wait_until

OTHERS = TenantId("others")
ONLY_FAILURES = frozenset({Event.JOB_FAILED})


class Undone(Exception):
    """What a test ends a transaction with."""


def complete_and_undo(database, completion):
    with database.write() as connection:
        assert completing.complete(connection, [completion]) == {completion.job.id}
        raise Undone


def complete(stores, **fields: object):
    stores.jobs.submit(photo(**fields))
    job = building.claim_one(stores.jobs)
    stores.jobs.complete([building.done(job)])
    return job


def fail(stores, job):
    stores.jobs.complete([Completion(job=job, outcome=Failed(error=OOPS))])


def batch(*jobs: dict[str, object], **fields: object):
    return NewBatch(jobs=[photo(position=at, **one) for at, one in enumerate(jobs)], **fields)


def test_each_webhook_is_told_once_of_a_job_that_succeeds(stores):
    first, second = register(stores), register(stores)
    job = complete(stores)
    for webhook in (first, second):
        (delivery,) = telling.told(stores, webhook)
        assert (delivery.event, delivery.subject_id) == (Event.JOB_SUCCEEDED, job.id)
        assert (delivery.state, delivery.attempt) == (DeliveryState.PENDING, 0)
        assert delivery.id.startswith("msg_")
        assert delivery.next_at == pytest.approx(delivery.created_at, abs=1)


def test_what_is_sent_says_what_has_ended_and_where_to_ask(stores):
    register(stores)
    job = complete(stores, custom_id="beach", params={"limit": 3})
    sent = telling.claim_one(stores).payload
    assert sent["type"] == "job.succeeded"
    assert sent["timestamp"].endswith("Z")
    assert sent["data"] == {
        "id": job.id,
        "kind": "photo",
        "state": "succeeded",
        "custom_id": "beach",
        "batch_id": None,
        "url": f"/v1/jobs/{job.id}",
    }


def test_a_completion_that_is_fenced_tells_nothing(stores):
    webhook = register(stores)
    stores.jobs.submit(photo())
    job = building.claim_one(stores.jobs)
    stores.jobs.complete([Completion(job=job, outcome=Release())])
    assert stores.jobs.complete([building.done(job)]) == frozenset()
    assert events(stores, webhook) == []


def test_a_completion_that_is_undone_tells_nothing(sql_stores):
    webhook = register(sql_stores)
    sql_stores.jobs.submit(photo())
    job = building.claim_one(sql_stores.jobs)
    with pytest.raises(Undone):
        complete_and_undo(sql_stores.database, building.done(job))
    assert events(sql_stores, webhook) == []
    sql_stores.jobs.complete([building.done(job)])
    assert events(sql_stores, webhook) == [("job.succeeded", job.id)]


def test_a_job_that_is_to_be_tried_again_tells_nothing(stores):
    webhook = register(stores)
    stores.jobs.submit(photo())
    job = building.claim_one(stores.jobs)
    stores.jobs.complete([Completion(job=job, outcome=Retry(error=OOPS, delay_s=0.0))])
    assert events(stores, webhook) == []
    fail(stores, building.claim_one(stores.jobs))
    assert events(stores, webhook) == [("job.failed", job.id)]


def test_a_canceled_job_is_told_of_once(stores):
    webhook = register(stores)
    job = stores.jobs.submit(photo())
    stores.jobs.cancel(job.id)
    stores.jobs.cancel(job.id)
    assert events(stores, webhook) == [("job.canceled", job.id)]


def test_a_job_that_did_not_begin_in_time_is_told_of(stores):
    webhook = register(stores)
    job = stores.jobs.submit(photo(deadline_s=SHORT_S))
    wait_until(lambda: stores.jobs.sweep(ring_after_s=LONG_S).failed)
    stores.jobs.sweep(ring_after_s=LONG_S)
    assert events(stores, webhook) == [("job.failed", job.id)]


def test_a_job_that_brings_its_worker_down_each_time_is_told_of_at_the_last(stores):
    webhook = register(stores)
    job = stores.jobs.submit(photo())
    lost = 0
    while not stores.jobs.get(job.id).state.is_final:
        assert events(stores, webhook) == []
        building.lose_lease(stores.jobs)
        lost += 1
    assert lost > 1
    assert events(stores, webhook) == [("job.failed", job.id)]


def test_a_copy_of_an_answer_is_told_of_as_any_other_job(stores):
    source = complete(stores)
    webhook = register(stores)
    copy = stores.jobs.submit(photo(copy_of=source.id))
    assert events(stores, webhook) == [("job.succeeded", copy.id)]


def test_a_webhook_is_told_only_of_what_it_asked_for(stores):
    webhook = register(stores, events=ONLY_FAILURES)
    complete(stores)
    stores.jobs.submit(photo())
    failed = building.claim_one(stores.jobs)
    fail(stores, failed)
    assert events(stores, webhook) == [("job.failed", failed.id)]


def test_a_webhook_that_a_job_names_is_told_of_it_whatever_it_asked_for(stores):
    named, other = register(stores, events=frozenset()), register(stores, events=frozenset())
    job = complete(stores, webhook_id=named.id)
    assert events(stores, named) == [("job.succeeded", job.id)]
    assert events(stores, other) == []


def test_a_webhook_that_is_named_and_asked_is_told_once(stores):
    webhook = register(stores)
    job = complete(stores, webhook_id=webhook.id)
    assert events(stores, webhook) == [("job.succeeded", job.id)]


def test_nobody_is_told_of_the_jobs_of_others(stores):
    mine, theirs = register(stores), register(stores, tenant=OTHERS)
    job = complete(stores, tenant=OTHERS, webhook_id=mine.id)
    assert events(stores, mine) == []
    assert events(stores, theirs) == [("job.succeeded", job.id)]


def test_a_webhook_that_is_off_is_told_nothing(stores):
    webhook, removed = register(stores), register(stores)
    stores.webhooks.change(webhook.id, WebhookChange(is_enabled=False), tenant=DEFAULT_TENANT)
    stores.webhooks.remove(removed.id, tenant=DEFAULT_TENANT)
    complete(stores, webhook_id=removed.id)
    stores.webhooks.change(webhook.id, WebhookChange(is_enabled=True), tenant=DEFAULT_TENANT)
    assert events(stores, webhook) == []
    assert telling.claim(stores) == []


def test_what_is_done_to_the_library_tells_nothing(stores):
    webhook = register(stores)
    stores.jobs.submit(NewJob(kind=JobKind.VERIFY))
    stores.jobs.complete([building.done(building.claim_one(stores.jobs, queue=Queue.INDEX))])
    assert events(stores, webhook) == []


def test_what_is_no_longer_done_to_the_library_tells_nothing(stores):
    webhook = register(stores, events=frozenset({Event.JOB_CANCELED}))
    stores.jobs.cancel(stores.jobs.submit(NewJob(kind=JobKind.VERIFY)).id)
    assert events(stores, webhook) == []


def test_jobs_that_end_together_are_told_of_each(stores):
    webhook = register(stores)
    for _ in range(3):
        stores.jobs.submit(photo())
    jobs = building.claim(stores.jobs)
    stores.jobs.complete([building.done(job) for job in jobs])
    assert sorted(events(stores, webhook)) == sorted(("job.succeeded", job.id) for job in jobs)


def test_an_erased_job_is_told_of_no_more(stores):
    webhook = register(stores)
    open_job, ended = stores.jobs.submit(photo(priority=2)), complete(stores)
    stores.webhooks.finish(telling.claim_one(stores), telling.REFUSED, telling.again())
    for job in (open_job, ended):
        stores.jobs.erase(job.id)
    assert events(stores, webhook) == []


def test_a_batch_is_told_of_when_its_last_job_has_ended(stores):
    webhook = register(stores, events=frozenset({Event.BATCH_COMPLETED}))
    gathered = stores.batches.submit(batch({}, {}, custom_id="trip"))
    first, second = building.claim(stores.jobs)
    stores.jobs.complete([building.done(first)])
    assert events(stores, webhook) == []
    stores.jobs.cancel(second.id)
    batch_id = gathered.batch.id
    assert events(stores, webhook) == [("batch.completed", batch_id)]
    assert telling.claim_one(stores).payload["data"] == {
        "id": batch_id,
        "kind": "batch",
        "state": "completed",
        "custom_id": "trip",
        "batch_id": batch_id,
        "url": f"/v1/batches/{batch_id}",
    }


def test_a_batch_whose_jobs_end_together_is_told_of_once(stores):
    webhook = register(stores)
    gathered = stores.batches.submit(batch({}, {}))
    stores.jobs.complete([building.done(job) for job in building.claim(stores.jobs)])
    told = events(stores, webhook)
    assert len(told) == 3
    assert told[-1] == ("batch.completed", gathered.batch.id)


def test_a_canceled_batch_is_told_of_as_canceled(stores):
    named = register(stores, events=frozenset())
    gathered = stores.batches.submit(batch({}, {}, webhook_id=named.id))
    stores.batches.cancel(gathered.batch.id)
    assert events(stores, named) == [("batch.completed", gathered.batch.id)]
    assert telling.claim_one(stores).payload["data"]["state"] == "canceled"


def test_a_batch_of_copies_has_ended_when_it_is_handed_in(stores):
    source = complete(stores)
    webhook = register(stores)
    gathered = stores.batches.submit(batch({"copy_of": source.id}))
    assert [event for event, _ in events(stores, webhook)] == ["job.succeeded", "batch.completed"]
    assert stores.batches.get(gathered.batch.id).finished_at is not None


def test_a_batch_whose_last_open_job_is_erased_has_ended(stores):
    webhook = register(stores, events=frozenset({Event.BATCH_COMPLETED}))
    gathered = stores.batches.submit(batch({}, {}))
    first, second = building.claim(stores.jobs)
    stores.jobs.complete([building.done(first)])
    stores.jobs.erase(second.id)
    assert events(stores, webhook) == [("batch.completed", gathered.batch.id)]


def test_an_erased_batch_is_told_of_no_more(stores):
    webhook = register(stores)
    gathered = stores.batches.submit(batch({}, {}))
    stores.batches.erase(gathered.batch.id)
    assert events(stores, webhook) == []

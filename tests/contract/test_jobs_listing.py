"""The `Jobs` port: lists of jobs, and what those that wait may expect."""

import pytest

from sightsong.core.jobs import (
    Completion,
    Failed,
    JobFilter,
    JobId,
    JobKind,
    JobState,
    NewJob,
    Outlook,
    Release,
    Retry,
)
from sightsong.core.rates import LATELY_S
from tests.contract import building
from tests.contract.building import INGEST, LONG_S, OOPS, photo
from tests.waiting import wait_until


def ids(stores, *, limit: int = 100, before: JobId | None = None, **where: object) -> list[str]:
    found = stores.jobs.listed(JobFilter(**where), limit=limit, before=before)
    return [job.id for job in found]


def submit(stores, count: int = 1, **fields: object) -> list[str]:
    """Submit photos; returns their ids, the newest first."""
    return [stores.jobs.submit(photo(**fields)).id for _ in range(count)][::-1]


def end(stores, outcome=None) -> str:
    """Let the next photo end."""
    job = building.claim_one(stores.jobs)
    how = building.done(job) if outcome is None else Completion(job=job, outcome=outcome)
    assert stores.jobs.complete([how]) == {job.id}
    return job.id


def test_jobs_are_listed_with_the_newest_first(stores):
    assert ids(stores) == []
    assert submit(stores, 3) == ids(stores)


def test_a_list_is_read_page_by_page(stores):
    all_of_them = submit(stores, 7)
    pages, last = [], None
    while page := ids(stores, limit=3, before=last):
        pages.append(page)
        last = page[-1]
    assert pages == [all_of_them[:3], all_of_them[3:6], all_of_them[6:]]


def test_what_comes_meanwhile_does_not_disturb_the_pages(stores):
    old = submit(stores, 4)
    first = ids(stores, limit=2)
    submit(stores, 3)
    assert first + ids(stores, limit=9, before=first[-1]) == old


def test_before_a_job_that_there_is_not_there_is_none(stores):
    submit(stores, 2)
    assert ids(stores, before=INGEST) == []


def test_an_erased_job_still_marks_its_place_in_the_list(stores):
    newest, middle, oldest = submit(stores, 3)
    stores.jobs.erase(middle)
    assert ids(stores) == [newest, oldest]
    assert ids(stores, before=middle) == [oldest]


def test_a_listed_job_is_as_it_is_but_for_its_result(stores):
    stores.jobs.submit(photo(params={"limit": 3}, custom_id="mine", deadline_s=LONG_S))
    job = building.claim_one(stores.jobs)
    stores.jobs.complete([building.done(job, caption="a cat")])
    [listed] = stores.jobs.listed(JobFilter(), limit=9)
    whole = stores.jobs.get(job.id)
    assert whole.result is not None
    assert listed.result is None
    assert {**vars(listed), "result": whole.result} == vars(whole)


def test_jobs_are_listed_by_kind(stores):
    kinds = (JobKind.PHOTO, JobKind.TEXT, JobKind.EMBED, JobKind.PHOTO)
    first, text, embed, second = (stores.jobs.submit(NewJob(kind=kind)).id for kind in kinds)
    assert ids(stores, kinds=(JobKind.PHOTO, JobKind.TEXT)) == [second, text, first]
    assert ids(stores, kinds=(JobKind.PHOTO, JobKind.TEXT), limit=2) == [second, text]
    assert ids(stores, kinds=(JobKind.EMBED, JobKind.EMBED)) == [embed]
    assert ids(stores) == [second, embed, text, first]


def test_jobs_are_listed_by_state(stores):
    submit(stores, 5)
    succeeded, failed = end(stores), end(stores, Failed(error=OOPS))
    canceled, running = ids(stores)[2], ids(stores)[1]
    stores.jobs.cancel(canceled)
    assert building.claim_one(stores.jobs).id == running
    (queued,) = ids(stores, state=JobState.QUEUED)
    by_state = {state: ids(stores, state=state) for state in JobState}
    assert by_state == {
        JobState.QUEUED: [queued],
        JobState.RUNNING: [running],
        JobState.SUCCEEDED: [succeeded],
        JobState.FAILED: [failed],
        JobState.CANCELED: [canceled],
    }


def test_the_waiting_jobs_of_another_kind_are_not_listed(stores):
    submit(stores, 2)
    text = stores.jobs.submit(NewJob(kind=JobKind.TEXT)).id
    assert ids(stores, kinds=(JobKind.TEXT,), state=JobState.QUEUED) == [text]


@pytest.mark.parametrize("state", list(JobState))
def test_a_list_of_one_state_is_read_page_by_page(stores, state):
    submit(stores, 6)
    for job in building.claim(stores.jobs, limit=3) if state is not JobState.QUEUED else []:
        outcome = {JobState.FAILED: Failed(error=OOPS)}.get(state)
        if state is JobState.CANCELED:
            stores.jobs.cancel(job.id)
        elif state is JobState.SUCCEEDED:
            stores.jobs.complete([building.done(job)])
        elif outcome is not None:
            stores.jobs.complete([Completion(job=job, outcome=outcome)])
    whole = ids(stores, state=state)
    first = ids(stores, state=state, limit=2)
    assert len(whole) >= 3
    assert first + ids(stores, state=state, before=first[-1]) == whole


def test_jobs_are_listed_by_what_their_sender_calls_them(stores):
    submit(stores, custom_id="a")
    of_b = submit(stores, 3, custom_id="b")
    assert ids(stores, custom_id="b") == of_b
    assert ids(stores, custom_id="b", limit=1, before=of_b[0]) == of_b[1:2]
    assert ids(stores, custom_id="c") == []


def test_jobs_are_listed_from_a_time_on_without_that_time(stores):
    submit(stores, 2)
    (old,) = submit(stores)
    at = stores.jobs.get(old).created_at
    wait_until(lambda: stores.jobs.get(submit(stores)[0]).created_at > at)
    newer = ids(stores, created_after=at)
    assert newer
    assert old not in newer
    assert all(stores.jobs.get(one).created_at > at for one in newer)


def test_conditions_narrow_each_other(stores):
    submit(stores, custom_id="b")
    end(stores)
    (waiting,) = submit(stores, custom_id="b")
    submit(stores, custom_id="a")
    assert ids(stores, custom_id="b", state=JobState.QUEUED) == [waiting]
    assert ids(stores, custom_id="b", kinds=(JobKind.TEXT,)) == []


def ahead(stores, job_id: str, *, limit: int = 100) -> int:
    return stores.jobs.outlook(job_id, limit=limit).ahead


def test_the_jobs_before_another_are_counted_in_the_order_of_claims(stores):
    waiting = [*submit(stores, priority=1), *submit(stores, priority=0), *submit(stores)]
    waiting += submit(stores, priority=2)
    places = {job_id: ahead(stores, job_id) for job_id in waiting}
    claimed = [building.claim_one(stores.jobs).id for _ in waiting]
    assert [places[job_id] for job_id in claimed] == [0, 1, 2, 3]


def test_suspects_go_before_all_others(stores):
    submit(stores, priority=2)
    job = building.claim_one(stores.jobs)
    alone = Retry(error=OOPS, delay_s=0, alone=True)
    stores.jobs.complete([Completion(job=job, outcome=alone)])
    (fresh,) = submit(stores, priority=0)
    assert (ahead(stores, job.id), ahead(stores, fresh)) == (0, 1)
    assert building.claim_one(stores.jobs).id == job.id


def test_the_jobs_before_another_are_counted_no_further_than_told(stores):
    last = submit(stores, 6)[0]
    assert (ahead(stores, last, limit=3), ahead(stores, last, limit=5)) == (3, 5)


def test_jobs_of_other_queues_are_not_before_any(stores):
    stores.jobs.submit(NewJob(kind=JobKind.EMBED, priority=0))
    (job_id,) = submit(stores)
    assert ahead(stores, job_id) == 0


@pytest.mark.parametrize("ending", [building.done, None])
def test_a_job_that_does_not_wait_has_no_outlook(stores, ending):
    submit(stores)
    job = building.claim_one(stores.jobs)
    if ending is not None:
        stores.jobs.complete([ending(job)])
    assert stores.jobs.outlook(job.id, limit=9) is None


def test_a_job_that_was_erased_or_never_was_has_no_outlook(stores):
    (job_id,) = submit(stores)
    stores.jobs.erase(job_id)
    assert stores.jobs.outlook(job_id, limit=9) is None
    assert stores.jobs.outlook(INGEST, limit=9) is None


def test_while_few_have_ended_nobody_knows_when_the_next_will(stores):
    submit(stores, 3)
    for _ in range(2):
        end(stores)
    (waiting,) = ids(stores, state=JobState.QUEUED)
    assert stores.jobs.outlook(waiting, limit=9) == Outlook(ahead=0, eta_s=None)


def test_jobs_that_were_canceled_or_given_back_say_nothing_of_the_pace(stores):
    submit(stores, 6)
    end(stores, Release())
    for job_id in ids(stores)[:4]:
        stores.jobs.cancel(job_id)
    (first, _) = ids(stores, state=JobState.QUEUED)
    assert stores.jobs.outlook(first, limit=9).eta_s is None


@pytest.mark.parametrize("erased", [False, True])
def test_the_end_of_a_job_is_told_from_those_that_ended_lately(stores, erased):
    submit(stores, 8)
    done = [end(stores) for _ in range(4)]
    if erased:
        for job_id in done:
            stores.jobs.erase(job_id)
    last, *_, first = ids(stores, state=JobState.QUEUED)
    soon, later = (stores.jobs.outlook(one, limit=9) for one in (first, last))
    assert (soon.ahead, later.ahead) == (0, 3)
    assert 0 < soon.eta_s < later.eta_s < LATELY_S


def test_a_pause_before_another_try_is_part_of_the_wait(stores):
    submit(stores, 4)
    for _ in range(3):
        end(stores)
    end(stores, Retry(error=OOPS, delay_s=LONG_S))
    (waiting,) = ids(stores, state=JobState.QUEUED)
    outlook = stores.jobs.outlook(waiting, limit=9)
    assert LONG_S / 2 < outlook.eta_s < LONG_S + LATELY_S

"""How work enters: whose it is, and what was answered before and still holds."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from sightsong.adapters import memory
from sightsong.core import erasing, errors, intake, jobs, ports
from sightsong.core.ingests import Wish
from sightsong.core.tenancy import DEFAULT_TENANT, TenantId, UserId, Whose
from sightsong.core.webhooks import NewWebhook, new_secret

ACME = Whose(tenant=TenantId("acme"))
ALICE = Whose(tenant=TenantId("acme"), user=UserId("alice"))
BEN = Whose(tenant=TenantId("acme"), user=UserId("ben"))
BOLT = Whose(tenant=TenantId("bolt"))
PHOTO = b"photo"


def recall(
    *,
    max_age_s: float = 60.0,
    holds: Callable[[jobs.Job], bool] = lambda _job: True,
) -> intake.Recall:
    return intake.Recall(max_age_s=max_age_s, holds=holds)


def ask(**fields: object) -> intake.Ask:
    return intake.Ask(**{"params": {"top_k": 5}, "whose": ACME, "recall": recall()} | fields)


def send(
    stores: ports.Stores,
    asked: intake.Ask,
    doorbell: memory.MemoryDoorbell | None = None,
    *,
    content: bytes = PHOTO,
    queue_limit: int = 9,
) -> jobs.Submitted:
    """Submit a photo."""
    return intake.submit_photo(
        stores,
        doorbell or memory.MemoryDoorbell(),
        asked,
        content=content,
        media_type="image/jpeg",
        queue_limit=queue_limit,
    )


def say(stores: ports.Stores, asked: intake.Ask, *, queue_limit: int = 9) -> jobs.Submitted:
    """Submit words."""
    return intake.submit_text(stores, memory.MemoryDoorbell(), asked, queue_limit=queue_limit)


def answer(stores: ports.Stores, submitted: jobs.Submitted) -> jobs.Job:
    """Work out the answer of the only job that waits."""
    owner = jobs.Owner("ann")
    (job,) = stores.jobs.claim([jobs.Queue.PHOTOS], owner=owner, limit=9, lease_s=60)
    assert job.id == submitted.job.id
    done = jobs.Succeeded(result={"caption": "a cat"})
    stores.jobs.complete([jobs.Completion(job=job, outcome=done)])
    return stores.jobs.get(job.id)


def answered(asked: intake.Ask | None = None) -> tuple[ports.Stores, jobs.Job]:
    """Stores with a photo that was answered."""
    stores = memory.open_stores()
    return stores, answer(stores, send(stores, asked or ask()))


def test_a_photo_that_was_answered_is_answered_again_at_once():
    stores, before = answered()
    again = send(stores, ask(custom_id="again")).job

    assert (again.state, again.result) == (jobs.JobState.SUCCEEDED, before.result)
    assert (again.cached_from, again.custom_id) == (before.id, "again")


def test_words_that_were_answered_are_answered_again_at_once():
    stores, asked = memory.open_stores(), ask(params={"text": "calm"})
    before = answer(stores, say(stores, asked))

    assert say(stores, asked).job.cached_from == before.id


def test_what_is_answered_at_once_stores_no_photo_and_wakes_nobody():
    stores, _ = answered()
    doorbell = memory.MemoryDoorbell()
    again = send(stores, ask(keep_image_s=60.0), doorbell).job

    assert again.blob_id is None
    assert doorbell.rings == ()


def test_what_is_answered_at_once_does_not_wait_for_room_in_the_line():
    stores, before = answered()
    send(stores, ask(recall=None))

    assert send(stores, ask(), queue_limit=1).job.cached_from == before.id


@pytest.mark.parametrize(
    "other",
    [
        ask(params={"top_k": 6}),
        ask(params={"top_k": 5, "text": ""}),
        ask(whose=BOLT),
        ask(whose=ALICE),
        ask(recall=None),
        ask(recall=recall(max_age_s=0.0)),
        ask(recall=recall(holds=lambda _job: False)),
    ],
)
def test_what_was_not_asked_just_so_or_no_longer_holds_is_worked_out(other):
    stores, _ = answered()
    job = send(stores, other).job

    assert (job.state, job.cached_from) == (jobs.JobState.QUEUED, None)


def test_another_photo_is_worked_out():
    stores, _ = answered()

    assert send(stores, ask(), content=b"another").job.cached_from is None


def test_how_a_job_is_handled_makes_no_other_answer_of_it():
    stores, before = answered()
    new = NewWebhook(url="https://app.example/", secret=new_secret(), tenant=ACME.tenant)
    told = stores.webhooks.add(new).id
    asked = ask(priority=0, deadline_s=9.0, keep_image_s=0.0, webhook_id=told, said={"a": 1})

    assert send(stores, asked).job.cached_from == before.id


def test_the_job_that_was_found_is_what_is_judged():
    seen: list[jobs.Job] = []
    stores, before = answered()
    send(stores, ask(recall=recall(holds=lambda job: not seen.append(job))))

    assert seen == [before]


def test_what_no_answer_is_wanted_for_gives_none_to_others():
    stores, _ = answered(ask(recall=None))

    assert send(stores, ask()).job.cached_from is None


def test_users_share_an_answer_that_is_made_for_none_of_them():
    stores, before = answered(ask(whose=ALICE, params={"personal": False}))
    again = send(stores, ask(whose=BEN, params={"personal": False})).job

    assert (again.cached_from, again.user) == (before.id, "ben")


def test_a_key_that_was_used_counts_before_all_answers():
    stores, _ = answered(ask(key="k"))
    again = send(stores, ask(key="k"))

    assert again.is_replay
    assert again.job.cached_from is None


def test_an_answer_given_at_once_is_the_same_job_under_its_key():
    stores, before = answered()
    first, again = send(stores, ask(key="k")), send(stores, ask(key="k"))

    assert (first.is_replay, again.is_replay) == (False, True)
    assert first.job == again.job
    assert again.job.cached_from == before.id


class Vanishing:
    """Job rows of which an answer is erased between its finding and its copying."""

    def __init__(self, rows: ports.Jobs) -> None:
        self._rows = rows

    def __getattr__(self, name: str) -> object:
        return getattr(self._rows, name)

    def answered(self, digest: str, **which: object) -> jobs.Job | None:
        found = self._rows.answered(digest, **which)
        if found is not None:
            self._rows.erase(found.id)
        return found


@pytest.mark.parametrize("key", [None, "k"])
def test_an_answer_that_vanishes_while_it_is_copied_is_worked_out_again(key):
    stores, _ = answered()
    doorbell = memory.MemoryDoorbell()
    job = send(replace(stores, jobs=Vanishing(stores.jobs)), ask(key=key), doorbell).job

    assert (job.state, job.cached_from) == (jobs.JobState.QUEUED, None)
    with stores.blobs.open(job.blob_id) as file:
        assert file.read() == PHOTO
    assert doorbell.rings == (jobs.Queue.PHOTOS,)


def test_what_was_erased_under_its_key_is_not_answered_again():
    stores, _ = answered()
    erased = send(stores, ask(key="k")).job
    erasing.erase_job(stores, erased.id, tenant=ACME.tenant)

    with pytest.raises(errors.JobErased):
        send(stores, ask(key="k"))


def test_a_quota_counts_for_answers_given_at_once_too():
    account = jobs.Account(key_id="a", jobs_per_day=1)
    stores, _ = answered(ask(account=account))

    with pytest.raises(errors.QuotaExceeded):
        send(stores, ask(account=account))


def test_a_photo_beyond_the_quota_leaves_no_bytes():
    stores = memory.open_stores(blob_room_bytes=len(PHOTO))
    with pytest.raises(errors.QuotaExceeded):
        send(stores, ask(account=jobs.Account(jobs_per_day=0)))

    send(stores, ask())  # there is room for one only


def test_a_job_is_whose_it_was_asked_for():
    stores = memory.open_stores()
    named, unnamed = send(stores, ask(whose=ALICE)).job, say(stores, ask()).job

    assert (named.tenant, named.user) == (ALICE.tenant, "alice")
    assert (unnamed.tenant, unnamed.user) == (ACME.tenant, None)


def test_a_key_stands_for_one_user_only():
    stores = memory.open_stores()
    send(stores, ask(key="k", whose=ALICE))

    with pytest.raises(errors.IdempotencyMismatch):
        send(stores, ask(key="k", whose=BEN))


def test_the_keys_of_one_tenant_are_not_those_of_another():
    stores = memory.open_stores()
    first, second = (send(stores, ask(key="k", whose=one)) for one in (ACME, BOLT))

    assert (first.is_replay, second.is_replay) == (False, False)


def test_what_was_sent_before_there_were_tenants_has_the_fingerprint_that_it_had():
    sent = intake.Ask(params={"top_k": 5}, key="k", keep_image_s=60.0)
    said = intake.Ask(params={"top_k": 5, "alpha": 0.5}, key="k", said={"top_k": 5})
    fingerprints = [one.idempotency(jobs.JobKind.PHOTO, PHOTO).fingerprint for one in (sent, said)]

    assert fingerprints == [
        "db530d9ed94c39223c3fb810e61ed5abdaff38291a80a3e9435e5ce4539268ca",
        "d1ffdd48b498c5fb81692244d1e828934ab0d016d733d14e8c9f87bd2d69744b",
    ]


def test_a_job_of_another_tenant_is_not_erased():
    stores = memory.open_stores()
    job = send(stores, ask()).job

    with pytest.raises(errors.JobNotFound):
        erasing.erase_job(stores, job.id, tenant=BOLT.tenant)
    assert stores.jobs.get(job.id) == job


def test_work_on_the_library_can_be_followed_by_who_asked_for_it():
    stores, doorbell = memory.open_stores(), memory.MemoryDoorbell()
    tenant = ACME.tenant
    made = [
        intake.submit_ingest(stores, doorbell, Wish(paths=("/music",)), tenant=tenant),
        intake.submit_rebuild(stores, doorbell, tenant=tenant),
        intake.submit_prune(stores, doorbell, queue_limit=9, tenant=tenant),
    ]

    assert [job.tenant for job in made if job] == [tenant] * 3
    prune = intake.submit_prune(stores, doorbell, queue_limit=9)
    assert prune.tenant == DEFAULT_TENANT

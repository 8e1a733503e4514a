"""Deliveries are sent: signed, a few at once, again until they got through, by one sender each."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator

import pytest

from indexer.delivering import KEEP_S, Deliverer, clear_log
from sightsong.adapters import memory
from sightsong.adapters.web import Poster
from sightsong.core.errors import StoreUnavailable
from sightsong.core.jobs import Completion, JobKind, NewJob, Owner, Queue, Succeeded
from sightsong.core.tenancy import DEFAULT_TENANT, TenantId
from sightsong.core.webhooks import Answer, DeliveryState, Event, NewWebhook, new_secret
from sightsong.core.webhooks.retrying import DELAYS_S, PATIENCE_S
from tests.clocks import Clock
from tests.unit.adapters.receivers import answers, receiver
from tests.waiting import wait_until

SLOW = TenantId("slow")


class Receivers:
    """Stands for all receivers: notes what is sent to each, and answers as it is told."""

    def __init__(self) -> None:
        self.got: list[tuple[str, bytes, dict[str, str]]] = []
        self.answers: dict[str, Answer | None] = {}  #: By address; None: it breaks.
        self.held: dict[str, threading.Event] = {}
        self.busy: list[str] = []
        self.most: dict[str, int] = {}

    def post(self, url, body, headers) -> Answer:
        self.busy.append(url)
        for one in (url, ""):
            count = len(self.busy) if not one else self.busy.count(url)
            self.most[one] = max(self.most.get(one, 0), count)
        if url in self.held:
            assert self.held[url].wait(10)
        self.got.append((url, body, dict(headers)))
        self.busy.remove(url)
        answer = self.answers.get(url, Answer(status=200))
        if answer is None:
            raise RuntimeError("nobody foresaw this")
        return answer

    def ids(self, url: str) -> list[str]:
        return [headers["webhook-id"] for to, _, headers in self.got if to == url]


@pytest.fixture
def clock() -> Clock:
    return Clock(1e9)


@pytest.fixture
def stores(clock):
    return memory.open_stores(clock)


@pytest.fixture
def receivers() -> Receivers:
    return Receivers()


@pytest.fixture
def make(stores, receivers, clock):
    """Make senders; they are stopped at the end."""
    made: list[Deliverer] = []

    def deliverer(hooks=None, owner="ann", post=receivers.post, **options: object) -> Deliverer:
        one = Deliverer(
            hooks or stores.webhooks,
            post,
            owner=owner,
            clock=clock,
            jitter=lambda: 0.0,
            **options,
        )
        made.append(one)
        return one

    yield deliverer
    for held in receivers.held.values():
        held.set()
    for one in made:
        one.stop()


@pytest.fixture
def deliverer(make) -> Iterator[Deliverer]:
    return make()


def register(stores, url="https://a.example/", tenant=DEFAULT_TENANT):
    events = frozenset(Event) - {Event.TEST}
    new = NewWebhook(url=url, secret=new_secret(), events=events, tenant=tenant)
    return stores.webhooks.add(new)


def due(stores, webhook, *, count=1) -> list[str]:
    return [stores.webhooks.test(webhook.id, tenant=webhook.tenant).id for _ in range(count)]


def log(stores, webhook):
    return stores.webhooks.deliveries(webhook.id, tenant=webhook.tenant, limit=100)


def pending(stores, webhook) -> int:
    return sum(one.state is DeliveryState.PENDING for one in log(stores, webhook))


def attempts(stores, webhook) -> int:
    return sum(len(one.attempts) for one in log(stores, webhook))


def look_until(deliverer, is_so) -> None:
    deliverer.look()
    wait_until(is_so)


def test_what_has_ended_is_told_signed_as_the_standard_says(stores, receivers, deliverer, clock):
    webhook = register(stores)
    job = stores.jobs.submit(NewJob(kind=JobKind.TEXT))
    stores.jobs.claim([Queue.PHOTOS], owner=Owner("w"), limit=1, lease_s=60)
    (claimed,) = [stores.jobs.get(job.id)]
    stores.jobs.complete([Completion(job=claimed, outcome=Succeeded(result={}))])
    look_until(deliverer, lambda: not pending(stores, webhook))
    ((url, body, headers),) = receivers.got
    assert (url, json.loads(body)["data"]["id"]) == (webhook.url, job.id)
    assert headers["webhook-timestamp"] == str(int(clock.now))
    key = base64.b64decode(webhook.secrets[0].text.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{digest}"


def test_an_attempt_is_made_at_each_of_its_times_under_one_id(stores, receivers, make, clock):
    webhook = register(stores)
    (delivery_id,) = due(stores, webhook)
    receivers.answers[webhook.url] = Answer(status=500)
    deliverer = make()
    for number, wait_s in enumerate(DELAYS_S, start=1):
        if wait_s:
            clock.now += wait_s - 0.1
            deliverer.look()
            assert len(receivers.got) == number - 1
            clock.now += 0.1
        look_until(deliverer, lambda number=number: attempts(stores, webhook) == number)
    (delivery,) = log(stores, webhook)
    assert (delivery.state, delivery.attempt) == (DeliveryState.FAILED, 10)
    assert set(receivers.ids(webhook.url)) == {delivery_id}


def test_an_error_nobody_foresaw_neither_stops_the_others_nor_is_lost(
    stores, receivers, make, clock
):
    broken, works = register(stores), register(stores, "https://b.example/")
    receivers.answers[broken.url] = None
    due(stores, broken)
    due(stores, works)
    deliverer = make()
    look_until(deliverer, lambda: attempts(stores, broken) and not pending(stores, works))
    assert log(stores, broken)[0].attempts[0].error == "this service could not send it"
    receivers.answers.pop(broken.url)
    clock.now += 3600
    look_until(deliverer, lambda: not pending(stores, broken))


def test_a_slow_receiver_holds_up_no_other(stores, receivers, deliverer):
    slow, quick = register(stores), register(stores, "https://b.example/")
    receivers.held[slow.url] = threading.Event()
    due(stores, slow, count=20)
    due(stores, quick, count=20)
    look_until(deliverer, lambda: not pending(stores, quick))
    assert receivers.most[slow.url] == 2
    assert pending(stores, slow) == 20
    receivers.held[slow.url].set()
    wait_until(lambda: not pending(stores, slow))
    assert receivers.most[slow.url] == 2


def test_so_many_are_sent_at_once_in_all(stores, receivers, make):
    webhooks = [
        register(stores, f"https://h{number}.example/", TenantId(f"t{number % 3}"))
        for number in range(8)
    ]
    gate = threading.Event()
    for webhook in webhooks:
        receivers.held[webhook.url] = gate
        due(stores, webhook, count=3)
    deliverer = make(at_once=5)
    look_until(deliverer, lambda: len(receivers.busy) == 5)
    deliverer.look()
    gate.set()
    wait_until(lambda: not any(pending(stores, webhook) for webhook in webhooks))
    assert receivers.most[""] == 5


def test_receivers_that_fail_have_half_of_the_places_at_most(stores, receivers, make):
    failing = [
        register(stores, f"https://f{number}.example/", TenantId(f"t{number}"))
        for number in range(4)
    ]
    for webhook in failing:
        receivers.answers[webhook.url] = Answer(status=500)
        due(stores, webhook, count=1)
    deliverer = make(at_once=4)
    look_until(deliverer, lambda: all(attempts(stores, one) for one in failing))
    for webhook in failing:
        receivers.held[webhook.url] = threading.Event()
        due(stores, webhook, count=2)
    look_until(deliverer, lambda: len(receivers.busy) == 2)
    works = register(stores)
    due(stores, works, count=5)
    look_until(deliverer, lambda: not pending(stores, works))
    assert len(receivers.busy) == 2


def test_slow_receivers_of_one_tenant_hold_up_no_others(stores, receivers, make):
    slow = [register(stores, f"https://s{number}.example/", SLOW) for number in range(9)]
    gate = threading.Event()
    for webhook in slow:
        receivers.held[webhook.url] = gate
        due(stores, webhook, count=3)
    deliverer = make(at_once=8)
    look_until(deliverer, lambda: len(receivers.busy) == 4)
    quick = register(stores, "https://quick.example/")
    due(stores, quick, count=20)
    look_until(deliverer, lambda: not pending(stores, quick))
    assert len(receivers.busy) == 4
    gate.set()


def test_receivers_that_were_slow_to_say_yes_leave_half_of_a_tenants_places(
    stores, receivers, make
):
    slow = [register(stores, f"https://s{number}.example/") for number in range(4)]
    for webhook in slow:
        receivers.answers[webhook.url] = Answer(status=200, took_ms=14_000.0)
        due(stores, webhook)
    deliverer = make(at_once=8)
    look_until(deliverer, lambda: not any(pending(stores, one) for one in slow))
    wait_until(lambda: not receivers.busy)
    for webhook in slow:
        receivers.held[webhook.url] = threading.Event()
        due(stores, webhook, count=3)
    look_until(deliverer, lambda: len(receivers.busy) == 2)
    quick = register(stores, "https://quick.example/")
    due(stores, quick, count=5)
    look_until(deliverer, lambda: not pending(stores, quick))
    assert len(receivers.busy) == 2


def test_a_receiver_that_is_quick_again_has_its_places_again(stores, receivers, make):
    webhook = register(stores)
    deliverer = make(at_once=8)
    for took_ms, is_slow in ((2001.0, True), (2000.0, False)):
        receivers.answers[webhook.url] = Answer(status=200, took_ms=took_ms)
        due(stores, webhook)
        look_until(deliverer, lambda: not pending(stores, webhook))
        assert stores.webhooks.get(webhook.id, tenant=DEFAULT_TENANT).is_slow is is_slow


def test_two_senders_send_each_delivery_once(stores, receivers, make):
    webhook = register(stores)
    made = due(stores, webhook, count=40)
    ann, bob = make(owner="ann"), make(owner="bob")
    ann.look()
    look_until(bob, lambda: not pending(stores, webhook))
    assert sorted(receivers.ids(webhook.url)) == sorted(made)


def test_what_a_killed_sender_had_in_hand_is_sent_by_another(stores, receivers, make, clock):
    webhook = register(stores)
    (delivery_id,) = due(stores, webhook)
    receivers.held[webhook.url] = threading.Event()
    make(owner="killed").look()
    wait_until(lambda: receivers.busy)
    other = Receivers()
    bob = make(owner="bob", post=other.post)
    bob.look()
    assert other.got == []
    clock.now += 61
    look_until(bob, lambda: not pending(stores, webhook))
    assert other.ids(webhook.url) == [delivery_id]
    receivers.held[webhook.url].set()
    wait_until(lambda: not receivers.busy)
    assert attempts(stores, webhook) == 1


class Away:
    """Webhooks of a database that writes nothing for a while."""

    def __init__(self, hooks) -> None:
        self._hooks = hooks
        self.is_away = True
        self.claim = hooks.claim

    def finish(self, sending, answer, verdict) -> bool:
        if self.is_away:
            raise StoreUnavailable
        return self._hooks.finish(sending, answer, verdict)


def test_what_could_not_be_noted_is_sent_again_when_its_lease_is_over(
    stores, receivers, make, clock
):
    webhook = register(stores)
    (delivery_id,) = due(stores, webhook)
    away = Away(stores.webhooks)
    deliverer = make(away)
    look_until(deliverer, lambda: receivers.got and not receivers.busy)
    away.is_away = False
    clock.now += 61
    look_until(deliverer, lambda: not pending(stores, webhook))
    assert receivers.ids(webhook.url) == [delivery_id, delivery_id]


def test_a_webhook_that_nothing_reaches_for_five_days_is_disabled(stores, receivers, make, clock):
    webhook = register(stores)
    receivers.answers[webhook.url] = Answer(error="no answer")
    deliverer = make()
    began_at = clock.now
    while clock.now < began_at + PATIENCE_S:
        assert stores.webhooks.get(webhook.id, tenant=DEFAULT_TENANT).is_enabled
        before = attempts(stores, webhook)
        due(stores, webhook)
        look_until(deliverer, lambda before=before: attempts(stores, webhook) > before)
        wait_until(lambda: not receivers.busy)
        clock.now += 86400
    due(stores, webhook)
    deliverer.look()
    wait_until(lambda: not stores.webhooks.get(webhook.id, tenant=DEFAULT_TENANT).is_enabled)
    assert "5 days" in stores.webhooks.get(webhook.id, tenant=DEFAULT_TENANT).disabled_reason


def test_an_old_failure_that_nothing_came_after_disables_no_webhook(stores, receivers, make, clock):
    webhook = register(stores)
    receivers.answers[webhook.url] = Answer(status=503)
    stores.jobs.submit(NewJob(kind=JobKind.TEXT))
    (job,) = stores.jobs.claim([Queue.PHOTOS], owner=Owner("w"), limit=1, lease_s=60)
    stores.jobs.complete([Completion(job=job, outcome=Succeeded(result={}))])
    deliverer = make()
    look_until(deliverer, lambda: attempts(stores, webhook) == 1)
    stores.jobs.erase(job.id)  # its delivery goes with it
    clock.now += 6 * 86400
    due(stores, webhook)
    look_until(deliverer, lambda: attempts(stores, webhook) == 1)
    after = stores.webhooks.get(webhook.id, tenant=DEFAULT_TENANT)
    assert (after.is_enabled, after.failing_since) == (True, clock.now)


def test_a_sender_that_was_stopped_begins_nothing(stores, receivers, deliverer):
    webhook = register(stores)
    due(stores, webhook)
    deliverer.stop()
    deliverer.look()
    assert receivers.got == []
    assert pending(stores, webhook) == 1


def test_a_real_receiver_hears_of_it(stores, make):
    with receiver(answers(204)) as to:
        webhook = register(stores, to.url)
        due(stores, webhook)
        deliverer = make(post=Poster(private={to.place}).post)
        look_until(deliverer, lambda: not pending(stores, webhook))
        assert b'"type":"test"' in to.got[0]
    (delivery,) = log(stores, webhook)
    assert (delivery.state, delivery.attempts[0].status) == (DeliveryState.DELIVERED, 204)


def test_the_log_is_cleared_of_what_is_old(stores, clock):
    webhook = register(stores)
    due(stores, webhook)
    clock.now += KEEP_S
    (young,) = due(stores, webhook)
    clear_log(stores.webhooks)
    assert [one.id for one in log(stores, webhook)] == [young]

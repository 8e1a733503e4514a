"""The `Webhooks` port: each delivery is sent by one sender at a time, until it is through."""

import threading

import pytest

from sightsong.adapters.store.schema import webhooks as table
from sightsong.core.errors import Unavailable
from sightsong.core.tenancy import DEFAULT_TENANT, TenantId
from sightsong.core.webhooks import (
    LONGEST_GAP_S,
    Answer,
    DeliveryState,
    Fate,
    Places,
    Verdict,
    WebhookChange,
)
from tests.contract import telling
from tests.contract.building import SHORT_S
from tests.contract.telling import (
    ANSWERED,
    DONE,
    LONG_S,
    REFUSED,
    again,
    claim,
    claim_one,
    register,
)
from tests.waiting import wait_until

GIVEN_UP = Verdict(fate=Fate.GIVEN_UP)
GONE = Verdict(fate=Fate.GONE)


def due(stores, webhook, *, count=1):
    return [stores.webhooks.test(webhook.id, tenant=DEFAULT_TENANT) for _ in range(count)]


def read(stores, webhook):
    return stores.webhooks.get(webhook.id, tenant=DEFAULT_TENANT)


def only(stores, webhook):
    (delivery,) = telling.told(stores, webhook)
    return delivery


def test_what_is_claimed_says_where_to_and_which_attempt_it_is(stores):
    webhook = register(stores)
    (delivery,) = due(stores, webhook)
    sending = claim_one(stores)
    assert (sending.id, sending.webhook_id) == (delivery.id, webhook.id)
    assert (sending.attempt, sending.url) == (1, webhook.url)
    assert sending.secrets == (webhook.secrets[0].text,)


def test_a_leased_delivery_is_nobody_elses(stores):
    due(stores, register(stores))
    claim_one(stores)
    assert claim(stores, "bob") == []


def test_of_many_senders_one_gets_each_delivery(stores):
    webhook = register(stores)
    made = due(stores, webhook, count=12)
    got: list[str] = []
    start = threading.Barrier(4)

    def send(owner) -> None:
        start.wait()
        for _ in range(12):
            try:
                got.extend(one.id for one in claim(stores, owner, per_webhook=1))
            except Unavailable:
                return

    threads = [threading.Thread(target=send, args=(f"sender {n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == len(set(got))
    got += [one.id for one in claim(stores)]
    assert sorted(got) == sorted(one.id for one in made)


def test_what_a_killed_sender_had_is_sent_by_another_as_the_same_attempt(stores):
    due(stores, register(stores))
    places = Places(free=1)
    (lost,) = stores.webhooks.claim(owner="ann", places=places, lease_s=SHORT_S)
    found: list[object] = []
    wait_until(lambda: found.extend(claim(stores, "bob")) or found)
    (sending,) = found
    assert (sending.id, sending.attempt) == (lost.id, 1)
    assert not stores.webhooks.finish(lost, ANSWERED, DONE)
    assert stores.webhooks.finish(sending, ANSWERED, DONE)


def test_an_attempt_that_lost_its_lease_writes_nothing(stores):
    webhook = register(stores)
    due(stores, webhook)
    (late,) = stores.webhooks.claim(owner="ann", places=Places(free=1), lease_s=0.0)
    wait_until(lambda: claim(stores, "bob"))
    assert not stores.webhooks.finish(late, ANSWERED, DONE)
    assert only(stores, webhook).attempts == ()


def test_what_was_delivered_is_kept_with_its_attempt(stores):
    webhook = register(stores)
    (made,) = due(stores, webhook)
    assert stores.webhooks.finish(claim_one(stores), ANSWERED, DONE)
    delivery = only(stores, webhook)
    assert (delivery.state, delivery.next_at) == (DeliveryState.DELIVERED, None)
    (attempt,) = delivery.attempts
    assert (attempt.status, attempt.error, attempt.took_ms) == (204, None, 12.5)
    assert attempt.at >= made.created_at - 0.1
    assert claim(stores) == []


def test_what_failed_is_tried_again_under_the_same_id(stores):
    webhook = register(stores)
    due(stores, webhook)
    first = claim_one(stores)
    unheard = Answer(error="no answer in time", took_ms=15_000.0)
    stores.webhooks.finish(first, unheard, again())
    second = claim_one(stores)
    assert (second.id, second.attempt) == (first.id, 2)
    stores.webhooks.finish(second, REFUSED, again())
    tried = [(one.status, one.error) for one in only(stores, webhook).attempts]
    assert tried == [(None, "no answer in time"), (500, None)]


def test_what_failed_waits_for_its_time(stores):
    webhook = register(stores)
    due(stores, webhook)
    stores.webhooks.finish(claim_one(stores), REFUSED, again(LONG_S))
    delivery = only(stores, webhook)
    assert (delivery.state, delivery.attempt) == (DeliveryState.PENDING, 1)
    assert delivery.next_at == pytest.approx(delivery.created_at + LONG_S, abs=5)
    assert claim(stores) == []


def test_what_is_given_up_is_sent_no_more_until_it_is_replayed(stores):
    webhook = register(stores)
    due(stores, webhook)
    first = claim_one(stores)
    stores.webhooks.finish(first, REFUSED, GIVEN_UP)
    assert only(stores, webhook).state is DeliveryState.FAILED
    assert claim(stores) == []
    replayed = stores.webhooks.replay(webhook.id, first.id, tenant=DEFAULT_TENANT)
    assert (replayed.state, replayed.attempt) == (DeliveryState.PENDING, 0)
    assert len(replayed.attempts) == 1
    second = claim_one(stores)
    assert (second.id, second.attempt) == (first.id, 1)


def test_a_replay_of_what_waits_sends_it_now(stores):
    webhook = register(stores)
    due(stores, webhook)
    first = claim_one(stores)
    stores.webhooks.finish(first, REFUSED, again(LONG_S))
    replayed = stores.webhooks.replay(webhook.id, first.id, tenant=DEFAULT_TENANT)
    assert (replayed.attempt, len(replayed.attempts)) == (0, 1)
    assert claim_one(stores).attempt == 1


def test_a_replay_of_what_is_being_sent_does_not_send_it_twice(stores):
    webhook = register(stores)
    due(stores, webhook)
    sending = claim_one(stores)
    stores.webhooks.replay(webhook.id, sending.id, tenant=DEFAULT_TENANT)
    assert claim(stores, "bob") == []
    assert stores.webhooks.finish(sending, ANSWERED, DONE)


def test_a_replay_of_what_is_being_sent_has_its_attempts_anew(stores):
    webhook = register(stores)
    due(stores, webhook)
    stores.webhooks.finish(claim_one(stores), REFUSED, again())
    second = claim_one(stores)
    stores.webhooks.replay(webhook.id, second.id, tenant=DEFAULT_TENANT)
    stores.webhooks.finish(second, REFUSED, again())
    assert only(stores, webhook).attempt == 1


def test_a_receiver_that_is_gone_is_told_nothing_more(stores):
    webhook = register(stores)
    due(stores, webhook, count=2)
    first, _second = claim(stores)
    stores.webhooks.finish(first, Answer(status=410), GONE)
    off = read(stores, webhook)
    assert not off.is_enabled
    assert "410" in off.disabled_reason
    assert claim(stores) == []


def test_a_webhook_that_is_enabled_again_gets_what_waited(stores):
    webhook = register(stores)
    due(stores, webhook, count=2)
    first = claim(stores, per_webhook=1)[0]
    stores.webhooks.finish(first, Answer(status=410), GONE)
    on = stores.webhooks.change(webhook.id, WebhookChange(is_enabled=True), tenant=DEFAULT_TENANT)
    assert (on.is_enabled, on.disabled_reason, on.failing_since) == (True, None, None)
    assert claim_one(stores).id != first.id


def test_a_webhook_fails_since_its_first_failure_after_a_success(stores):
    webhook = register(stores)
    due(stores, webhook)
    stores.webhooks.finish(claim_one(stores), REFUSED, again())
    since = read(stores, webhook).failing_since
    assert since is not None
    stores.webhooks.finish(claim_one(stores), REFUSED, again())
    assert read(stores, webhook).failing_since == since
    stores.webhooks.finish(claim_one(stores), ANSWERED, DONE)
    assert read(stores, webhook).failing_since is None


@pytest.mark.parametrize(("ago_s", "is_enabled"), [(LONGEST_GAP_S - 60, False), (86400 * 2, True)])
def test_only_what_fails_all_the_while_is_disabled(sql_stores, ago_s, is_enabled):
    webhook = register(sql_stores)
    due(sql_stores, webhook)
    sql_stores.webhooks.finish(claim_one(sql_stores), REFUSED, again())
    earlier = {"failing_since": table.c.failing_since - 6 * 86400}
    earlier["failed_at"] = table.c.failed_at - ago_s
    with sql_stores.database.write() as connection:
        connection.execute(table.update().values(earlier))
    sql_stores.webhooks.finish(claim_one(sql_stores), REFUSED, again())
    after = read(sql_stores, webhook)
    assert after.is_enabled is is_enabled
    assert after.failing_since is not None
    assert (after.failing_since > after.created_at) is is_enabled


def test_what_answered_slowly_comes_after_what_answered_quickly(stores):
    slow, quick = register(stores), register(stores)
    for webhook, took_ms in ((slow, 2500.0), (quick, 2.0)):
        due(stores, webhook)
        stores.webhooks.finish(claim_one(stores), Answer(status=200, took_ms=took_ms), DONE)
    due(stores, slow)
    due(stores, quick)
    assert [one.webhook_id for one in claim(stores, free=1)] == [quick.id]
    assert claim(stores, free=1, spare=1) == []
    (sending,) = claim(stores, free=1)
    assert (sending.webhook_id, sending.is_failing) == (slow.id, True)


def test_what_is_sent_says_whose_it_is(stores):
    webhook = register(stores, tenant=TenantId("others"))
    stores.webhooks.test(webhook.id, tenant=TenantId("others"))
    assert claim_one(stores).tenant == "others"


def test_a_few_at_once_are_sent_to_each_webhook(stores):
    slow, quick = register(stores), register(stores)
    due(stores, slow, count=5)
    due(stores, quick)
    got = [one.webhook_id for one in claim(stores, per_webhook=2)]
    assert sorted(got) == sorted([slow.id, slow.id, quick.id])
    assert claim(stores, per_webhook=2, taken={slow.id: 2, quick.id: 1}) == []


def test_the_longest_due_go_first(stores):
    webhook = register(stores)
    made = due(stores, webhook, count=3)
    got = [claim(stores, free=1, per_webhook=1)[0].id for _ in made]
    assert got == [one.id for one in made]


def test_webhooks_that_fail_come_after_those_that_work(stores):
    failing, working = register(stores), register(stores)
    due(stores, failing, count=3)
    stores.webhooks.finish(claim(stores, free=1)[0], REFUSED, again(LONG_S))
    due(stores, working)
    assert [one.webhook_id for one in claim(stores, free=1)] == [working.id]
    assert claim(stores, free=2, spare=2) == []
    assert [one.webhook_id for one in claim(stores, free=2, spare=1)] == [failing.id]

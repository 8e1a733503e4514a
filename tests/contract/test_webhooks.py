"""The `Webhooks` port: webhooks are registered, changed, and forgotten."""

import pytest

from sightsong.adapters import memory
from sightsong.core.errors import Conflict, DeliveryNotFound, WebhookNotFound
from sightsong.core.tenancy import DEFAULT_TENANT, TenantId
from sightsong.core.webhooks import (
    MOST_OF_A_TENANT,
    DeliveryState,
    Event,
    NewWebhook,
    WebhookChange,
    new_secret,
)
from tests.clocks import Clock
from tests.contract import telling
from tests.contract.building import LONG_S
from tests.contract.telling import register

OTHERS = TenantId("others")


def test_a_webhook_is_found_as_it_was_registered(stores):
    secret = new_secret()
    new = NewWebhook(
        url="https://app.example/hooks",
        secret=secret,
        events=frozenset({Event.JOB_FAILED}),
        description="the app",
    )
    webhook = stores.webhooks.add(new)
    assert stores.webhooks.get(webhook.id, tenant=DEFAULT_TENANT) == webhook
    assert (webhook.url, webhook.events, webhook.description) == (
        new.url,
        new.events,
        new.description,
    )
    assert [one.text for one in webhook.secrets] == [secret]
    assert webhook.is_enabled


def test_webhooks_are_listed_the_oldest_first(stores):
    first, second = register(stores), register(stores)
    assert stores.webhooks.listed(DEFAULT_TENANT) == [first, second]


def test_another_tenants_webhook_is_none(stores):
    webhook = register(stores)
    delivery = stores.webhooks.test(webhook.id, tenant=DEFAULT_TENANT)
    hooks = stores.webhooks
    for ask in (
        lambda: hooks.get(webhook.id, tenant=OTHERS),
        lambda: hooks.change(webhook.id, WebhookChange(is_enabled=False), tenant=OTHERS),
        lambda: hooks.rotate(webhook.id, new_secret(), tenant=OTHERS, overlap_s=0),
        lambda: hooks.remove(webhook.id, tenant=OTHERS),
        lambda: hooks.test(webhook.id, tenant=OTHERS),
        lambda: hooks.deliveries(webhook.id, tenant=OTHERS, limit=1),
        lambda: hooks.replay(webhook.id, delivery.id, tenant=OTHERS),
    ):
        with pytest.raises(WebhookNotFound):
            ask()
    assert hooks.listed(OTHERS) == []
    assert hooks.get(webhook.id, tenant=DEFAULT_TENANT) == webhook


def test_a_tenant_has_so_many_webhooks_at_most(stores):
    for _ in range(MOST_OF_A_TENANT):
        last = register(stores)
    with pytest.raises(Conflict):
        register(stores)
    register(stores, tenant=OTHERS)
    stores.webhooks.remove(last.id, tenant=DEFAULT_TENANT)
    register(stores)


def test_only_what_is_said_is_changed(stores):
    webhook = register(stores)
    change = WebhookChange(url="https://other.example/", events=frozenset({Event.JOB_FAILED}))
    changed = stores.webhooks.change(webhook.id, change, tenant=DEFAULT_TENANT)
    assert (changed.url, changed.events) == (change.url, change.events)
    assert (changed.secrets, changed.is_enabled) == (webhook.secrets, True)
    assert stores.webhooks.get(webhook.id, tenant=DEFAULT_TENANT) == changed


def test_nothing_to_change_is_fine(stores):
    webhook = register(stores)
    assert stores.webhooks.change(webhook.id, WebhookChange(), tenant=DEFAULT_TENANT) == webhook


def test_a_rotated_secret_signs_on_beside_the_new_one(stores):
    webhook = register(stores)
    stores.webhooks.test(webhook.id, tenant=DEFAULT_TENANT)
    new = new_secret()
    stores.webhooks.rotate(webhook.id, new, tenant=DEFAULT_TENANT, overlap_s=LONG_S)
    assert telling.claim_one(stores).secrets == (webhook.secrets[0].text, new)


def test_a_secret_that_is_rotated_without_overlap_signs_no_more(stores):
    webhook = register(stores)
    stores.webhooks.test(webhook.id, tenant=DEFAULT_TENANT)
    new = new_secret()
    rotated = stores.webhooks.rotate(webhook.id, new, tenant=DEFAULT_TENANT, overlap_s=0)
    assert rotated.secrets[-1].text == new
    assert telling.claim_one(stores).secrets == (new,)


def test_a_removed_webhook_is_none(stores):
    webhook = register(stores)
    stores.webhooks.remove(webhook.id, tenant=DEFAULT_TENANT)
    with pytest.raises(WebhookNotFound):
        stores.webhooks.get(webhook.id, tenant=DEFAULT_TENANT)
    assert stores.webhooks.listed(DEFAULT_TENANT) == []


def test_what_a_removed_webhook_was_to_be_told_is_not_sent(stores):
    webhook = register(stores)
    stores.webhooks.test(webhook.id, tenant=DEFAULT_TENANT)
    stores.webhooks.remove(webhook.id, tenant=DEFAULT_TENANT)
    assert telling.claim(stores) == []


def test_a_test_is_a_delivery_of_no_job(stores):
    webhook = register(stores, events=frozenset())
    delivery = stores.webhooks.test(webhook.id, tenant=DEFAULT_TENANT)
    assert (delivery.event, delivery.subject_id) == (Event.TEST, None)
    assert telling.told(stores, webhook) == [delivery]
    sent = telling.claim_one(stores)
    assert (sent.id, sent.payload["type"]) == (delivery.id, "test")
    assert sent.payload["data"]["id"] == webhook.id


def test_a_disabled_webhook_is_not_tested_and_nothing_is_replayed_to_it(stores):
    webhook = register(stores)
    delivery = stores.webhooks.test(webhook.id, tenant=DEFAULT_TENANT)
    stores.webhooks.change(webhook.id, WebhookChange(is_enabled=False), tenant=DEFAULT_TENANT)
    with pytest.raises(Conflict):
        stores.webhooks.test(webhook.id, tenant=DEFAULT_TENANT)
    with pytest.raises(Conflict):
        stores.webhooks.replay(webhook.id, delivery.id, tenant=DEFAULT_TENANT)


def test_deliveries_are_read_in_pages_newest_first(stores):
    webhook, other = register(stores), register(stores)
    made = [stores.webhooks.test(webhook.id, tenant=DEFAULT_TENANT).id for _ in range(3)]

    elsewhere = stores.webhooks.test(other.id, tenant=DEFAULT_TENANT).id

    def page(before=None, state=None) -> list[str]:
        found = stores.webhooks.deliveries(
            webhook.id, tenant=DEFAULT_TENANT, limit=2, before=before, state=state
        )
        return [one.id for one in found]

    assert page() == [made[2], made[1]]
    assert page(before=made[1]) == [made[0]]
    assert page(state=DeliveryState.FAILED) == []
    assert page(state=DeliveryState.PENDING) == [made[2], made[1]]
    for none in ("msg_none", elsewhere):
        with pytest.raises(DeliveryNotFound):
            page(before=none)


def test_what_was_no_delivery_of_it_is_not_replayed(stores):
    webhook, other = register(stores), register(stores)
    delivery = stores.webhooks.test(other.id, tenant=DEFAULT_TENANT)
    for delivery_id in (delivery.id, "msg_none"):
        with pytest.raises(DeliveryNotFound):
            stores.webhooks.replay(webhook.id, delivery_id, tenant=DEFAULT_TENANT)


def test_what_was_kept_long_enough_is_cleared(stores):
    webhook = register(stores)
    stores.webhooks.test(webhook.id, tenant=DEFAULT_TENANT)
    stores.webhooks.finish(telling.claim_one(stores), telling.ANSWERED, telling.DONE)
    assert stores.webhooks.clear(keep_s=LONG_S, limit=9) == 0
    assert stores.webhooks.clear(keep_s=0.0, limit=9) == 1
    assert telling.told(stores, webhook) == []


def test_so_many_are_cleared_at_once(stores):
    webhook = register(stores)
    for _ in range(3):
        last = stores.webhooks.test(webhook.id, tenant=DEFAULT_TENANT)
    assert stores.webhooks.clear(keep_s=0.0, limit=2) == 2
    assert telling.told(stores, webhook) == [last]


def test_what_is_left_of_a_removed_webhook_is_cleared(sql_stores):
    webhook = register(sql_stores)
    sql_stores.webhooks.test(webhook.id, tenant=DEFAULT_TENANT)
    sql_stores.webhooks.remove(webhook.id, tenant=DEFAULT_TENANT)
    assert sql_stores.webhooks.clear(keep_s=LONG_S, limit=9) == 1
    assert sql_stores.webhooks.clear(keep_s=LONG_S, limit=9) == 0


def test_a_delivery_is_young_by_the_clock_of_its_store():
    clock = Clock(now=1_000_000.0)
    stores = memory.open_stores(clock)
    stores.webhooks.test(register(stores).id, tenant=DEFAULT_TENANT)
    clock.now += 30.0
    assert stores.webhooks.clear(keep_s=31.0, limit=9) == 0
    assert stores.webhooks.clear(keep_s=30.0, limit=9) == 1

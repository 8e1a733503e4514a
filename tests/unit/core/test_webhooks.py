"""Webhooks: signatures, when to try again, whose turn it is."""

import base64
import hashlib
import hmac
import json

import pytest

from sightsong.core import webhooks
from sightsong.core.webhooks import (
    Answer,
    Due,
    Event,
    Fate,
    Places,
    Secret,
    Subject,
    Verdict,
    judge,
    rotated,
    shares,
)
from sightsong.core.webhooks.retrying import DELAYS_S, LONGEST_PAUSE_S

REFUSED = Answer(status=500)
JOB = Subject(event=Event.JOB_FAILED, id="j", kind="photo", state="failed", ended_at=1.5)


def secret(text, until=None) -> Secret:
    return Secret(text=text, created_at=0.0, until=until)


def test_a_signature_is_that_of_the_published_example():
    signature = webhooks.sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body=b'{"test": 2432232314}',
    )
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_new_secret_has_as_many_random_bytes_as_the_standard_asks_for():
    one, other = webhooks.new_secret(), webhooks.new_secret()
    assert one != other
    assert one.startswith("whsec_")
    assert 24 <= len(base64.b64decode(one.removeprefix("whsec_"), validate=True)) <= 64


def test_while_secrets_are_rotated_each_of_them_signs():
    old, new = webhooks.new_secret(), webhooks.new_secret()
    body = b"{}"
    sent = webhooks.headers("msg_1", timestamp=7, body=body, secrets=[old, new])
    assert (sent["webhook-id"], sent["webhook-timestamp"]) == ("msg_1", "7")
    for one, signature in zip((old, new), sent["webhook-signature"].split(" "), strict=True):
        key = base64.b64decode(one.removeprefix("whsec_"))
        digest = hmac.new(key, b"msg_1.7.{}", hashlib.sha256).digest()
        assert signature == f"v1,{base64.b64encode(digest).decode()}"


def test_an_id_of_a_delivery_is_that_of_no_other():
    assert webhooks.new_delivery_id() != webhooks.new_delivery_id()


def test_a_body_is_small_whatever_its_sender_calls_it():
    wild = Subject(**{**vars(JOB), "custom_id": "\ud800é\n" * 30})
    body = webhooks.encoded(webhooks.payload(wild))
    assert len(body) < 20_000
    assert json.loads(body)["data"]["custom_id"] == wild.custom_id


def test_a_payload_tells_the_time_of_the_end():
    assert webhooks.payload(JOB)["timestamp"] == "1970-01-01T00:00:01.500Z"


@pytest.mark.parametrize("status", [200, 204, 299])
def test_success_is_any_answer_of_the_twohundreds(status):
    assert judge(Answer(status=status), attempt=1, jitter=0).fate is Fate.DELIVERED


@pytest.mark.parametrize("status", [None, 100, 199, 301, 302, 307, 400, 404, 429, 500, 503])
def test_all_else_is_tried_again(status):
    assert judge(Answer(status=status), attempt=1, jitter=0).fate is Fate.AGAIN


def test_attempts_come_later_and_later_for_three_days():
    waits = [judge(REFUSED, attempt=n, jitter=0).delay_s for n in range(1, len(DELAYS_S))]
    assert waits == [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    assert judge(REFUSED, attempt=10, jitter=0) == Verdict(fate=Fate.GIVEN_UP)


@pytest.mark.parametrize(("jitter", "delay_s"), [(-1.0, 270.0), (0.5, 315.0), (1.0, 330.0)])
def test_chance_moves_an_attempt_by_a_tenth_at_most(jitter, delay_s):
    assert judge(REFUSED, attempt=2, jitter=jitter).delay_s == pytest.approx(delay_s)


def test_a_receiver_that_is_gone_is_told_nothing_more():
    assert judge(Answer(status=410), attempt=1, jitter=0).fate is Fate.GONE


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_receiver_is_left_alone_for_as_long_as_it_asks(status):
    def delay_s(asked_s) -> float:
        return judge(Answer(status=status, retry_after_s=asked_s), attempt=1, jitter=0).delay_s

    assert delay_s(120.0) == 120.0
    assert delay_s(1.0) == 5.0
    assert delay_s(1e9) == LONGEST_PAUSE_S


def test_others_do_not_say_when_to_come_again():
    answer = Answer(status=500, retry_after_s=120.0)
    assert judge(answer, attempt=1, jitter=0).delay_s == 5.0


def test_a_rotation_ends_the_old_secret_after_its_overlap():
    assert rotated([secret("old")], "new", now=100.0, overlap_s=10.0) == [
        secret("old", until=110.0),
        Secret(text="new", created_at=100.0),
    ]


def test_a_second_rotation_prolongs_no_secret():
    kept = rotated([secret("first", 105.0), secret("second")], "new", now=100.0, overlap_s=10.0)
    assert [(one.text, one.until) for one in kept[:2]] == [("first", 105.0), ("second", 110.0)]


def test_secrets_that_sign_no_more_are_forgotten():
    kept = rotated([secret("gone", 99.0), secret("old")], "new", now=100.0, overlap_s=10.0)
    assert [one.text for one in kept] == ["old", "new"]


def test_a_few_secrets_sign_at_once_however_often_they_are_rotated():
    kept = [secret("first")]
    for number in range(9):
        kept = rotated(kept, f"{number}", now=100.0, overlap_s=10.0)
    assert [one.text for one in kept] == ["5", "6", "7", "8"]


def due(webhook_id, since=0.0, *, tenant="t", is_failing=False) -> Due:
    return Due(webhook_id=webhook_id, tenant=tenant, is_failing=is_failing, since=since)


def test_the_longest_due_gets_its_places_first():
    assert shares([due("b", 2.0), due("a", 1.0)], Places(free=3)) == [("a", 2), ("b", 1)]


def test_each_tenant_gets_a_place_before_any_gets_a_second():
    crowd = [due(f"a{number}", tenant="a") for number in range(4)]
    got = shares([*crowd, due("b", 9.0, tenant="b")], Places(free=3))
    assert got == [("a0", 1), ("b", 1), ("a1", 1)]


def test_who_has_places_already_waits_for_who_has_none():
    places = Places(free=1, taken={"a": 1}, of_tenants={"one": 1})
    waiting = [due("a", 1.0, tenant="one"), due("b", 2.0, tenant="two")]
    assert shares(waiting, places) == [("b", 1)]


def test_each_webhook_of_a_tenant_gets_a_place_before_any_gets_a_second():
    assert shares([due("a", 1.0), due("b", 2.0), due("c", 3.0)], Places(free=3)) == [
        ("a", 1),
        ("b", 1),
        ("c", 1),
    ]


def test_a_tenant_has_no_more_than_its_places_in_all():
    crowd = [due(f"a{number}", tenant="a") for number in range(9)]
    places = Places(free=8, per_tenant=4, of_tenants={"a": 1})
    assert sum(count for _, count in shares(crowd, places)) == 3


def test_of_a_tenants_places_half_go_to_webhooks_that_fail_at_most():
    failing = [due(f"f{number}", is_failing=True) for number in range(9)]
    places = Places(free=8, per_tenant=4, of_tenants={"t": 1}, failing_of_tenants={"t": 1})
    assert shares(failing, places) == [("f0", 1)]
    assert shares([*failing, due("works", 9.0)], places) == [("works", 2), ("f0", 1)]


def test_a_webhook_has_no_more_than_its_places_in_all():
    places = Places(free=8, taken={"a": 1, "b": 2})
    assert sorted(shares([due("a"), due("b"), due("c")], places)) == [("a", 1), ("c", 2)]


def test_some_places_are_kept_from_webhooks_that_fail():
    failing = [due(name, is_failing=True) for name in ("a", "b", "c")]
    got = shares([*failing, due("works", 9.0)], Places(free=4, spare=2))
    assert got == [("works", 2), ("a", 1), ("b", 1)]


def test_without_places_nobody_gets_one():
    assert shares([due("a")], Places(free=0)) == []

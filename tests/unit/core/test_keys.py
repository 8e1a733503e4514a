"""Keys: how they are made, read and compared."""

import base64
import hashlib
import re

import pytest

from sightsong.core import keys
from sightsong.core.keys import ApiKey, Issued
from sightsong.core.tenancy import DEFAULT_TENANT, Scope

NOW = 1_000.0


def stored(issued: Issued, **fields: object) -> ApiKey:
    """The row of an issued key."""
    said = {
        "id": issued.id,
        "digest": issued.digest,
        "last4": issued.last4,
        "name": "an app",
        "scopes": frozenset({Scope.JOBS}),
        "tenant": DEFAULT_TENANT,
        "created_at": 0.0,
    }
    return ApiKey(**said | fields)


def test_a_key_says_what_it_is_and_holds_32_random_bytes():
    issued = keys.issue()
    found = re.fullmatch(r"ssk_([a-z0-9]{12})_([\w-]{43})", issued.text)
    assert found is not None
    assert found[1] == issued.id
    assert len(base64.urlsafe_b64decode(found[2] + "=")) == 32
    assert issued.digest == hashlib.sha256(found[2].encode()).hexdigest()
    assert issued.text.endswith(issued.last4)


def test_no_two_keys_are_alike():
    issued = [keys.issue() for _ in range(100)]
    assert len({one.id for one in issued}) == len({one.digest for one in issued}) == 100


def test_a_key_opens_as_itself():
    issued = keys.issue()
    presented = keys.read(issued.text)
    assert presented is not None
    assert keys.opens(stored(issued), presented, NOW)


def test_another_secret_or_another_id_opens_nothing():
    issued, other = keys.issue(), keys.issue()
    for text in (f"ssk_{issued.id}_{other.text[-43:]}", f"ssk_{other.id}_{issued.text[-43:]}"):
        presented = keys.read(text)
        assert presented is not None
        assert not keys.opens(stored(issued), presented, NOW)


@pytest.mark.parametrize(
    ("fields", "is_good"),
    [
        ({"revoked_at": NOW - 1}, False),
        ({"expires_at": NOW}, False),
        ({"expires_at": NOW + 0.001}, True),
        ({"expires_at": NOW + 9, "revoked_at": NOW + 5}, False),
    ],
)
def test_a_key_opens_until_it_expires_or_is_revoked(fields, is_good):
    issued = keys.issue()
    assert keys.opens(stored(issued, **fields), keys.read(issued.text), NOW) is is_good


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:-1],
        lambda text: text + "a",
        lambda text: text + "\n",
        lambda text: " " + text,
        lambda text: text.replace("ssk_", "SSK_"),
        lambda text: text[:4] + "A" + text[5:],
        lambda text: text[:-1] + "=",
        lambda text: text[:-1] + "é",
        lambda text: text[:-1] + "\x00",
        lambda text: text * 1000,
        lambda text: text[:0],
    ],
)
def test_what_is_not_of_the_form_of_a_key_is_none(change):
    assert keys.read(change(keys.issue().text)) is None


def test_no_secret_is_shown_by_accident():
    issued = keys.issue()
    presented = keys.read(issued.text)
    shown = f"{issued!r} {presented!r} {stored(issued)!r}"
    assert issued.id in shown
    assert presented.secret not in shown
    assert issued.digest not in shown


@pytest.mark.parametrize(("now", "left"), [(0.0, 86400.0), (86399.0, 1.0), (86400.5, 86399.5)])
def test_a_day_ends_at_midnight_in_utc(now, left):
    assert keys.left_of_day_s(now) == left

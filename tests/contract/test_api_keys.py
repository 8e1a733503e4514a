"""The `Keys` port: keys are kept, found, and stop to open anything when they are told to."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from sqlalchemy import select

from sightsong.adapters import memory
from sightsong.adapters.store.schema import api_keys
from sightsong.core import keys
from sightsong.core.errors import Conflict, KeyNotFound
from sightsong.core.keys import ApiKey, NewKey
from sightsong.core.tenancy import DEFAULT_TENANT, Scope, TenantId
from tests.clocks import Clock
from tests.contract.building import LONG_S, SHORT_S
from tests.waiting import wait_until

ACME, BOLT = TenantId("acme"), TenantId("bolt")
THREADS = 8


def new_key(**fields: object) -> NewKey:
    """A key, and its text where nobody sees it."""
    issued = keys.issue()
    said = {"id": issued.id, "digest": issued.digest, "last4": issued.last4}
    return NewKey(**said | {"name": "an app", "scopes": frozenset({Scope.JOBS})} | fields)


def test_a_key_is_found_as_it_was_made(stores):
    new = new_key(
        name="Fête\u2009no. 1",
        tenant=ACME,
        scopes=frozenset({Scope.ADMIN, Scope.LIBRARY}),
        requests_per_min=60,
        jobs_per_day=1000,
    )
    made = stores.keys.create(new)
    assert made == ApiKey(
        id=new.id,
        digest=new.digest,
        last4=new.last4,
        name="Fête\u2009no. 1",
        scopes=frozenset({Scope.ADMIN, Scope.LIBRARY}),
        tenant=ACME,
        created_at=made.created_at,
        requests_per_min=60,
        jobs_per_day=1000,
    )
    assert stores.keys.find(new.id) == made


def test_a_key_that_there_is_not_is_not_found(stores):
    stores.keys.create(new_key())
    assert stores.keys.find("aaaabbbbcccc") is None


def test_the_keys_of_a_tenant_are_its_own_and_an_operator_sees_all(stores):
    mine = [stores.keys.create(new_key(tenant=ACME)) for _ in range(2)]
    other = stores.keys.create(new_key(tenant=BOLT))
    assert {key.id for key in stores.keys.listed(ACME)} == {key.id for key in mine}
    assert {key.id for key in stores.keys.listed(None)} == {key.id for key in (*mine, other)}
    assert stores.keys.listed(DEFAULT_TENANT) == []


def test_keys_are_listed_newest_first(stores):
    old = stores.keys.create(new_key())
    new = stores.keys.create(new_key())
    wait_until(lambda: stores.keys.create(new_key()).created_at > new.created_at)
    listed = stores.keys.listed(None)
    ages = [key.created_at for key in listed]
    assert ages == sorted(ages, reverse=True)
    assert {old.id, new.id} < {key.id for key in listed}


def test_a_revoked_key_stays_revoked_since_the_first_time(stores):
    key = stores.keys.create(new_key())
    revoked = stores.keys.revoke(key.id)
    assert revoked.revoked_at >= key.created_at
    assert stores.keys.revoke(key.id) == revoked == stores.keys.find(key.id)


def test_a_key_expires_when_it_was_said(stores):
    key = stores.keys.create(new_key(expires_in_s=LONG_S))
    assert key.expires_at == pytest.approx(key.created_at + LONG_S, abs=0.01)


def test_a_key_may_be_told_to_expire(stores):
    key = stores.keys.create(new_key())
    told = stores.keys.expire_in(key.id, LONG_S)
    assert told.expires_at == pytest.approx(key.created_at + LONG_S, abs=5)
    assert stores.keys.find(key.id) == told


def test_what_is_told_to_expire_never_expires_later_than_before(stores):
    key = stores.keys.create(new_key(expires_in_s=LONG_S))
    assert stores.keys.expire_in(key.id, 9 * LONG_S) == key
    assert stores.keys.expire_in(key.id, 0.0).expires_at < key.expires_at


def test_a_key_takes_the_place_of_another(stores):
    limits = {"requests_per_min": 60, "jobs_per_day": 1000, "expires_in_s": LONG_S}
    old = stores.keys.create(new_key(tenant=ACME, name="frame", scopes=frozenset(Scope), **limits))
    issued = keys.issue()
    made = stores.keys.rotate(old.id, issued, overlap_s=SHORT_S, tenant=ACME)
    assert made == stores.keys.find(issued.id)
    assert (made.digest, made.last4) == (issued.digest, issued.last4)
    same = ("name", "scopes", "tenant", "requests_per_min", "jobs_per_day")
    assert [getattr(made, one) for one in same] == [getattr(old, one) for one in same]
    assert made.expires_at - made.created_at == pytest.approx(LONG_S, abs=0.01)
    left_s = stores.keys.find(old.id).expires_at - made.created_at
    assert left_s == pytest.approx(SHORT_S, abs=0.1)


def test_what_does_not_expire_is_replaced_by_what_does_not(stores):
    old = stores.keys.create(new_key())
    assert stores.keys.rotate(old.id, keys.issue(), overlap_s=0.0).expires_at is None


def test_a_key_that_was_replaced_at_once_is_not_replaced_again(stores):
    old = stores.keys.create(new_key())
    stores.keys.rotate(old.id, keys.issue(), overlap_s=0.0)
    with pytest.raises(Conflict):
        stores.keys.rotate(old.id, keys.issue(), overlap_s=0.0)
    assert len(stores.keys.listed(None)) == 2


def test_of_many_who_replace_a_key_at_once_one_does(stores):
    old = stores.keys.create(new_key())
    start = Barrier(THREADS)

    def rotate(_number: int) -> bool:
        start.wait()
        try:
            stores.keys.rotate(old.id, keys.issue(), overlap_s=0.0)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(THREADS) as pool:
        assert sum(pool.map(rotate, range(THREADS))) == 1
    assert len(stores.keys.listed(None)) == 2


def test_what_cannot_be_stored_leaves_the_other_key_as_it_was(sql_stores):
    old = sql_stores.keys.create(new_key())
    taken = sql_stores.keys.create(new_key())
    with pytest.raises(Exception, match=r"(?i)unique"):
        sql_stores.keys.rotate(old.id, replace(keys.issue(), id=taken.id), overlap_s=0.0)
    assert sql_stores.keys.find(old.id) == old


@pytest.mark.parametrize("do", ["revoke", "expire", "rotate"])
def test_the_key_of_another_tenant_is_not_found_and_stays_good(stores, do):
    key = stores.keys.create(new_key(tenant=ACME))
    change = {
        "revoke": lambda key_id, tenant: stores.keys.revoke(key_id, tenant=tenant),
        "expire": lambda key_id, tenant: stores.keys.expire_in(key_id, 0.0, tenant=tenant),
        "rotate": lambda key_id, tenant: stores.keys.rotate(
            key_id, keys.issue(), overlap_s=0.0, tenant=tenant
        ),
    }[do]
    for key_id, tenant in ((key.id, BOLT), ("aaaabbbbcccc", ACME), ("aaaabbbbcccc", None)):
        with pytest.raises(KeyNotFound):
            change(key_id, tenant)
    assert stores.keys.find(key.id) == key
    assert change(key.id, ACME) != key


def test_the_last_use_of_keys_is_noted(stores):
    first, second, third = (stores.keys.create(new_key()) for _ in range(3))
    stores.keys.seen([first.id, second.id, first.id, "aaaabbbbcccc"])
    assert stores.keys.find(first.id).used_at >= first.created_at
    assert stores.keys.find(second.id).used_at >= second.created_at
    assert stores.keys.find(third.id) == third


def test_a_service_without_keys_has_none_to_be_used(stores):
    assert not stores.keys.has_usable()


def test_keys_that_are_revoked_or_expired_are_of_no_use(stores):
    stores.keys.revoke(stores.keys.create(new_key()).id)
    stores.keys.create(new_key(expires_in_s=SHORT_S))
    wait_until(lambda: not stores.keys.has_usable())
    stores.keys.create(new_key(expires_in_s=LONG_S))
    assert stores.keys.has_usable()


def test_in_memory_a_key_is_of_no_use_from_the_moment_that_it_expires():
    clock = Clock(1_000.0)
    stores = memory.open_stores(clock)
    stores.keys.create(new_key(expires_in_s=10.0))
    clock.now = 1_009.9
    assert stores.keys.has_usable()
    clock.now = 1_010.0
    assert not stores.keys.has_usable()


def test_no_secret_is_in_the_database(sql_stores):
    issued = keys.issue()
    said = {"id": issued.id, "digest": issued.digest, "last4": issued.last4}
    sql_stores.keys.create(NewKey(**said, name="an app", scopes=frozenset(Scope)))
    secret = keys.read(issued.text).secret
    with sql_stores.database.read() as connection:
        (row,) = connection.execute(select(api_keys))
    assert issued.id in str(row)
    assert secret not in str(row)

"""The keyring: what it remembers, and for how long."""

import pytest

from api.keyring import Keyring
from sightsong.adapters import memory
from sightsong.core.errors import StoreUnavailable, Unauthorized
from tests.clocks import Clock
from tests.unit.api.keyholders import give_key, id_of, stored

NOW = 1_800_000_000.0


class Counted:
    """Keys that count how often they are asked, and may have something happen meanwhile."""

    def __init__(self, keys) -> None:
        self._keys = keys
        self.found: list[str] = []
        self.noted: list[str] = []
        self.meanwhile = lambda: None
        self.is_full = False

    def find(self, key_id: str):
        self.found.append(key_id)
        found = self._keys.find(key_id)
        self.meanwhile()
        return found

    def seen(self, key_ids) -> None:
        if self.is_full:
            raise StoreUnavailable
        self.noted.extend(key_ids)


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def stores(clock):
    return memory.open_stores(clock=clock)


@pytest.fixture
def counted(stores) -> Counted:
    return Counted(stores.keys)


@pytest.fixture
def ring(counted, clock) -> Keyring:
    return Keyring(counted, clock=clock, now=clock)


def test_a_good_key_is_told_and_remembered(ring, stores):
    text = give_key(stores)

    assert ring.remembered(text) is None
    assert ring.check(text).id == id_of(text)
    assert ring.remembered(text) == stored(stores, text)


def test_it_is_remembered_for_two_seconds_and_no_longer(ring, stores, clock):
    text = give_key(stores)
    ring.check(text)
    clock.now += 1.99
    assert ring.remembered(text) is not None
    clock.now += 0.01

    assert ring.remembered(text) is None


def test_a_key_that_expires_meanwhile_is_not_remembered_any_more(ring, stores, clock):
    text = give_key(stores, expires_in_s=1.0)
    ring.check(text)
    clock.now += 1.0

    assert ring.remembered(text) is None
    with pytest.raises(Unauthorized):
        ring.check(text)


def test_one_that_was_changed_here_is_looked_up_anew_at_once(ring, stores):
    text, other = give_key(stores), give_key(stores)
    ring.check(text)
    ring.check(other)
    stores.keys.revoke(id_of(text))
    ring.forget(id_of(text))

    assert ring.remembered(text) is None
    assert ring.remembered(other) is not None


def test_one_that_is_revoked_while_it_is_read_is_not_remembered(ring, stores, counted):
    text = give_key(stores)
    counted.meanwhile = lambda: ring.forget(id_of(text))
    ring.check(text)

    assert ring.remembered(text) is None


def test_a_wrong_secret_is_looked_up_each_time_as_an_unknown_id_is(ring, stores, counted):
    text = give_key(stores)
    ring.check(text)
    wrong = text[:-43] + "B" * 43
    for _ in range(2):
        assert ring.remembered(wrong) is None
        with pytest.raises(Unauthorized):
            ring.check(wrong)

    assert counted.found == [id_of(text)] * 3


def test_its_use_is_noted_once_a_minute(ring, stores, counted, clock):
    text = give_key(stores)
    for after_s in (0, 3, 56.9, 0.2):
        clock.now += after_s
        ring.check(text)

    assert counted.noted == [id_of(text)] * 2


def test_a_use_that_cannot_be_noted_opens_all_the_same(ring, stores, counted):
    counted.is_full = True

    assert ring.check(give_key(stores)).name == "a test's"

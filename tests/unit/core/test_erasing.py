"""Erasing: nothing of a user is left, whatever becomes of the bytes."""

from dataclasses import replace

import pytest

from sightsong.adapters import memory
from sightsong.core import erasing
from sightsong.core.errors import StoreUnavailable
from sightsong.core.jobs import BlobId, JobFilter, JobKind, NewJob
from sightsong.core.people import Preferences
from sightsong.core.tenancy import DEFAULT_TENANT, UserId, Whose

ALICE = Whose(user=UserId("alice"))


class Stubborn:
    """Blobs that will not go."""

    def __init__(self, error: Exception) -> None:
        self.asked: list[BlobId] = []
        self._error = error

    def delete(self, blob_id: BlobId) -> None:
        self.asked.append(blob_id)
        raise self._error


@pytest.fixture
def stores():
    return memory.open_stores()


def submit(stores) -> BlobId:
    blob = stores.blobs.put(b"pixels", media_type="image/png")
    stores.jobs.submit(NewJob(kind=JobKind.PHOTO, blob=blob, user=ALICE.user))
    return blob.id


def left(stores) -> int:
    where = JobFilter(tenant=ALICE.tenant, user=ALICE.user)
    return len(stores.jobs.listed(where, limit=1000))


def test_a_history_longer_than_one_transaction_goes_whole(stores):
    for _ in range(450):
        submit(stores)
    stores.people.set_preferences(ALICE, Preferences(alpha=0.5))
    erasing.erase_user(stores, ALICE.tenant, ALICE.user)
    assert (left(stores), stores.people.recall([ALICE])) == (0, {})


@pytest.mark.parametrize("error", [PermissionError(), StoreUnavailable()], ids=repr)
def test_bytes_that_will_not_go_keep_nothing_else(stores, error):
    sent = {submit(stores) for _ in range(3)}
    blobs = Stubborn(error)
    erasing.erase_user(replace(stores, blobs=blobs), DEFAULT_TENANT, ALICE.user)
    assert (set(blobs.asked), left(stores)) == (sent, 0)

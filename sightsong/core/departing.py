"""Departing: erasing all that there is of a user, bytes included."""

import contextlib

from sightsong.core import errors, ports
from sightsong.core.tenancy import TenantId, UserId

#: Rows that go in one transaction: others must not wait for a large history.
_AT_ONCE = 200


def erase(stores: ports.Stores, tenant: TenantId, user: UserId | None) -> None:
    """Erase the jobs of a user, and what is remembered of them; again is fine.

    Args:
        stores: where it all is.
        tenant: whose user it is.
        user: `NOBODY`: the tenant itself; None: the tenant with all of its users.

    Raises:
        StoreUnavailable: the database does not answer; what was erased by then is gone.
    """
    while (gone := stores.people.erase(tenant, user, limit=_AT_ONCE)).changed:
        for blob_id in gone.blobs:
            # The row is gone: the indexer removes the bytes in time.
            with contextlib.suppress(OSError, errors.SightsongError):
                stores.blobs.delete(blob_id)

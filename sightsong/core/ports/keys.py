"""The keys of the API, and what was submitted with them."""

from collections.abc import Iterable
from typing import Protocol

from sightsong.core.keys import ApiKey, Issued, NewKey, UsageDay
from sightsong.core.tenancy import TenantId


class Keys(Protocol):
    """The keys' rows. Every time is the database's clock."""

    def create(self, new: NewKey) -> ApiKey:
        """Store a key."""
        ...

    def find(self, key_id: str) -> ApiKey | None:
        """Read a key of whatever tenant, good or not; None where there is none."""
        ...

    def listed(self, tenant: TenantId | None) -> list[ApiKey]:
        """Read the keys of a tenant (None: of all), newest first."""
        ...

    def revoke(self, key_id: str, *, tenant: TenantId | None = None) -> ApiKey:
        """Let a key open nothing from now on. Again is fine: the first time stays.

        Raises:
            KeyNotFound: there is none, or it is not of this tenant.
        """
        ...

    def expire_in(self, key_id: str, seconds: float, *, tenant: TenantId | None = None) -> ApiKey:
        """Let a key expire some seconds from now, if it would not before.

        Raises:
            KeyNotFound: there is none, or it is not of this tenant.
        """
        ...

    def rotate(
        self, key_id: str, issued: Issued, *, overlap_s: float, tenant: TenantId | None = None
    ) -> ApiKey:
        """Store a key in the place of another, which expires `overlap_s` from now: all or nothing.

        It has the same name, scopes, limits and length of life.

        Raises:
            KeyNotFound: there is none, or it is not of this tenant.
            Conflict: it opens nothing any more.
        """
        ...

    def has_usable(self) -> bool:
        """Whether there is a key that is neither revoked nor expired."""
        ...

    def seen(self, key_ids: Iterable[str]) -> None:
        """Note that some keys were used just now; ids of none are left out."""
        ...

    def usage(self, tenant: TenantId, *, key_id: str | None = None, days: int) -> list[UsageDay]:
        """Read what a tenant has submitted on its last days, newest first.

        Args:
            tenant: whose.
            key_id: with which key; empty: without one. None: all in all.
            days: how many; the first is today in UTC, and none is left out.
        """
        ...

"""The keys of the API in memory."""

from collections.abc import Iterable
from dataclasses import replace

from sightsong.adapters.memory import usage
from sightsong.adapters.memory.state import State
from sightsong.core.errors import KeyNotFound
from sightsong.core.keys import ApiKey, Issued, NewKey, UsageDay, in_place_of, is_good
from sightsong.core.tenancy import TenantId


class MemoryKeys:
    """The `Keys` port over dictionaries."""

    def __init__(self, state: State) -> None:
        self._state = state

    def create(self, new: NewKey) -> ApiKey:
        """Store a key."""
        with self._state.lock:
            now = self._state.clock()
            key = ApiKey(
                id=new.id,
                digest=new.digest,
                last4=new.last4,
                name=new.name,
                scopes=new.scopes,
                tenant=new.tenant,
                created_at=now,
                expires_at=None if new.expires_in_s is None else now + new.expires_in_s,
                requests_per_min=new.requests_per_min,
                jobs_per_day=new.jobs_per_day,
            )
            self._state.api_keys[key.id] = key
            return key

    def find(self, key_id: str) -> ApiKey | None:
        """Read a key of whatever tenant, good or not; None where there is none."""
        with self._state.lock:
            return self._state.api_keys.get(key_id)

    def listed(self, tenant: TenantId | None) -> list[ApiKey]:
        """Read the keys of a tenant (None: of all), newest first."""
        with self._state.lock:
            found = [key for key in self._state.api_keys.values() if tenant in (None, key.tenant)]
        return sorted(found, key=lambda key: (-key.created_at, key.id))

    def revoke(self, key_id: str, *, tenant: TenantId | None = None) -> ApiKey:
        """Let a key open nothing from now on; the first time stays.

        Raises:
            KeyNotFound: there is none, or it is not of this tenant.
        """
        with self._state.lock:
            key = self._of(key_id, tenant)
            first = self._state.clock() if key.revoked_at is None else key.revoked_at
            return self._put(replace(key, revoked_at=first))

    def expire_in(self, key_id: str, seconds: float, *, tenant: TenantId | None = None) -> ApiKey:
        """Let a key expire some seconds from now, if it would not before.

        Raises:
            KeyNotFound: there is none, or it is not of this tenant.
        """
        with self._state.lock:
            key, then = self._of(key_id, tenant), self._state.clock() + seconds
            sooner = then if key.expires_at is None else min(then, key.expires_at)
            return self._put(replace(key, expires_at=sooner))

    def rotate(
        self, key_id: str, issued: Issued, *, overlap_s: float, tenant: TenantId | None = None
    ) -> ApiKey:
        """Store a key in the place of another, which expires `overlap_s` from now.

        Raises:
            KeyNotFound: there is none, or it is not of this tenant.
            Conflict: it opens nothing any more.
        """
        with self._state.lock:
            new = in_place_of(self._of(key_id, tenant), issued, self._state.clock())
            self.expire_in(key_id, overlap_s, tenant=tenant)
            return self.create(new)

    def has_usable(self) -> bool:
        """Whether there is a key that is neither revoked nor expired."""
        with self._state.lock:
            now = self._state.clock()
            return any(is_good(key, now) for key in self._state.api_keys.values())

    def seen(self, key_ids: Iterable[str]) -> None:
        """Note that some keys were used just now; ids of none are left out."""
        with self._state.lock:
            now = self._state.clock()
            for key_id in key_ids:
                if key_id in self._state.api_keys:
                    self._put(replace(self._state.api_keys[key_id], used_at=now))

    def usage(self, tenant: TenantId, *, key_id: str | None = None, days: int) -> list[UsageDay]:
        """Read what a tenant has submitted on its last days, newest first."""
        with self._state.lock:
            return usage.read(self._state, tenant, key_id=key_id, days=days)

    def _of(self, key_id: str, tenant: TenantId | None) -> ApiKey:
        key = self._state.api_keys.get(key_id)
        if key is None or tenant not in (None, key.tenant):
            raise KeyNotFound
        return key

    def _put(self, key: ApiKey) -> ApiKey:
        self._state.api_keys[key.id] = key
        return key

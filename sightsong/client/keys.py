"""Calls about keys of the service, and about who asks."""

from collections.abc import Sequence

from sightsong.client.calls import Calls, segment
from sightsong.client.steps import Steps
from sightsong.client.twofold import Call
from sightsong.client.views import IssuedKeyView, KeyView, MeView, UsageView
from sightsong.client.wishes import said

_PATH = "/v1/keys"


class KeyCalls(Calls):
    """What may be asked about keys. All but `me` and `usage` need the scope `admin`."""

    @Call
    def create_key(
        self,
        name: str,
        *,
        scopes: Sequence[str],
        tenant: str | None = None,
        expires_in_s: float | None = None,
        requests_per_min: int | None = None,
        jobs_per_day: int | None = None,
    ) -> Steps[IssuedKeyView]:
        """Make a key; its text is in this answer, and never told again.

        Args:
            name: what to call it.
            scopes: what it may be used for: `jobs`, `library`, `admin`.
            tenant: whose it is; your own unless it is said.
            expires_in_s: how long it is good; None: until it is revoked.
            requests_per_min: None: as many as the service allows to any.
            jobs_per_day: photos and texts, per day in UTC; None: any.
        """
        limits = {"requests_per_min": requests_per_min, "jobs_per_day": jobs_per_day}
        asked = {"name": name, "scopes": list(scopes)}
        more = said({"tenant": tenant, "expires_in_s": expires_in_s, **limits})
        return self._post(_PATH, asked | more)

    @Call
    def keys(self) -> Steps[list[KeyView]]:
        """Read which keys there are."""
        return self._all(_PATH)

    @Call
    def key(self, key_id: str) -> Steps[KeyView]:
        """Read one key."""
        return self._get(_path(key_id))

    @Call
    def revoke_key(self, key_id: str) -> Steps[None]:
        """Have a key open nothing any more; again is fine."""
        return self._delete(_path(key_id), is_idempotent=True)

    @Call
    def rotate_key(self, key_id: str, *, overlap_s: float = 0) -> Steps[IssuedKeyView]:
        """Make a key that takes the place of another, which is good for `overlap_s` more."""
        return self._post(f"{_path(key_id)}/rotate", {"overlap_s": overlap_s})

    @Call
    def me(self) -> Steps[MeView]:
        """Read who asks: the tenant and the user, and what the key may be used for."""
        return self._get("/v1/me")

    @Call
    def usage(self, *, days: int = 30) -> Steps[UsageView]:
        """Read what was submitted of late, day by day."""
        return self._get("/v1/me/usage", {"days": days})


def _path(key_id: str) -> str:
    return f"{_PATH}/{segment(key_id)}"

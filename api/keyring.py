"""The keys that requests come with: checked against the database, and remembered for a moment."""

import contextlib
import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from sightsong.core import keys, ports
from sightsong.core.errors import SightsongError, Unauthorized
from sightsong.core.keys import ApiKey
from sightsong.core.tenancy import DEFAULT_TENANT

#: A key that was revoked by another process opens for no longer than this, in seconds.
REMEMBERED_S = 2.0
#: Each key's use is noted this often, in seconds, by each process.
_NOTED_S = 60.0
#: Good keys that are remembered at once.
_MOST = 10_000
#: Compared with what names no key, so that this takes no less time than a wrong secret.
_NOBODYS = ApiKey(
    id="",
    digest="0" * 64,
    last4="",
    name="",
    scopes=frozenset(),
    tenant=DEFAULT_TENANT,
    created_at=0.0,
)
_NO_KEY = keys.Presented(id="-", secret="")


@dataclass(frozen=True, kw_only=True)
class _Known:
    """A key that was good when it was looked at."""

    key: ApiKey
    until: float  #: On the ring's own clock.


class Keyring:
    """Tells which key a request has come with. Safe from many threads.

    Only what was good is remembered, under a digest of all of it: whether the id or the secret of a
    wrong key is wrong makes no difference to the time that it takes.
    """

    def __init__(
        self,
        stored: ports.Keys,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Put it over the stored keys.

        Args:
            stored: the keys.
            clock: for how long something is remembered.
            now: seconds since the epoch, by which keys expire.
        """
        self._stored = stored
        self._clock = clock
        self._now = now
        self._lock = threading.Lock()
        self._known: dict[bytes, _Known] = {}
        self._noted: dict[str, float] = {}
        self._changes = 0  # of keys, by this process

    def remembered(self, text: str) -> ApiKey | None:
        """Tell which key this is, if it was seen a moment ago; asks nobody."""
        known = self._known.get(_named(text))
        if known is None or self._clock() >= known.until or self._has_expired(known.key):
            return None
        return known.key

    def check(self, text: str) -> ApiKey:
        """Look a key up, and note that it was used.

        Raises:
            Unauthorized: there is no such key, or it is expired or revoked.
            StoreUnavailable: the database does not answer.
        """
        changes = self._changes
        presented = keys.read(text)
        found = None if presented is None else self._stored.find(presented.id)
        is_good = keys.opens(found or _NOBODYS, presented or _NO_KEY, self._now())
        if found is None or not is_good:
            raise Unauthorized("This is no key of this service, or it is expired or revoked.")
        self._remember(text, found, changes)
        self._note(found.id)
        return found

    def forget(self, key_id: str) -> None:
        """Look this key up anew when it comes again: it was changed."""
        with self._lock:
            self._changes += 1
            self._known = {
                name: known for name, known in self._known.items() if known.key.id != key_id
            }

    def _remember(self, text: str, key: ApiKey, changes: int) -> None:
        with self._lock:
            if changes != self._changes:
                return  # a key was changed while this one was read: it may be this one
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[_named(text)] = _Known(key=key, until=self._clock() + REMEMBERED_S)

    def _note(self, key_id: str) -> None:
        """Note a use now and then; that it could not be noted harms nobody."""
        now = self._clock()
        with self._lock:
            if now - self._noted.get(key_id, float("-inf")) < _NOTED_S:
                return
            self._noted[key_id] = now
        with contextlib.suppress(SightsongError):
            self._stored.seen([key_id])

    def _has_expired(self, key: ApiKey) -> bool:
        return key.expires_at is not None and self._now() >= key.expires_at


def _named(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()

"""Keys of the API: `ssk_<id>_<secret>`. Only a digest of the secret is kept, as of a password.

The secret is 32 random bytes, so that one round of SHA-256 is enough: there is nothing to guess.
"""

import base64
import hashlib
import hmac
import re
import secrets
import string
from dataclasses import dataclass, field

from sightsong.core.errors import Conflict, QuotaExceeded
from sightsong.core.tenancy import DEFAULT_TENANT, Scope, TenantId

_ID_LETTERS = string.ascii_lowercase + string.digits
_ID_LENGTH = 12
_SECRET_BYTES = 32
_DAY_S = 24 * 3600.0
_TEXT = re.compile(r"ssk_([a-z0-9]{12})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, kw_only=True)
class Issued:
    """A key that was just made."""

    id: str  #: The part of it that anybody may see.
    text: str = field(repr=False)  #: All of it: shown once, kept nowhere.
    digest: str = field(repr=False)  #: Hex SHA-256 of its secret.
    last4: str  #: How its text ends, for people to tell keys apart.


@dataclass(frozen=True, kw_only=True)
class Presented:
    """A key as it came with a request."""

    id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class NewKey:
    """A key about to be stored."""

    id: str
    digest: str = field(repr=False)
    last4: str
    name: str
    scopes: frozenset[Scope]
    tenant: TenantId = DEFAULT_TENANT
    expires_in_s: float | None = None  #: From now; None: never.
    requests_per_min: int | None = None  #: None: as many as the service allows to any.
    jobs_per_day: int | None = None  #: Photos and texts, per day in UTC; None: any.


@dataclass(frozen=True, kw_only=True)
class ApiKey:
    """A stored key. Times are seconds since the epoch by the database's clock."""

    id: str
    digest: str = field(repr=False)
    last4: str
    name: str
    scopes: frozenset[Scope]
    tenant: TenantId
    created_at: float
    expires_at: float | None = None
    revoked_at: float | None = None
    used_at: float | None = None  #: Lately; not each use is noted.
    requests_per_min: int | None = None
    jobs_per_day: int | None = None


@dataclass(frozen=True, kw_only=True)
class UsageDay:
    """What was submitted on one day."""

    day: str  #: In UTC, as `2026-11-21`.
    photos: int = 0
    texts: int = 0


def issue() -> Issued:
    """Make a key."""
    key_id = "".join(secrets.choice(_ID_LETTERS) for _ in range(_ID_LENGTH))
    secret = base64.urlsafe_b64encode(secrets.token_bytes(_SECRET_BYTES)).decode().rstrip("=")
    return Issued(
        id=key_id, text=f"ssk_{key_id}_{secret}", digest=_digest(secret), last4=secret[-4:]
    )


def in_place_of(old: ApiKey, issued: Issued, now: float) -> NewKey:
    """Describe a key like another: same name, scopes, limits and length of life.

    Args:
        old: the other.
        issued: what makes it a key.
        now: seconds since the epoch.

    Raises:
        Conflict: the other opens nothing any more.
    """
    if not is_good(old, now):
        raise Conflict("This key opens nothing any more; make a new one.")
    return NewKey(
        id=issued.id,
        digest=issued.digest,
        last4=issued.last4,
        name=old.name,
        scopes=old.scopes,
        tenant=old.tenant,
        expires_in_s=None if old.expires_at is None else old.expires_at - old.created_at,
        requests_per_min=old.requests_per_min,
        jobs_per_day=old.jobs_per_day,
    )


def read(text: str) -> Presented | None:
    """Take a key apart; None where it cannot be one."""
    found = _TEXT.fullmatch(text)
    return None if found is None else Presented(id=found[1], secret=found[2])


def opens(key: ApiKey, presented: Presented, now: float) -> bool:
    """Whether what was presented is this key, and it is still good.

    The time that it takes says nothing of the secret.

    Args:
        key: the stored key of the id that was presented.
        presented: what came with a request.
        now: seconds since the epoch.
    """
    is_same = hmac.compare_digest(key.digest, _digest(presented.secret))
    return is_same and key.id == presented.id and is_good(key, now)


def is_good(key: ApiKey, now: float) -> bool:
    """Whether a key is neither revoked nor expired."""
    return key.revoked_at is None and (key.expires_at is None or now < key.expires_at)


def left_of_day_s(now: float) -> float:
    """Seconds from a time until the next day begins in UTC."""
    return _DAY_S - now % _DAY_S


def spent(*, wanted: int, used: int, most: int, now: float) -> QuotaExceeded:
    """Say that a key may not submit so much any more today.

    Args:
        wanted: jobs that it wants to submit at once.
        used: jobs that it has submitted today.
        most: jobs that it may submit in a day.
        now: seconds since the epoch.
    """
    told = f"{wanted:,} {'job' if wanted == 1 else 'jobs'}, of which {max(most - used, 0):,} are"
    return QuotaExceeded(
        f"{told} left today (UTC), {most:,} a day in all.", retry_after_s=left_of_day_s(now)
    )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()

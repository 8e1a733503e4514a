"""Answers about keys, and about who asks, as typed dictionaries."""

from typing import TypedDict


class KeyView(TypedDict):
    """A key of the service."""

    id: str
    name: str
    tenant: str
    scopes: list[str]  #: `jobs`, `library`, `admin`.
    last4: str  #: How its text ends.
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    used_at: str | None  #: Lately; not each use is noted.
    requests_per_min: int | None
    jobs_per_day: int | None


class IssuedKeyView(KeyView):
    """A key that was just made."""

    key: str  #: All of it. It is shown this once, and kept nowhere.


class MeView(TypedDict):
    """Who asks, as the service sees it."""

    tenant: str
    user: str | None
    key: KeyView | None  #: None in a service without keys.
    scopes: list[str]


class UsageDayView(TypedDict):
    """What was submitted on one day."""

    day: str  #: In UTC, as `2026-11-21`.
    photos: int
    texts: int


class UsageView(TypedDict):
    """What was submitted of late."""

    items: list[UsageDayView]
    today: UsageDayView
    jobs_per_day: int | None  #: What the key may submit in a day; None: any.

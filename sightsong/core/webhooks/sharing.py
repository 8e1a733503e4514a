"""Who is sent to next: a few at once to each webhook and each tenant, those with fewest first."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sightsong.core.tenancy import TenantId


@dataclass(frozen=True, kw_only=True)
class Places:
    """How many deliveries may be begun now, and what runs already."""

    free: int
    #: Of these, so many are kept for webhooks that work: those that fail are often slow as well.
    spare: int = 0
    per_webhook: int = 2  #: At once.
    taken: Mapping[str, int] = field(default_factory=dict)  #: By webhooks, of `per_webhook`.
    #: At once, half of them at most to webhooks that fail; None: as many as there are.
    per_tenant: int | None = None
    of_tenants: Mapping[TenantId, int] = field(default_factory=dict)  #: Of `per_tenant`.
    failing_of_tenants: Mapping[TenantId, int] = field(default_factory=dict)  #: Of their half.


@dataclass(frozen=True, kw_only=True)
class Due:
    """A webhook that has something to be told now."""

    webhook_id: str
    tenant: TenantId
    is_failing: bool  #: Its last attempt failed, or took long.
    since: float  #: When the oldest of it was due, in seconds since the epoch.


def shares(due: Iterable[Due], places: Places) -> list[tuple[str, int]]:
    """Share places out one by one; which webhooks get any, and how many each may take.

    Each goes to a tenant with the fewest, and of its webhooks to one with the fewest; of those to
    one that works, and then to the one that waits longest.
    """
    table = _Table(places)
    waiting = list(due)
    while waiting := [one for one in waiting if table.has_room(one)]:
        table.give(min(waiting, key=table.turn))
    return list(table.given.items())


class _Table:
    """The places, while they are shared out."""

    def __init__(self, places: Places) -> None:
        self.given: Counter[str] = Counter()
        self._free = places.free
        self._for_failing = places.free - places.spare
        self._per_webhook = places.per_webhook
        self._per_tenant = math.inf if places.per_tenant is None else places.per_tenant
        self._taken = Counter(places.taken)
        self._of_tenants = Counter(places.of_tenants)
        self._failing_of_tenants = Counter(places.failing_of_tenants)

    def has_room(self, one: Due) -> bool:
        """Whether a webhook may have a place more."""
        is_bounded = (
            self._taken[one.webhook_id] >= self._per_webhook
            or self._of_tenants[one.tenant] >= self._per_tenant
        )
        if self._free <= 0 or is_bounded:
            return False
        is_half_full = self._failing_of_tenants[one.tenant] >= self._per_tenant / 2
        return not one.is_failing or (self._for_failing > 0 and not is_half_full)

    def turn(self, one: Due) -> tuple[int, int, bool, float]:
        """The least has the next place."""
        taken = self._taken[one.webhook_id]
        return self._of_tenants[one.tenant], taken, one.is_failing, one.since

    def give(self, one: Due) -> None:
        """Give a place away."""
        self.given[one.webhook_id] += 1
        self._taken[one.webhook_id] += 1
        self._of_tenants[one.tenant] += 1
        self._free -= 1
        if one.is_failing:
            self._failing_of_tenants[one.tenant] += 1
            self._for_failing -= 1

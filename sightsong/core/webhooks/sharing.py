"""Who is sent to next: a few at once to each webhook, so that a slow one holds up no other."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Places:
    """How many deliveries may be begun now."""

    free: int
    #: Of these, so many are kept for webhooks that work: those that fail are often slow as well.
    spare: int = 0
    per_webhook: int = 2  #: At once.
    taken: Mapping[str, int] = field(default_factory=dict)  #: By webhooks, of `per_webhook`.


@dataclass(frozen=True, kw_only=True)
class Due:
    """A webhook that has something to be told now."""

    webhook_id: str
    is_failing: bool  #: Its last attempt failed.
    since: float  #: When the oldest of it was due, in seconds since the epoch.


def shares(due: Iterable[Due], places: Places) -> Iterator[tuple[str, int]]:
    """Share places out, to webhooks that work first; how many each may take at most."""
    left = places.free
    for one in sorted(due, key=lambda one: (one.is_failing, one.since)):
        own = places.per_webhook - places.taken.get(one.webhook_id, 0)
        most = min(own, left - places.spare if one.is_failing else left)
        if most > 0:
            left -= most
            yield one.webhook_id, most

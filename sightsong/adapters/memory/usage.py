"""What was submitted with each key on each day, in memory. The caller holds the lock."""

from datetime import UTC, date, datetime, timedelta

from sightsong.adapters.memory.state import State
from sightsong.core.jobs import Account, JobKind, NewJob
from sightsong.core.keys import UsageDay, spent
from sightsong.core.tenancy import TenantId


def refuse_spent(state: State, new: NewJob) -> None:
    """See that the account of a job may submit it.

    Raises:
        QuotaExceeded: the account has had its jobs of today.
    """
    refuse_more(state, new.tenant, new.account, jobs=int(new.kind in _COUNTED))


def refuse_more(state: State, tenant: TenantId, account: Account, *, jobs: int) -> None:
    """See that an account may submit so many jobs.

    Raises:
        QuotaExceeded: that is more than it has left for today.
    """
    photos, texts = state.usage.get((tenant, account.key_id, _today(state).isoformat()), (0, 0))
    most = account.jobs_per_day
    if jobs and most is not None and photos + texts + jobs > most:
        raise spent(wanted=jobs, used=photos + texts, most=most, now=state.clock())


def count_job(state: State, new: NewJob) -> None:
    """Count a submitted job for its account; those that are no photos or texts count nothing."""
    is_photo, is_text = new.kind is JobKind.PHOTO, new.kind is JobKind.TEXT
    count(state, new.tenant, new.account, photos=int(is_photo), texts=int(is_text))


def count(
    state: State, tenant: TenantId, account: Account, *, photos: int = 0, texts: int = 0
) -> None:
    """Count what is submitted, all of it or nothing; refuse first: nothing here is undone.

    Raises:
        QuotaExceeded: that is more than the account has left for today.
    """
    refuse_more(state, tenant, account, jobs=photos + texts)
    if photos + texts:
        this = (tenant, account.key_id, _today(state).isoformat())
        before = state.usage.get(this, (0, 0))
        state.usage[this] = (before[0] + photos, before[1] + texts)


def read(state: State, tenant: TenantId, *, key_id: str | None, days: int) -> list[UsageDay]:
    """Read what was counted on the last days, newest first."""
    today = _today(state)
    names = [str(today - timedelta(days=ago)) for ago in range(days)]
    return [_of_day(state, tenant, key_id, name) for name in names]


def _of_day(state: State, tenant: TenantId, key_id: str | None, day: str) -> UsageDay:
    counted = [
        both
        for (whose, key, on), both in state.usage.items()
        if (whose, on) == (tenant, day) and key_id in (None, key)
    ]
    return UsageDay(day=day, photos=sum(p for p, _ in counted), texts=sum(t for _, t in counted))


def _today(state: State) -> date:
    return datetime.fromtimestamp(state.clock(), UTC).date()


_COUNTED = (JobKind.PHOTO, JobKind.TEXT)

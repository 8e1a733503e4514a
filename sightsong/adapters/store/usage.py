"""What was submitted with each key on each day, and whether there may be more of it.

Counted in the transaction that stores the jobs, and last in it: all submits of a key write one row.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Integer, Select, String, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from sightsong.adapters.store.clock import db_now
from sightsong.adapters.store.schema import usage
from sightsong.core.jobs import Account, JobKind, NewJob
from sightsong.core.keys import UsageDay, spent
from sightsong.core.tenancy import TenantId

#: More than anybody submits in a day.
_ANY = 2**31 - 1


class _Today(FunctionElement[str]):
    """The day in UTC by the database's clock, as `2026-11-21`."""

    type = String()
    inherit_cache = True


@compiles(_Today, "sqlite")
def _on_sqlite(_element: _Today, _compiler: SQLCompiler, **_options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's signature
    return "date('now')"


@compiles(_Today, "postgresql")
def _on_postgres(_element: _Today, _compiler: SQLCompiler, **_options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's signature
    return "to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD')"


def count_job(connection: Connection, new: NewJob) -> None:
    """Count a submitted job for its account; those that are no photos or texts count nothing.

    Raises:
        QuotaExceeded: the account has had its jobs of today.
    """
    is_photo, is_text = new.kind is JobKind.PHOTO, new.kind is JobKind.TEXT
    count(connection, new.tenant, new.account, photos=int(is_photo), texts=int(is_text))


def count(
    connection: Connection, tenant: TenantId, account: Account, *, photos: int = 0, texts: int = 0
) -> None:
    """Count what is submitted in this transaction, all of it or nothing.

    Others who submit with the same key wait here until this transaction has ended.

    Raises:
        QuotaExceeded: that is more than the account has left for today.
    """
    most = _ANY if account.jobs_per_day is None else account.jobs_per_day
    if photos + texts == 0:
        return
    said = {"tenant": tenant, "key_id": account.key_id, "photos": photos, "texts": texts}
    is_first_too_many = photos + texts > most  # an insert has no WHERE
    if is_first_too_many or not _is_counted(connection, said | {"most": most}):
        used = connection.execute(_USED, said).scalar_one_or_none() or 0
        now = connection.execute(select(db_now())).scalar_one()
        raise spent(wanted=photos + texts, used=used, most=most, now=now)


def read(
    connection: Connection, tenant: TenantId, *, key_id: str | None, days: int
) -> list[UsageDay]:
    """Read what was counted on the last days, newest first."""
    today = date.fromisoformat(connection.execute(select(_Today())).scalar_one())
    names = [str(today - timedelta(days=ago)) for ago in range(days)]
    which = [usage.c.tenant == tenant, usage.c.day >= names[-1]]
    if key_id is not None:
        which.append(usage.c.key_id == key_id)
    sums = (func.sum(usage.c.photos).label("photos"), func.sum(usage.c.texts).label("texts"))
    query: Select[Any] = select(usage.c.day, *sums).where(*which).group_by(usage.c.day)
    found = {row.day: row for row in connection.execute(query)}
    return [
        UsageDay(day=day, photos=int(found[day].photos), texts=int(found[day].texts))
        if day in found
        else UsageDay(day=day)
        for day in names
    ]


def _is_counted(connection: Connection, said: Mapping[str, Any]) -> bool:
    return connection.execute(_COUNT[connection.dialect.name], said).first() is not None


def _count(insert: Any) -> Any:  # noqa: ANN401 - INSERT … ON CONFLICT is another type for each database
    new = insert(usage).values(day=_Today())
    photos = usage.c.photos + new.excluded.photos
    texts = usage.c.texts + new.excluded.texts
    return new.on_conflict_do_update(
        index_elements=[usage.c.tenant, usage.c.key_id, usage.c.day],
        set_={"photos": photos, "texts": texts},
        where=photos + texts <= bindparam("most", type_=Integer),
    ).returning(usage.c.day)


# Built once: that costs more than to run them.
_USED = select(usage.c.photos + usage.c.texts).where(
    usage.c.tenant == bindparam("tenant"),
    usage.c.key_id == bindparam("key_id"),
    usage.c.day == _Today(),
)
_COUNT = {"sqlite": _count(sqlite.insert), "postgresql": _count(postgresql.insert)}

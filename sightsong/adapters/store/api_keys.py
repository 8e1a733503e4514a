"""The keys of the API in SQL."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Double,
    Row,
    Select,
    bindparam,
    case,
    exists,
    func,
    insert,
    or_,
    select,
)

from sightsong.adapters.store import rows, usage
from sightsong.adapters.store.clock import db_now
from sightsong.adapters.store.connect import Database
from sightsong.adapters.store.schema import api_keys
from sightsong.core.errors import KeyNotFound
from sightsong.core.keys import ApiKey, Issued, NewKey, UsageDay, in_place_of
from sightsong.core.tenancy import Scope, TenantId


class SqlKeys:
    """The `Keys` port over SQLite or Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, new: NewKey) -> ApiKey:
        """Store a key."""
        with self._database.write() as connection:
            return _create(connection, new)

    def find(self, key_id: str) -> ApiKey | None:
        """Read a key of whatever tenant, good or not; None where there is none."""
        with self._database.read() as connection:
            row = connection.execute(_FIND, {"of_id": key_id}).first()
        return None if row is None else _key(row)

    def listed(self, tenant: TenantId | None) -> list[ApiKey]:
        """Read the keys of a tenant (None: of all), newest first."""
        query = select(api_keys).order_by(api_keys.c.created_at.desc(), api_keys.c.id)
        if tenant is not None:
            query = query.where(api_keys.c.tenant == tenant)
        with self._database.read() as connection:
            return [_key(row) for row in connection.execute(query)]

    def revoke(self, key_id: str, *, tenant: TenantId | None = None) -> ApiKey:
        """Let a key open nothing from now on; the first time stays.

        Raises:
            KeyNotFound: there is none, or it is not of this tenant.
        """
        with self._database.write() as connection:
            first = func.coalesce(api_keys.c.revoked_at, db_now())
            return _change(connection, key_id, tenant, revoked_at=first)

    def expire_in(self, key_id: str, seconds: float, *, tenant: TenantId | None = None) -> ApiKey:
        """Let a key expire some seconds from now, if it would not before.

        Raises:
            KeyNotFound: there is none, or it is not of this tenant.
        """
        with self._database.write() as connection:
            return _expire_in(connection, key_id, seconds, tenant)

    def rotate(
        self, key_id: str, issued: Issued, *, overlap_s: float, tenant: TenantId | None = None
    ) -> ApiKey:
        """Store a key in the place of another, which expires `overlap_s` from now: all or nothing.

        Raises:
            KeyNotFound: there is none, or it is not of this tenant.
            Conflict: it opens nothing any more.
        """
        this: Select[Any] = select(*api_keys.c).where(api_keys.c.id == key_id).with_for_update()
        with self._database.write() as connection:
            row = connection.execute(this).first()
            if row is None or tenant not in (None, row.tenant):
                raise KeyNotFound
            now = connection.execute(select(db_now())).scalar_one()
            made = _create(connection, in_place_of(_key(row), issued, now))
            _expire_in(connection, key_id, overlap_s, tenant)
            return made

    def has_usable(self) -> bool:
        """Whether there is a key that is neither revoked nor expired."""
        lasts = or_(api_keys.c.expires_at.is_(None), api_keys.c.expires_at > db_now())
        usable = exists().where(api_keys.c.revoked_at.is_(None), lasts)
        with self._database.read() as connection:
            return bool(connection.execute(select(usable)).scalar_one())

    def seen(self, key_ids: Iterable[str]) -> None:
        """Note that some keys were used just now; ids of none are left out."""
        for chunk in rows.chunks(sorted(set(key_ids))):
            with self._database.write() as connection:
                used = api_keys.update().where(api_keys.c.id.in_(chunk))
                connection.execute(used.values(used_at=db_now()))

    def usage(self, tenant: TenantId, *, key_id: str | None = None, days: int) -> list[UsageDay]:
        """Read what a tenant has submitted on its last days, newest first."""
        with self._database.read() as connection:
            return usage.read(connection, tenant, key_id=key_id, days=days)


def _create(connection: Connection, new: NewKey) -> ApiKey:
    columns = {
        "id": new.id,
        "tenant": new.tenant,
        "name": new.name,
        "digest": new.digest,
        "last4": new.last4,
        "scopes": sorted(new.scopes),
        "requests_per_min": new.requests_per_min,
        "jobs_per_day": new.jobs_per_day,
        "expires_in_s": new.expires_in_s,
    }
    return _key(connection.execute(_ADD, columns).one())


def _expire_in(
    connection: Connection, key_id: str, seconds: float, tenant: TenantId | None
) -> ApiKey:
    then = connection.execute(select(db_now() + seconds)).scalar_one()
    sooner = case((api_keys.c.expires_at <= then, api_keys.c.expires_at), else_=then)
    return _change(connection, key_id, tenant, expires_at=sooner)


def _change(
    connection: Connection, key_id: str, tenant: TenantId | None, **values: ColumnElement[Any]
) -> ApiKey:
    change = api_keys.update().where(api_keys.c.id == key_id).values(**values)
    if tenant is not None:
        change = change.where(api_keys.c.tenant == tenant)
    row = connection.execute(change.returning(*api_keys.c)).first()
    if row is None:
        raise KeyNotFound
    return _key(row)


def _key(row: Row[Any]) -> ApiKey:
    return ApiKey(
        id=row.id,
        digest=row.digest,
        last4=row.last4,
        name=row.name,
        scopes=frozenset(Scope(one) for one in row.scopes),
        tenant=TenantId(row.tenant),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        used_at=row.used_at,
        requests_per_min=row.requests_per_min,
        jobs_per_day=row.jobs_per_day,
    )


# Built once: that costs more than to run them.
_ADD = (
    insert(api_keys)
    .values(
        created_at=db_now(),
        expires_at=db_now() + bindparam("expires_in_s", type_=Double),
    )
    .returning(*api_keys.c)
)
_FIND = select(api_keys).where(api_keys.c.id == bindparam("of_id"))

"""The keys that submits are sent under, so that one sent twice makes one job.

A key is kept as its digest, as it may say anything. That of an erased job stays to its end, without
the fingerprint of what was sent: the same submit, late on its way, must not make the job again.
"""

import hashlib
import hmac
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from sightsong.adapters.store import inserting, rows
from sightsong.adapters.store.clock import db_now, db_now_once
from sightsong.adapters.store.connect import Database
from sightsong.adapters.store.schema import idempotency, jobs, results
from sightsong.core.errors import IdempotencyMismatch, JobErased
from sightsong.core.jobs import Idempotency, Job, JobId, NewJob, Submitted
from sightsong.core.ports.jobs import IDEMPOTENCY_S
from sightsong.core.tenancy import DEFAULT_TENANT


def submit(connection: Connection, new: NewJob, key: Idempotency) -> Submitted:
    """Store a job unless its submit has been stored already; counting it is left to the caller.

    Raises:
        IdempotencyMismatch: the key was used for another submit.
        JobErased: the job of this submit was erased, or that to copy.
        JobNotFound: there is no such job to copy, or it has no answer.
    """
    job_id = inserting.new_id()
    job = stored(connection, key, job_id=job_id)
    if job is not None:
        return Submitted(job=job, is_replay=True)
    return Submitted(job=inserting.add_job(connection, new, job_id=job_id))


def stored(connection: Connection, key: Idempotency, *, job_id: JobId) -> Job | None:
    """Take a key for a job that is about to be stored; or find the one that it stands for already.

    Whoever takes the key at the same moment waits here until this transaction has ended.

    Raises:
        IdempotencyMismatch: the key was used for another submit.
        JobErased: the job of this submit was erased.
    """
    name = digest(key)
    if take(connection, name, fingerprint=key.fingerprint, stands_for=job_id):
        return None
    return _matching(connection.execute(_FIND, {"of_key": name}).one(), key)


def take(connection: Connection, name: str, *, fingerprint: str, stands_for: str) -> bool:
    """Note what a key stands for; False if it stands for something already.

    Whoever takes the key at the same moment waits here until this transaction has ended.
    """
    taken = {"key": name, "fingerprint": fingerprint, "job_id": stands_for}
    return connection.execute(_TAKE[connection.dialect.name], taken).first() is not None


def replay(connection: Connection, key: Idempotency) -> Job | None:
    """Find the job of a submit that was stored.

    Raises:
        IdempotencyMismatch: the key was used for another submit.
        JobErased: the job of this submit was erased.
    """
    row = connection.execute(_FIND_FRESH, {"of_key": digest(key)}).first()
    return None if row is None else _matching(row, key)


def forget_old(database: Database, *, limit: int) -> None:
    """Delete keys that stand for nothing any more."""
    old = select(idempotency.c.key).where(IS_OLD).order_by(idempotency.c.created_at).limit(limit)
    with database.read() as connection:
        found = connection.execute(old).scalars().all()
    for chunk in rows.chunks(found):
        with database.write() as connection:  # what was taken anew meanwhile stays
            gone = idempotency.delete().where(idempotency.c.key.in_(chunk), IS_OLD)
            connection.execute(gone)


def digest(key: Idempotency) -> str:
    """Make of a key what is kept of it: another for each tenant."""
    said = key.key.encode("utf-8", "surrogatepass")
    if key.tenant == DEFAULT_TENANT:  # as before there were others
        return hashlib.sha256(said).hexdigest()
    return hmac.digest(key.tenant.encode(), said, "sha256").hex()


def _matching(row: Row[Any], key: Idempotency) -> Job:
    if row.erased_at is not None:
        raise JobErased
    if row.fingerprint != key.fingerprint:
        raise IdempotencyMismatch
    return rows.job(row)


#: Of keys that stand for nothing any more.
IS_OLD = idempotency.c.created_at <= db_now_once() - IDEMPOTENCY_S


# Built once: that costs more than to run them.
def _take(insert: Any) -> Any:  # noqa: ANN401 - INSERT … ON CONFLICT is another type for each database
    new = insert(idempotency).values(created_at=db_now())
    anew = {name: new.excluded[name] for name in ("fingerprint", "job_id", "created_at")}
    return new.on_conflict_do_update(
        index_elements=[idempotency.c.key], set_=anew, where=IS_OLD
    ).returning(idempotency.c.key)


_TAKE = {"sqlite": _take(sqlite.insert), "postgresql": _take(postgresql.insert)}
_FIND: Select[Any] = (
    select(*rows.SHOWN, jobs.c.erased_at, idempotency.c.fingerprint, results.c.payload)
    .join_from(idempotency, jobs, jobs.c.id == idempotency.c.job_id)
    .outerjoin(results, results.c.job_id == jobs.c.id)
    .where(idempotency.c.key == bindparam("of_key"))
)
_FIND_FRESH = _FIND.where(~IS_OLD)

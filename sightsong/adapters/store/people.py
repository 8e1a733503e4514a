"""What is remembered of users, in SQL."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, and_, delete, select

from sightsong.adapters.store import erasing, recalling
from sightsong.adapters.store.clock import db_now
from sightsong.adapters.store.connect import Database
from sightsong.adapters.store.schema import feedback, jobs, preferences
from sightsong.adapters.store.upserts import upsert
from sightsong.core.errors import FeedbackNotFound
from sightsong.core.jobs import Expired
from sightsong.core.people import Feedback, FeedbackId, Given, Memory, NewFeedback, Preferences
from sightsong.core.tenancy import NOBODY, TenantId, UserId, Whose

_SAID_ONCE = ("tenant", "user_id", "job_id", "track_id", "action")


class SqlPeople:
    """The `People` port over SQLite or Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def preferences(self, whose: Whose) -> Preferences:
        """Read what somebody likes in general; the defaults where they have said nothing."""
        with self._database.read() as connection:
            return recalling.preferences_of(connection, whose) or Preferences()

    def set_preferences(self, whose: Whose, preferences: Preferences) -> None:
        """Store them in place of those before."""
        said = asdict(preferences)
        with self._database.write() as connection:
            _set_preferences(connection, whose, said)

    def give(self, whose: Whose, new: NewFeedback) -> Given:
        """Store a feedback, unless the same was said of this job and track before."""
        columns = {
            "tenant": whose.tenant,
            "user_id": whose.user,
            **asdict(new),
            "id": str(uuid.uuid4()),
            "created_at": db_now(),
        }
        with self._database.write() as connection:
            adding = upsert(connection, feedback).values(columns)
            # An update that changes nothing: it locks the row and hands it back.
            as_it_is = {"action": adding.excluded.action}
            either = adding.on_conflict_do_update(index_elements=_SAID_ONCE, set_=as_it_is)
            row = connection.execute(either.returning(feedback)).one()
        return Given(feedback=recalling.feedback_of(row), is_new=row.id == columns["id"])

    def feedback(
        self,
        whose: Whose,
        *,
        limit: int,
        before: FeedbackId | None = None,
        below: int | None = None,
    ) -> list[Feedback]:
        """List somebody's feedback, newest first; that before a given one, or below a sequence.

        To go below a sequence, what had it need not be there any more.

        Raises:
            FeedbackNotFound: that one is not theirs, or gone.
        """
        theirs = recalling.of(feedback, whose)
        page: Select[Any] = select(feedback).where(theirs).order_by(feedback.c.sequence.desc())
        with self._database.read() as connection:
            if before is not None:
                last = _sequence_of(connection, whose, before)
                page = page.where(feedback.c.sequence < last)
            if below is not None:
                page = page.where(feedback.c.sequence < below)
            return [recalling.feedback_of(row) for row in connection.execute(page.limit(limit))]

    def withdraw(self, whose: Whose, feedback_id: FeedbackId) -> None:
        """Remove a feedback.

        Raises:
            FeedbackNotFound: there is none with this id of theirs.
        """
        this = and_(recalling.of(feedback, whose), feedback.c.id == feedback_id)
        with self._database.write() as connection:
            if connection.execute(delete(feedback).where(this)).rowcount == 0:
                raise FeedbackNotFound
        self._database.forget_deleted()

    def recall(self, whose: Iterable[Whose]) -> Mapping[Whose, Memory]:
        """Read what is remembered of some users, in one transaction."""
        with self._database.read() as connection:
            return recalling.recall(connection, whose)

    def erase(self, tenant: TenantId, user: UserId | None, *, limit: int) -> Expired:
        """Erase a part of what there is of somebody: first what is remembered, then their jobs."""

        def work(connection: Connection) -> Expired:
            changed = _forget(connection, tenant, user, limit)
            if changed:
                return Expired(blobs=(), changed=changed)
            return erasing.of_somebody(connection, _has_sent(tenant, user), limit=limit)

        gone = self._database.in_write(work)
        if not gone.changed:
            self._database.forget_deleted()
        return gone


def _set_preferences(connection: Connection, whose: Whose, said: Mapping[str, Any]) -> None:
    new = upsert(connection, preferences).values(
        tenant=whose.tenant, user_id=whose.user, said=said, changed_at=db_now()
    )
    replaced = {"said": new.excluded.said, "changed_at": new.excluded.changed_at}
    keys = [preferences.c.tenant, preferences.c.user_id]
    connection.execute(new.on_conflict_do_update(index_elements=keys, set_=replaced))


def _sequence_of(connection: Connection, whose: Whose, feedback_id: FeedbackId) -> int:
    theirs = and_(recalling.of(feedback, whose), feedback.c.id == feedback_id)
    row: Row[Any] | None = connection.execute(select(feedback.c.sequence).where(theirs)).first()
    if row is None:
        raise FeedbackNotFound
    return int(row.sequence)


def _forget(connection: Connection, tenant: TenantId, user: UserId | None, limit: int) -> int:
    """Remove preferences and some feedback; how many rows that were."""
    chunk = select(feedback.c.sequence).where(_is_theirs(feedback, tenant, user)).limit(limit)
    some = delete(feedback).where(feedback.c.sequence.in_(chunk))
    gone = connection.execute(some).rowcount
    theirs = _is_theirs(preferences, tenant, user)
    return gone + connection.execute(delete(preferences).where(theirs)).rowcount


def _is_theirs(table: Table, tenant: TenantId, user: UserId | None) -> ColumnElement[bool]:
    of_tenant = table.c.tenant == tenant
    return of_tenant if user is None else and_(of_tenant, table.c.user_id == user)


def _has_sent(tenant: TenantId, user: UserId | None) -> ColumnElement[bool]:
    """Name jobs by who has sent them: there, a tenant that named nobody left the user out."""
    of_tenant = jobs.c.tenant == tenant
    if user is None:
        return of_tenant
    return and_(of_tenant, jobs.c.user_id.is_(None) if user == NOBODY else jobs.c.user_id == user)

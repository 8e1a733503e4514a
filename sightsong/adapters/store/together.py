"""Submits that come at the same time, stored in one transaction: one commit serves them all.

Whoever comes first writes for all who have come by then; the first of those who come meanwhile
writes next. Alone, a submit is as fast as ever; with many, the disk is waited for once.
"""

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from sightsong.adapters.store import inserting, keys, usage
from sightsong.adapters.store.connect import Database
from sightsong.core.errors import InputError, NotFound, StoreUnavailable, for_each
from sightsong.core.jobs import Account, Idempotency, JobId, JobKind, NewJob, Submitted
from sightsong.core.tenancy import TenantId

#: Submits in one transaction, at most: others who write wait for it.
_MOST = 64
_COUNTED = (JobKind.PHOTO, JobKind.TEXT)


def is_plain(new: NewJob) -> bool:
    """Whether a submit needs nothing but to be stored: no limit is counted, no answer is copied."""
    has_room = new.account.jobs_per_day is None
    return new.kind in _COUNTED and new.copy_of is None and has_room


@dataclass(kw_only=True, eq=False)
class _Ticket:
    """One submit on its way."""

    new: NewJob
    key: Idempotency | None
    job_id: JobId = field(default_factory=inserting.new_id)
    outcome: Submitted | Exception | None = None
    #: Set when it is done, or when it is the next to write.
    is_turn: threading.Event = field(default_factory=threading.Event)

    @property
    def name(self) -> str:
        """What its key is kept as; without a key, what no other has."""
        return self.job_id if self.key is None else keys.digest(self.key)


class Together:
    """Stores jobs for many threads. What goes wrong with one of them does not touch the others."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._waiting: list[_Ticket] = []
        self._is_led = False

    @property
    def waiting(self) -> int:
        """How many submits wait for the next transaction."""
        return len(self._waiting)

    def submit(self, new: NewJob, key: Idempotency | None = None) -> Submitted:
        """Store a queued job, and the key that it was sent under, unless that was done already.

        Raises:
            IdempotencyMismatch: the key was used for another submit.
            JobErased: the job of this submit was erased.
            StoreUnavailable: the database does not answer; it may have been stored or not.
        """
        ticket = _Ticket(new=new, key=key)
        with self._lock:
            self._waiting.append(ticket)
            leads, self._is_led = not self._is_led, True
        if not leads:
            ticket.is_turn.wait()
        if ticket.outcome is None:
            self._lead()
        if isinstance(ticket.outcome, Submitted):
            return ticket.outcome
        raise ticket.outcome or StoreUnavailable()

    def _lead(self) -> None:
        """Write what waits, and hand over to whoever has come meanwhile."""
        with self._lock:
            group = _group(self._waiting)
            self._waiting = [ticket for ticket in self._waiting if ticket not in group]
        try:
            self._write(group)
        finally:
            with self._lock:
                ready = [*group, *self._waiting[:1]]
                self._is_led = bool(self._waiting)
            for ticket in ready:
                ticket.is_turn.set()

    def _write(self, group: Sequence[_Ticket]) -> None:
        try:
            with self._database.write() as connection:
                outcomes = _stored(connection, group)
        except Exception as error:  # noqa: BLE001 - told to those whom it concerns
            if len(group) > 1 and not isinstance(error, StoreUnavailable):
                for ticket in group:
                    self._write([ticket])
                return
            outcomes = [for_each(error) for _ in group]
        for ticket, outcome in zip(group, outcomes, strict=True):
            ticket.outcome = outcome


def _group(waiting: Sequence[_Ticket]) -> list[_Ticket]:
    """Who is written for now: the first ones, each key once."""
    first: dict[str, _Ticket] = {}
    for ticket in waiting[:_MOST]:
        first.setdefault(ticket.name, ticket)
    return list(first.values())


def _stored(connection: Connection, group: Sequence[_Ticket]) -> list[Submitted | Exception]:
    """Store a group in the open transaction; the outcome of each."""
    # In the order of the keys: two groups that take the same ones cannot deadlock.
    known = {one.job_id: _known(connection, one) for one in sorted(group, key=lambda one: one.name)}
    new = [ticket for ticket in group if known[ticket.job_id] is None]
    made = inserting.add_plain_jobs(connection, [(one.job_id, one.new) for one in new])
    _count(connection, new)
    stored = {job.id: Submitted(job=job) for job in made}
    return [known[ticket.job_id] or stored[ticket.job_id] for ticket in group]


def _known(connection: Connection, ticket: _Ticket) -> Submitted | Exception | None:
    """What is known of a submit before anything of it is written; None: it is a new one."""
    if ticket.key is None:
        return None
    try:
        job = keys.stored(connection, ticket.key, job_id=ticket.job_id)
    except (InputError, NotFound) as error:
        return error
    return None if job is None else Submitted(job=job, is_replay=True)


def _count(connection: Connection, stored: Sequence[_Ticket]) -> None:
    """Count what was stored, last and in one order: others wait for these rows."""
    sums: Counter[tuple[str, str, JobKind]] = Counter()
    for ticket in stored:
        sums[ticket.new.tenant, ticket.new.account.key_id, ticket.new.kind] += 1
    for tenant, key_id in sorted({(tenant, key_id) for tenant, key_id, _ in sums}):
        usage.count(
            connection,
            TenantId(tenant),
            Account(key_id=key_id),
            photos=sums[tenant, key_id, JobKind.PHOTO],
            texts=sums[tenant, key_id, JobKind.TEXT],
        )

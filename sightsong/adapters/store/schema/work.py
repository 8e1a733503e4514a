"""Jobs, what they were sent under and what came of them, and who works on them."""

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    literal_column,
    text,
)

from sightsong.adapters.store.schema.base import ID, JSON_VALUES, NAME, SEQUENCE, metadata

blobs = Table(
    "blobs",
    metadata,
    Column("id", ID, primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("created_at", Double, nullable=False),
)

jobs = Table(
    "jobs",
    metadata,
    #: Breaks ties of age: SQLite's clock has milliseconds, and a bulk insert has one time.
    Column("sequence", SEQUENCE, primary_key=True),
    Column("id", ID, nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("queue", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("state_version", Integer, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("max_attempts", Integer, nullable=False),
    Column("crash_count", Integer, nullable=False),
    Column("params", JSON_VALUES, nullable=False),
    Column("owner", Text),
    Column("lease_until", Double),
    Column("available_at", Double, nullable=False),
    Column("parent_id", ID),
    Column("blob_id", ID, ForeignKey("blobs.id")),
    Column("created_at", Double, nullable=False),
    Column("started_at", Double),
    Column("finished_at", Double),
    Column("error", JSON_VALUES),
    Column("error_code", String(64)),  # of a failed job: JSON is in no index
    Column("heard_s", Double),  # seconds of audio that it embedded
    Column("custom_id", Text),
    Column("deadline_at", Double),
    Column("keep_image_s", Double),  # from its end; null: as long as the job
    Column("image_until", Double),  # set at its end, if its image goes before it
    Column("erased_at", Double),  # nothing of its sender's is left; the row stays as a mark
    Column("tenant", NAME, nullable=False, server_default=text("'default'")),
    Column("user_id", NAME),
    Column("webhook_id", ID),  # is told of its end, whatever else that is told of
    Column("position", Integer),  # in its batch
    Column("asked_digest", String(64)),  # of all that decides its answer but the library
    Column("cached_from", ID),
)


#: Conditions in the words of the partial indexes: SQLite uses those for literals, not parameters.
is_queued = jobs.c.state == literal_column("'queued'")
is_running = jobs.c.state == literal_column("'running'")
is_fresh = jobs.c.crash_count == literal_column("0")
is_suspect = jobs.c.crash_count > literal_column("0")
was_heard = jobs.c.heard_s.is_not(None)
is_kept = jobs.c.erased_at.is_(None)
has_ended = jobs.c.finished_at.is_not(None)
has_image_until = jobs.c.image_until.is_not(None)
has_deadline = jobs.c.deadline_at.is_not(None)
has_not_begun = jobs.c.started_at.is_(None)
#: Of these there are few among many: each has an index of its own for the lists.
is_failed = jobs.c.state == literal_column("'failed'")
is_canceled = jobs.c.state == literal_column("'canceled'")


def _partial(name: str, where: str, *columns: Column[object]) -> Index:
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


_partial(
    "ix_jobs_queued",
    "state = 'queued'",
    jobs.c.queue,
    jobs.c.priority,
    jobs.c.available_at,
    jobs.c.sequence,
)
_partial(
    "ix_jobs_suspect",
    "state = 'queued' AND crash_count > 0",
    jobs.c.queue,
    jobs.c.priority,
    jobs.c.available_at,
    jobs.c.sequence,
)
_partial("ix_jobs_running", "state = 'running'", jobs.c.lease_until)
#: Holds all that a poll of an ingest counts, so that it reads no row.
_partial(
    "ix_jobs_children",
    "parent_id IS NOT NULL",
    jobs.c.parent_id,
    jobs.c.state,
    jobs.c.error_code,
    jobs.c.heard_s,
)
_partial(
    "ix_jobs_ended",
    "parent_id IS NOT NULL AND finished_at IS NOT NULL",
    jobs.c.parent_id,
    jobs.c.finished_at,
    jobs.c.state,
    jobs.c.heard_s,
)
#: Holds all that a poll of a batch counts.
_partial(
    "ix_jobs_items",
    "position IS NOT NULL",
    jobs.c.parent_id,
    jobs.c.state,
    jobs.c.state_version,
    jobs.c.position,
)
_partial("ix_jobs_heard", "heard_s IS NOT NULL", jobs.c.finished_at)
_partial("ix_jobs_deadline", "state = 'queued' AND deadline_at IS NOT NULL", jobs.c.deadline_at)
_partial("ix_jobs_image_until", "image_until IS NOT NULL", jobs.c.image_until)
#: For how fast a queue moves, and for what has been kept long enough; holds what the first reads.
_partial(
    "ix_jobs_finished",
    "finished_at IS NOT NULL",
    jobs.c.queue,
    jobs.c.erased_at,
    jobs.c.finished_at,
    jobs.c.started_at,
)
_LISTED = (jobs.c.tenant, jobs.c.kind, jobs.c.created_at, jobs.c.sequence)
_partial("ix_jobs_listed", "erased_at IS NULL", *_LISTED)
_partial("ix_jobs_failed", "state = 'failed' AND erased_at IS NULL", *_LISTED)
_partial("ix_jobs_canceled", "state = 'canceled' AND erased_at IS NULL", *_LISTED)
_partial(
    "ix_jobs_custom_id",
    "custom_id IS NOT NULL",
    jobs.c.tenant,
    jobs.c.custom_id,
    jobs.c.created_at,
)
_partial(
    "ix_jobs_user_id",
    "user_id IS NOT NULL AND erased_at IS NULL",
    jobs.c.tenant,
    jobs.c.user_id,
    jobs.c.created_at,
    jobs.c.sequence,
)
_partial(
    "ix_jobs_asked_digest",
    "asked_digest IS NOT NULL AND erased_at IS NULL",
    jobs.c.asked_digest,
    jobs.c.finished_at,
)

results = Table(
    "results",
    metadata,
    Column("job_id", ID, ForeignKey("jobs.id"), primary_key=True),
    Column("attempt", Integer, nullable=False),
    Column("payload", JSON_VALUES, nullable=False),
)

#: What submits were sent under; see `sightsong.adapters.store.keys`.
idempotency = Table(
    "idempotency",
    metadata,
    Column("key", String(64), primary_key=True),  # SHA-256 of what the client chose
    Column("fingerprint", String(64)),  # null: the job was erased
    Column("job_id", ID, nullable=False, index=True),
    Column("created_at", Double, nullable=False, index=True),
    sqlite_with_rowid=False,
)

#: When each queue was last rung for by a sweep.
bells = Table(
    "bells",
    metadata,
    Column("queue", String(16), primary_key=True),
    Column("rung_at", Double, nullable=False),
)

workers = Table(
    "workers",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("door", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("profile", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("seen_at", Double, nullable=False),
    Column("space", Text),
    Column("models", JSON_VALUES),
    Column("heard_per_s", Double),
)

"""The tables. `migrations` makes them; a test holds the two together.

Times are seconds since the epoch by the database's clock. Errors and tags are JSON, because text
columns of Postgres refuse the NUL characters that damaged files put into both.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import VARCHAR

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

#: Counts rows in the order of their insertion; SQLite numbers only columns of type INTEGER.
_SEQUENCE = BigInteger().with_variant(Integer, "sqlite")
_ID = String(36)
_JSON = JSON(none_as_null=True)
#: Ordered by code points on both databases, so that a range of terms is a beginning of words.
_TERM = String(80).with_variant(VARCHAR(80, collation="C"), "postgresql")

blobs = Table(
    "blobs",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("created_at", Double, nullable=False),
)

jobs = Table(
    "jobs",
    metadata,
    #: Breaks ties of age: SQLite's clock has milliseconds, and a bulk insert has one time.
    Column("sequence", _SEQUENCE, primary_key=True),
    Column("id", _ID, nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("queue", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("state_version", Integer, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("max_attempts", Integer, nullable=False),
    Column("crash_count", Integer, nullable=False),
    Column("params", _JSON, nullable=False),
    Column("owner", Text),
    Column("lease_until", Double),
    Column("available_at", Double, nullable=False),
    Column("parent_id", _ID),
    Column("blob_id", _ID, ForeignKey("blobs.id")),
    Column("created_at", Double, nullable=False),
    Column("started_at", Double),
    Column("finished_at", Double),
    Column("error", _JSON),
    Column("error_code", String(64)),  # of a failed job: JSON is in no index
    Column("heard_s", Double),  # seconds of audio that it embedded
    Column("custom_id", Text),
    Column("deadline_at", Double),
    Column("keep_image_s", Double),  # from its end; null: as long as the job
    Column("image_until", Double),  # set at its end, if its image goes before it
    Column("erased_at", Double),  # nothing of its sender's is left; the row stays as a mark
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
_LISTED = (jobs.c.kind, jobs.c.created_at, jobs.c.sequence)
_partial("ix_jobs_listed", "erased_at IS NULL", *_LISTED)
_partial("ix_jobs_failed", "state = 'failed' AND erased_at IS NULL", *_LISTED)
_partial("ix_jobs_canceled", "state = 'canceled' AND erased_at IS NULL", *_LISTED)
_partial("ix_jobs_custom_id", "custom_id IS NOT NULL", jobs.c.custom_id, jobs.c.created_at)

results = Table(
    "results",
    metadata,
    Column("job_id", _ID, ForeignKey("jobs.id"), primary_key=True),
    Column("attempt", Integer, nullable=False),
    Column("payload", _JSON, nullable=False),
)

#: What submits were sent under; see `sightsong.adapters.store.keys`.
idempotency = Table(
    "idempotency",
    metadata,
    Column("key", String(64), primary_key=True),  # SHA-256 of what the client chose
    Column("fingerprint", String(64)),  # null: the job was erased
    Column("job_id", _ID, nullable=False, index=True),
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
    Column("models", _JSON),
    Column("heard_per_s", Double),
)

tracks = Table(
    "tracks",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("path", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("tags", _JSON, nullable=False),  # the file's own
    Column("added_at", Double, nullable=False),
    Column("duration_s", Double),
    Column("valence", Double),
    Column("arousal", Double),
    Column("descriptors", _JSON, nullable=False),
    Column("error", _JSON),
    #: The last `embed` job made for it; while that is unfinished, no other is made.
    Column("embed_job_id", _ID),
    Column("given", _JSON),  # what a manifest says of it
    Column("edits", _JSON),  # what a person says of it
    Column("recording_id", _ID, index=True),
    Column("removed_at", Double),  # by a person; the row stays as a mark
)
#: Removed tracks are in no list.
is_there = tracks.c.removed_at.is_(None)
Index(
    "ix_tracks_state",
    tracks.c.state,
    tracks.c.id,
    sqlite_where=text("removed_at IS NULL"),
    postgresql_where=text("removed_at IS NULL"),
)
Index("ix_tracks_duration_s", tracks.c.duration_s, tracks.c.id)

#: What tracks are found by, made of their tags; see `sightsong.core.terms`.
track_terms = Table(
    "track_terms",
    metadata,
    Column("term", _TERM, primary_key=True),
    Column("track_id", _ID, ForeignKey("tracks.id"), primary_key=True),
    sqlite_with_rowid=False,
)
Index("ix_track_terms_track_id", track_terms.c.track_id, track_terms.c.term)

track_files = Table(
    "track_files",
    metadata,
    Column("path", Text, primary_key=True),
    Column("track_id", _ID, ForeignKey("tracks.id"), nullable=False, index=True),
    Column("size_bytes", BigInteger, nullable=False, index=True),
    Column("mtime_ns", BigInteger, nullable=False),
    #: The ingest that registered it last, and what that found it to be.
    Column("ingest_id", _ID),
    Column("verdict", String(16)),
)

#: One row per space: counts the transactions that changed what its searches see.
spaces = Table(
    "spaces",
    metadata,
    Column("space", Text, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    #: The last revision of which a removal is not known any more.
    Column("forgotten_up_to", BigInteger, nullable=False, server_default=text("0")),
)

embeddings = Table(
    "embeddings",
    metadata,
    Column("space", Text, primary_key=True),
    Column("track_id", _ID, ForeignKey("tracks.id"), primary_key=True, index=True),
    Column("revision", BigInteger, nullable=False),
    Column("vector", LargeBinary, nullable=False),  # float32, little-endian, (d,)
    Column("windows", LargeBinary, nullable=False),  # float16, little-endian, (n, d)
    Column("window_starts_s", _JSON, nullable=False),
    Column("digest", String(64)),  # of the sound that it was made of
    Column("fingerprint", LargeBinary),  # uint32, little-endian, (n,)
)
#: What has changed since a revision; holds all that a count of it reads.
Index("ix_embeddings_revision", embeddings.c.space, embeddings.c.revision, embeddings.c.track_id)

#: Tracks that were taken out of a space, as long as a snapshot may hold them.
gone = Table(
    "gone",
    metadata,
    Column("space", Text, primary_key=True),
    Column("track_id", _ID, primary_key=True),  # of a track that may be no more
    Column("revision", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
Index("ix_gone_revision", gone.c.space, gone.c.revision)

#: The vectors of phrases, as the text model of a space made them.
phrases = Table(
    "phrases",
    metadata,
    Column("space", Text, primary_key=True),
    Column("phrase", Text, primary_key=True),
    Column("vector", LargeBinary, nullable=False),  # float32, little-endian, (d,)
)

#: What answered photos and texts searched for.
queries = Table(
    "queries",
    metadata,
    Column("job_id", _ID, ForeignKey("jobs.id"), primary_key=True),
    Column("space", Text, nullable=False),
    Column("vector", LargeBinary, nullable=False),  # float32, little-endian, (d,)
    Column("valence", Double),
    Column("arousal", Double),
)

#: Embeddings made of other bytes than their track has now, until a job has looked.
outdated = Table(
    "outdated",
    metadata,
    Column("track_id", _ID, ForeignKey("tracks.id"), primary_key=True),
    Column("space", Text, primary_key=True),
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("version", String(64), primary_key=True),
    Column("space", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("manifest", _JSON, nullable=False),
    Column("state", String(16), nullable=False),
    Column("created_at", Double, nullable=False),
    #: Of one that a person chose: the last job that there was then. Rebuilds up to that one leave
    #: it active.
    Column("pinned_after", BigInteger),
)
Index(
    "uq_snapshots_active",
    snapshots.c.space,
    unique=True,
    sqlite_where=text("state = 'active'"),
    postgresql_where=text("state = 'active'"),
)

#: One row for each job of kind `ingest`.
ingests = Table(
    "ingests",
    metadata,
    Column("job_id", _ID, ForeignKey("jobs.id"), primary_key=True),
    Column("sequence", BigInteger, nullable=False, unique=True),  # of its job: the order of lists
    Column("scan", _JSON, nullable=False),
    Column("is_paused", Boolean, nullable=False),
    Column("is_canceled", Boolean, nullable=False),
    #: Files that any attempt of its scan has found, at most.
    Column("furthest", Integer, nullable=False, server_default=text("0")),
)

ingest_problems = Table(
    "ingest_problems",
    metadata,
    Column("sequence", _SEQUENCE, primary_key=True),
    Column("ingest_id", _ID, ForeignKey("ingests.job_id"), nullable=False, index=True),
    Column("claim", Integer, nullable=False),  # the job's version when its attempt began
    Column("code", String(64), nullable=False),
    Column("said", _JSON, nullable=False),  # file and detail: names of files may hold anything
)

watched_folders = Table(
    "watched_folders",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("path", Text, nullable=False, unique=True),
    Column("added_at", Double, nullable=False),
    Column("ingest_id", _ID),
)

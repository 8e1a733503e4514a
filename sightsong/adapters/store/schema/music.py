"""Tracks, their vectors, the snapshots of the index, and the ingests that bring them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    text,
)

from sightsong.adapters.store.schema.base import ID, JSON_VALUES, SEQUENCE, TERM, metadata

tracks = Table(
    "tracks",
    metadata,
    Column("id", ID, primary_key=True),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("path", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("tags", JSON_VALUES, nullable=False),  # the file's own
    Column("added_at", Double, nullable=False),
    Column("duration_s", Double),
    Column("valence", Double),
    Column("arousal", Double),
    Column("descriptors", JSON_VALUES, nullable=False),
    Column("error", JSON_VALUES),
    #: The last `embed` job made for it; while that is unfinished, no other is made.
    Column("embed_job_id", ID),
    Column("given", JSON_VALUES),  # what a manifest says of it
    Column("edits", JSON_VALUES),  # what a person says of it
    Column("recording_id", ID, index=True),
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

#: Of tracks that have left the library, which encoding of the same recording was left: what users
#: said of the one goes on to hold for the other.
heirs = Table(
    "heirs",
    metadata,
    Column("track_id", ID, primary_key=True),
    Column("heir_id", ID, nullable=False),
    sqlite_with_rowid=False,
)

#: What tracks are found by, made of their tags; see `sightsong.core.terms`.
track_terms = Table(
    "track_terms",
    metadata,
    Column("term", TERM, primary_key=True),
    Column("track_id", ID, ForeignKey("tracks.id"), primary_key=True),
    sqlite_with_rowid=False,
)
Index("ix_track_terms_track_id", track_terms.c.track_id, track_terms.c.term)

track_files = Table(
    "track_files",
    metadata,
    Column("path", Text, primary_key=True),
    Column("track_id", ID, ForeignKey("tracks.id"), nullable=False, index=True),
    Column("size_bytes", BigInteger, nullable=False, index=True),
    Column("mtime_ns", BigInteger, nullable=False),
    #: The ingest that registered it last, and what that found it to be.
    Column("ingest_id", ID),
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
    Column("track_id", ID, ForeignKey("tracks.id"), primary_key=True, index=True),
    Column("revision", BigInteger, nullable=False),
    Column("vector", LargeBinary, nullable=False),  # float32, little-endian, (d,)
    Column("windows", LargeBinary, nullable=False),  # float16, little-endian, (n, d)
    Column("window_starts_s", JSON_VALUES, nullable=False),
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
    Column("track_id", ID, primary_key=True),  # of a track that may be no more
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
    Column("job_id", ID, ForeignKey("jobs.id"), primary_key=True),
    Column("space", Text, nullable=False),
    Column("vector", LargeBinary, nullable=False),  # float32, little-endian, (d,)
    Column("valence", Double),
    Column("arousal", Double),
)

#: Embeddings made of other bytes than their track has now, until a job has looked.
outdated = Table(
    "outdated",
    metadata,
    Column("track_id", ID, ForeignKey("tracks.id"), primary_key=True),
    Column("space", Text, primary_key=True),
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("version", String(64), primary_key=True),
    Column("space", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("manifest", JSON_VALUES, nullable=False),
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
    Column("job_id", ID, ForeignKey("jobs.id"), primary_key=True),
    Column("sequence", BigInteger, nullable=False, unique=True),  # of its job: the order of lists
    Column("scan", JSON_VALUES, nullable=False),
    Column("is_paused", Boolean, nullable=False),
    Column("is_canceled", Boolean, nullable=False),
    #: Files that any attempt of its scan has found, at most.
    Column("furthest", Integer, nullable=False, server_default=text("0")),
)

ingest_problems = Table(
    "ingest_problems",
    metadata,
    Column("sequence", SEQUENCE, primary_key=True),
    Column("ingest_id", ID, ForeignKey("ingests.job_id"), nullable=False, index=True),
    Column("claim", Integer, nullable=False),  # the job's version when its attempt began
    Column("code", String(64), nullable=False),
    Column(
        "said", JSON_VALUES, nullable=False
    ),  # file and detail: names of files may hold anything
)

watched_folders = Table(
    "watched_folders",
    metadata,
    Column("id", ID, primary_key=True),
    Column("path", Text, nullable=False, unique=True),
    Column("added_at", Double, nullable=False),
    Column("ingest_id", ID),
)

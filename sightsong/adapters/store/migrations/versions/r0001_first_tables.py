"""The first tables: jobs and what they leave, the library, its snapshots."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ID = sa.String(36)
_NAME = sa.String(16)
_DIGEST = sa.String(64)
_JSON = sa.JSON(none_as_null=True)
_COUNTED = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make all tables. Constraints get the names of the schema's convention."""
    _blobs()
    _jobs()
    _partial("ix_jobs_queued", "state = 'queued'")
    _partial("ix_jobs_suspect", "state = 'queued' AND crash_count > 0")
    _partial("ix_jobs_running", "state = 'running'", "lease_until")
    _partial("ix_jobs_children", "parent_id IS NOT NULL", "parent_id", "state")
    _results()
    _bells()
    _workers()
    _tracks()
    _track_files()
    _embeddings()
    _snapshots()


def _partial(name: str, where: str, *columns: str) -> None:
    op.create_index(
        name,
        "jobs",
        list(columns or ("queue", "priority", "available_at", "sequence")),
        sqlite_where=sa.text(where),
        postgresql_where=sa.text(where),
    )


def _blobs() -> None:
    op.create_table(
        "blobs",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("sha256", _DIGEST, nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
    )


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("sequence", _COUNTED, primary_key=True),
        sa.Column("id", _ID, nullable=False, unique=True),
        sa.Column("kind", _NAME, nullable=False),
        sa.Column("queue", _NAME, nullable=False),
        sa.Column("state", _NAME, nullable=False),
        sa.Column("state_version", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column("crash_count", sa.Integer(), nullable=False),
        sa.Column("params", _JSON, nullable=False),
        sa.Column("owner", sa.Text()),
        sa.Column("lease_until", sa.Double()),
        sa.Column("available_at", sa.Double(), nullable=False),
        sa.Column("parent_id", _ID),
        sa.Column("blob_id", _ID, sa.ForeignKey("blobs.id")),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("started_at", sa.Double()),
        sa.Column("finished_at", sa.Double()),
        sa.Column("error", _JSON),
    )


def _results() -> None:
    op.create_table(
        "results",
        sa.Column("job_id", _ID, sa.ForeignKey("jobs.id"), primary_key=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("payload", _JSON, nullable=False),
    )


def _bells() -> None:
    op.create_table(
        "bells",
        sa.Column("queue", _NAME, primary_key=True),
        sa.Column("rung_at", sa.Double(), nullable=False),
    )


def _workers() -> None:
    op.create_table(
        "workers",
        sa.Column("owner", sa.Text(), primary_key=True),
        sa.Column("door", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.Double(), nullable=False),
    )


def _tracks() -> None:
    op.create_table(
        "tracks",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("sha256", _DIGEST, nullable=False, unique=True),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("state", _NAME, nullable=False, index=True),
        sa.Column("tags", _JSON, nullable=False),
        sa.Column("added_at", sa.Double(), nullable=False),
        sa.Column("duration_s", sa.Double()),
        sa.Column("valence", sa.Double()),
        sa.Column("arousal", sa.Double()),
        sa.Column("descriptors", _JSON, nullable=False),
        sa.Column("error", _JSON),
        sa.Column("embed_job_id", _ID),
    )


def _track_files() -> None:
    op.create_table(
        "track_files",
        sa.Column("path", sa.Text(), primary_key=True),
        sa.Column("track_id", _ID, sa.ForeignKey("tracks.id"), nullable=False, index=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
    )


def _embeddings() -> None:
    op.create_table(
        "spaces",
        sa.Column("space", sa.Text(), primary_key=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "embeddings",
        sa.Column("space", sa.Text(), primary_key=True),
        sa.Column("track_id", _ID, sa.ForeignKey("tracks.id"), primary_key=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.Column("windows", sa.LargeBinary(), nullable=False),
        sa.Column("window_starts_s", _JSON, nullable=False),
    )


def _snapshots() -> None:
    op.create_table(
        "snapshots",
        sa.Column("version", _DIGEST, primary_key=True),
        sa.Column("space", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("manifest", _JSON, nullable=False),
        sa.Column("state", _NAME, nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
    )
    op.create_index(
        "uq_snapshots_active",
        "snapshots",
        ["space"],
        unique=True,
        sqlite_where=sa.text("state = 'active'"),
        postgresql_where=sa.text("state = 'active'"),
    )

"""Ingests of whole libraries: their progress, search terms, edits, removals, recordings."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import VARCHAR

from sightsong.core.terms import terms_of
from sightsong.core.tracks import Tags

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ID = sa.String(36)
_NAME = sa.String(16)
_CODE = sa.String(64)
_JSON = sa.JSON(none_as_null=True)
_TERM = sa.String(80).with_variant(VARCHAR(80, collation="C"), "postgresql")
_COUNTED = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
#: Rows that are read and written at once.
_CHUNK = 1000
#: The counts that a scan of the release before this one left in its result.
_COUNTS = ("found", "new", "known", "duplicates", "unreadable")


def upgrade() -> None:
    """Add columns and tables, and fill them for the library that is there."""
    _jobs()
    _tracks()
    _files_and_embeddings()
    _ingests()
    _watched()
    connection = op.get_bind()
    durations = _fill_tracks(connection)
    _fill_jobs(connection, durations)
    _fill_ingests(connection)


def _jobs() -> None:
    op.add_column("jobs", sa.Column("error_code", _CODE))
    op.add_column("jobs", sa.Column("heard_s", sa.Double()))
    op.drop_index("ix_jobs_children", "jobs")
    is_child = "parent_id IS NOT NULL"
    _partial("ix_jobs_children", is_child, "parent_id", "state", "error_code", "heard_s")
    ended = f"{is_child} AND finished_at IS NOT NULL"
    _partial("ix_jobs_ended", ended, "parent_id", "finished_at", "state", "heard_s")
    _partial("ix_jobs_heard", "heard_s IS NOT NULL", "finished_at")


def _partial(name: str, where: str, *columns: str, table: str = "jobs") -> None:
    op.create_index(
        name, table, list(columns), sqlite_where=sa.text(where), postgresql_where=sa.text(where)
    )


def _tracks() -> None:
    for column in (
        sa.Column("given", _JSON),
        sa.Column("edits", _JSON),
        sa.Column("recording_id", _ID),
        sa.Column("removed_at", sa.Double()),
    ):
        op.add_column("tracks", column)
    op.create_index("ix_tracks_recording_id", "tracks", ["recording_id"])
    op.create_index("ix_tracks_duration_s", "tracks", ["duration_s", "id"])
    op.drop_index("ix_tracks_state", "tracks")
    _partial("ix_tracks_state", "removed_at IS NULL", "state", "id", table="tracks")
    op.create_table(
        "track_terms",
        sa.Column("term", _TERM, primary_key=True),
        sa.Column("track_id", _ID, sa.ForeignKey("tracks.id"), primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_track_terms_track_id", "track_terms", ["track_id", "term"])


def _files_and_embeddings() -> None:
    op.add_column("track_files", sa.Column("ingest_id", _ID))
    op.add_column("track_files", sa.Column("verdict", _NAME))
    op.create_index("ix_track_files_size_bytes", "track_files", ["size_bytes"])
    op.add_column("embeddings", sa.Column("digest", sa.String(64)))
    op.add_column("embeddings", sa.Column("fingerprint", sa.LargeBinary()))
    op.add_column("workers", sa.Column("heard_per_s", sa.Double()))
    op.create_index("ix_embeddings_track_id", "embeddings", ["track_id"])
    op.create_table(
        "outdated",
        sa.Column("track_id", _ID, sa.ForeignKey("tracks.id"), primary_key=True),
        sa.Column("space", sa.Text(), primary_key=True),
    )


def _ingests() -> None:
    op.create_table(
        "ingests",
        sa.Column("job_id", _ID, sa.ForeignKey("jobs.id"), primary_key=True),
        sa.Column("sequence", sa.BigInteger(), nullable=False, unique=True),
        sa.Column("scan", _JSON, nullable=False),
        sa.Column("is_paused", sa.Boolean(), nullable=False),
        sa.Column("is_canceled", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "ingest_problems",
        sa.Column("sequence", _COUNTED, primary_key=True),
        sa.Column("ingest_id", _ID, sa.ForeignKey("ingests.job_id"), nullable=False, index=True),
        sa.Column("claim", sa.Integer(), nullable=False),
        sa.Column("code", _CODE, nullable=False),
        sa.Column("said", _JSON, nullable=False),
    )


def _watched() -> None:
    op.create_table(
        "watched_folders",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("path", sa.Text(), nullable=False, unique=True),
        sa.Column("added_at", sa.Double(), nullable=False),
        sa.Column("ingest_id", _ID),
    )


def _fill_tracks(connection: sa.Connection) -> dict[str, float]:
    """Make the search terms of all tracks; returns how long each track is, where known."""
    tracks = _table("tracks", id=_ID, path=sa.Text(), tags=_JSON, duration_s=sa.Double())
    terms = _table("track_terms", term=_TERM, track_id=_ID)
    durations: dict[str, float] = {}
    for chunk in _chunks(connection, sa.select(tracks), tracks.c.id, ""):
        new = [{"track_id": row.id, "term": term} for row in chunk for term in _terms(row)]
        if new:
            connection.execute(terms.insert(), new)
        durations |= {row.id: row.duration_s for row in chunk if row.duration_s is not None}
    return durations


def _terms(row: Any) -> tuple[str, ...]:  # noqa: ANN401 - a row of tracks
    tags = Tags(**row.tags)
    stem = row.path.rpartition("/")[2].rpartition(".")[0]
    return terms_of(tags, title=tags.title or stem or row.path)


def _fill_jobs(connection: sa.Connection, durations: dict[str, float]) -> None:
    """Note why jobs failed and how much they heard, where indexes can read it."""
    jobs = _table(
        "jobs",
        sequence=sa.BigInteger(),
        kind=_NAME,
        state=_NAME,
        params=_JSON,
        error=_JSON,
        error_code=_CODE,
        heard_s=sa.Double(),
    )
    note = (
        jobs.update()
        .where(jobs.c.sequence == sa.bindparam("of"))
        .values(error_code=sa.bindparam("code"), heard_s=sa.bindparam("heard"))
    )
    is_embedded = sa.and_(jobs.c.kind == "embed", jobs.c.state == "succeeded")
    ended = sa.select(jobs).where(sa.or_(jobs.c.state == "failed", is_embedded))
    for chunk in _chunks(connection, ended, jobs.c.sequence, 0):
        connection.execute(note, [_ending(row, durations) for row in chunk])


def _ending(row: Any, durations: dict[str, float]) -> dict[str, Any]:  # noqa: ANN401 - a row of jobs
    failed = row.state == "failed"
    return {
        "of": row.sequence,
        "code": (row.error or {}).get("code") if failed else None,
        "heard": None if failed else durations.get(row.params.get("track_id")),
    }


def _fill_ingests(connection: sa.Connection) -> None:
    jobs = _table("jobs", sequence=sa.BigInteger(), id=_ID, kind=_NAME)
    results = _table("results", job_id=_ID, payload=_JSON)
    ingests = _table(
        "ingests",
        job_id=_ID,
        sequence=sa.BigInteger(),
        scan=_JSON,
        is_paused=sa.Boolean(),
        is_canceled=sa.Boolean(),
    )
    old = (
        sa.select(jobs.c.sequence, jobs.c.id, results.c.payload)
        .select_from(jobs.outerjoin(results, results.c.job_id == jobs.c.id))
        .where(jobs.c.kind == "ingest")
    )
    for chunk in _chunks(connection, old, jobs.c.sequence, 0):
        connection.execute(ingests.insert(), [_ingest(row) for row in chunk])


def _ingest(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a row of jobs and results
    counts = {name: (row.payload or {}).get(name, 0) for name in _COUNTS}
    return {
        "job_id": row.id,
        "sequence": row.sequence,
        "scan": counts,
        "is_paused": False,
        "is_canceled": False,
    }


def _table(name: str, **columns: Any) -> sa.TableClause:  # noqa: ANN401 - types of columns
    return sa.table(name, *(sa.column(column, kind) for column, kind in columns.items()))


def _chunks(
    connection: sa.Connection,
    query: sa.Select[Any],
    key: Any,  # noqa: ANN401 - a column
    first: Any,  # noqa: ANN401 - less than every value of it
) -> Iterator[list[Any]]:
    """Read a query in the order of a key, some rows at a time."""
    after = first
    page = query.where(key > sa.bindparam("after")).order_by(key).limit(_CHUNK)
    while rows := list(connection.execute(page, {"after": after})):
        yield rows
        after = rows[-1]._mapping[key]  # noqa: SLF001 - public, for all its underscore

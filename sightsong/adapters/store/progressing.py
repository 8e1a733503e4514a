"""How far ingests are, and how fast."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, exists, func, select

from sightsong.adapters.store import rows
from sightsong.adapters.store.clock import db_now
from sightsong.adapters.store.schema import (
    embeddings,
    ingest_problems,
    jobs,
    tracks,
    was_heard,
)
from sightsong.core.embeddings import Space
from sightsong.core.ingests import Problem, Progress
from sightsong.core.jobs import JobId, JobState
from sightsong.core.rates import heard_rate
from sightsong.core.tracks import TrackId

#: What "of late" means: long enough to smooth batches out, short enough to follow a change.
_RECENT_S = 60.0
#: The jobs that the speed of the whole service is taken from.
_LAST_JOBS = 200
_LAST_S = 24 * 3600.0
_ENDED = (JobState.SUCCEEDED, JobState.FAILED)


def progress(connection: Connection, ingest_id: JobId) -> Progress:
    """Read what has become of the tracks of an ingest, from indexes alone."""
    counted = connection.execute(
        select(
            jobs.c.state,
            jobs.c.error_code,
            func.count().label("jobs"),
            func.coalesce(func.sum(jobs.c.heard_s), 0.0).label("heard_s"),
        )
        .where(jobs.c.parent_id == ingest_id)
        .group_by(jobs.c.state, jobs.c.error_code)
    ).all()
    by_state: Counter[JobState] = Counter()
    for row in counted:
        by_state[JobState(row.state)] += row.jobs
    recent = _recent(connection, ingest_id)
    return Progress(
        tracks=dict(by_state),
        failed={row.error_code: row.jobs for row in counted if row.error_code is not None},
        heard_s=sum(row.heard_s for row in counted),
        recent_tracks=recent.tracks,
        recent_heard_s=recent.heard_s,
        recent_span_s=_span_s(connection, ingest_id) if recent.tracks else 0.0,
        ended_at=_ended_at(connection, ingest_id),
    )


def _recent(connection: Connection, ingest_id: JobId) -> Row[Any]:
    """Count what ended of late, and how much was heard in it."""
    ended = (
        jobs.c.parent_id == ingest_id,
        jobs.c.finished_at > db_now() - _RECENT_S,
        jobs.c.state.in_(_ENDED),
    )
    heard_s = func.coalesce(func.sum(jobs.c.heard_s), 0.0).label("heard_s")
    return connection.execute(select(func.count().label("tracks"), heard_s).where(*ended)).one()


def _ended_at(connection: Connection, ingest_id: JobId) -> float | None:
    """When the last track of an ingest ended, canceled ones apart."""
    last = select(func.max(jobs.c.finished_at)).where(
        jobs.c.parent_id == ingest_id, jobs.c.finished_at.is_not(None), jobs.c.state.in_(_ENDED)
    )
    return connection.execute(last).scalar()


def _span_s(connection: Connection, ingest_id: JobId) -> float:
    """For how long of late the tracks of an ingest have been worked on; some have ended."""
    is_child = jobs.c.parent_id == ingest_id
    earlier = select(exists().where(is_child, jobs.c.finished_at <= db_now() - _RECENT_S))
    if connection.execute(earlier).scalar_one():
        return _RECENT_S
    # These are few: a minute's work at most.
    first = func.min(jobs.c.started_at)
    begun = select(db_now() - first).where(is_child, jobs.c.finished_at.is_not(None))
    return min(_RECENT_S, max(0.0, connection.execute(begun).scalar() or 0.0))


def heard_per_s(connection: Connection, space: Space) -> float | None:
    """Seconds of audio that were embedded in a second, over the last tracks of a space."""
    last = (
        select(jobs.c.params, jobs.c.started_at, jobs.c.finished_at, jobs.c.heard_s)
        .where(was_heard, jobs.c.finished_at > db_now() - _LAST_S)
        .order_by(jobs.c.finished_at.desc())
        .limit(_LAST_JOBS)
    )
    found = connection.execute(last).all()
    there = _embedded(connection, space, (row.params.get("track_id") for row in found))
    return heard_rate(
        (row.started_at, row.finished_at, row.heard_s)
        for row in found
        if row.params.get("track_id") in there and row.started_at is not None
    )


def problems(
    connection: Connection, ingest_id: JobId, *, limit: int, after: str | None
) -> list[Problem]:
    """Read what could not be taken in: files first, then tracks."""
    kind, _, place = (after or "file:0").partition(":")
    number = int(place) if place.isdecimal() else 0
    found = [] if kind == "track" else _files(connection, ingest_id, limit=limit, after=number)
    if len(found) < limit:
        behind = number if kind == "track" else 0
        found += _tracks(connection, ingest_id, limit=limit - len(found), after=behind)
    return found


def _files(connection: Connection, ingest_id: JobId, *, limit: int, after: int) -> list[Problem]:
    query = (
        select(ingest_problems)
        .where(ingest_problems.c.ingest_id == ingest_id, ingest_problems.c.sequence > after)
        .order_by(ingest_problems.c.sequence)
        .limit(limit)
    )
    return [
        Problem(
            file=row.said["file"],
            code=row.code,
            detail=row.said["detail"],
            cursor=f"file:{row.sequence}",
        )
        for row in connection.execute(query)
    ]


def _tracks(connection: Connection, ingest_id: JobId, *, limit: int, after: int) -> list[Problem]:
    query = (
        select(jobs.c.sequence, jobs.c.params, jobs.c.error)
        .where(jobs.c.parent_id == ingest_id, jobs.c.state == JobState.FAILED)
        .where(jobs.c.sequence > after)
        .order_by(jobs.c.sequence)
        .limit(limit)
    )
    failed = connection.execute(query).all()
    names = _names(connection, (row.params.get("track_id") for row in failed))
    return [_of_track(row, names) for row in failed]


def _of_track(row: Any, names: dict[TrackId, str]) -> Problem:  # noqa: ANN401 - a row of jobs
    track_id, error = row.params.get("track_id"), row.error or {}
    return Problem(
        file=names.get(track_id, ""),
        code=error.get("code", ""),
        detail=error.get("detail", ""),
        track_id=track_id,
        cursor=f"track:{row.sequence}",
    )


def _names(connection: Connection, track_ids: Iterable[Any]) -> dict[TrackId, str]:
    """Read the names of the files of tracks, without their folders; removed tracks as well."""
    found: dict[TrackId, str] = {}
    for chunk in rows.chunks(track_ids):
        query = select(tracks).where(tracks.c.id.in_(chunk))
        found |= {row.id: rows.track(row).file_name for row in connection.execute(query)}
    return found


def _embedded(connection: Connection, space: Space, track_ids: Iterable[Any]) -> set[str]:
    found: set[str] = set()
    for chunk in rows.chunks(track_ids):
        of_these: ColumnElement[bool] = embeddings.c.track_id.in_(chunk)
        query = select(embeddings.c.track_id).where(embeddings.c.space == space, of_these)
        found.update(connection.execute(query).scalars())
    return found

"""How tracks stand: which of them need an `embed` job, and asking for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Update,
    bindparam,
    case,
    exists,
    select,
)

from sightsong.adapters.store import inserting, rows
from sightsong.adapters.store.canceling import OPEN
from sightsong.adapters.store.inserting import HELD_S
from sightsong.adapters.store.schema import embeddings, ingests, jobs, outdated, tracks
from sightsong.adapters.store.upserts import upsert
from sightsong.core.embeddings import Space
from sightsong.core.jobs import JobId, JobKind, NewJob
from sightsong.core.tracks import TrackId, TrackState, needs_embedding


@dataclass(frozen=True, kw_only=True)
class Asking:
    """On whose behalf `embed` jobs are made."""

    space: Space
    parent_id: JobId
    is_held: bool = False  #: The ingest is paused: its jobs wait.
    is_canceled: bool = False  #: The ingest is given up: no job is made for it.


def ask(connection: Connection, track_id: TrackId, asking: Asking) -> None:
    """Make an `embed` job for a track if it needs one; it is pending again if it was set aside.

    Or take one over that would wait for another ingest, which is paused.
    """
    if asking.is_canceled:
        return
    of_track = {"id": track_id, "space": asking.space, "asking": asking.parent_id}
    stands = connection.execute(_STANDING, of_track).one()
    if not is_wanting(stands):
        return
    if not stands.is_asked:
        add_job(connection, track_id, asking.parent_id, is_held=asking.is_held)
    elif not asking.is_held:
        adopted = {"of_job": stands.embed_job_id, "new_parent": asking.parent_id}
        connection.execute(_ADOPT, adopted)


def add_job(connection: Connection, track_id: TrackId, parent_id: JobId, *, is_held: bool) -> None:
    """Make an `embed` job for a track; it is pending again if it was set aside."""
    new = NewJob(kind=JobKind.EMBED, params={"track_id": track_id}, parent_id=parent_id)
    job = inserting.add_job(connection, new, is_held=is_held)
    connection.execute(_ASK, {"of_track": track_id, "embed_job_id": job.id})


def doubt(connection: Connection, track_ids: Iterable[TrackId]) -> None:
    """Note that the embeddings of tracks may be of other bytes; a job finds out."""
    for chunk in rows.chunks(track_ids):
        made = select(embeddings.c.track_id, embeddings.c.space)
        note = upsert(connection, outdated).from_select(
            ["track_id", "space"], made.where(embeddings.c.track_id.in_(chunk))
        )
        connection.execute(note.on_conflict_do_nothing())


def columns() -> tuple[ColumnElement[Any], ...]:
    """The columns of a query on `tracks` that tell how each stands.

    In the space `:space`, for the ingest `:asking`.
    """
    space: ColumnElement[str] = bindparam("space")
    embedded = exists().where(embeddings.c.track_id == tracks.c.id, embeddings.c.space == space)
    is_old = exists().where(outdated.c.track_id == tracks.c.id, outdated.c.space == space)
    is_open = (jobs.c.id == tracks.c.embed_job_id) & jobs.c.state.in_(OPEN)
    of_other = (ingests.c.job_id == jobs.c.parent_id) & (ingests.c.job_id != bindparam("asking"))
    asked = exists().where(is_open)
    waits = exists().where(is_open, of_other, ingests.c.is_paused)
    return (
        tracks.c.state,
        tracks.c.error,
        tracks.c.embed_job_id,
        waits.label("is_kept_waiting"),
        (embedded & ~is_old).label("is_embedded"),
        asked.label("is_asked"),
    )


def is_wanting(row: Row[Any]) -> bool:
    """Whether the track of a row with the columns of `columns` needs an `embed` job."""
    # The error is read here and not by SQL: Postgres refuses to take apart JSON with NUL in it.
    return needs_embedding(
        TrackState(row.state),
        (row.error or {}).get("code"),
        is_embedded=row.is_embedded,
        is_asked=row.is_asked and not row.is_kept_waiting,
    )


def _ask() -> Update:
    is_quarantined = tracks.c.state == TrackState.QUARANTINED
    state = case((is_quarantined, TrackState.PENDING), else_=tracks.c.state)
    of_track = tracks.c.id == bindparam("of_track")
    return tracks.update().where(of_track).values(state=state, error=None)


def _adopt() -> Update:
    is_held = jobs.c.available_at >= HELD_S
    return (
        jobs.update()
        .where(jobs.c.id == bindparam("of_job"))
        .values(
            parent_id=bindparam("new_parent"),
            available_at=case((is_held, jobs.c.available_at - HELD_S), else_=jobs.c.available_at),
        )
    )


# Built once: that costs more than to run them.
_ADOPT = _adopt()
_STANDING = select(*columns()).where(tracks.c.id == bindparam("id"))
_ASK = _ask()

"""Reading what is remembered of users, for a batch of answers at once."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, and_, select

from sightsong.adapters.store import rows
from sightsong.adapters.store.clock import db_now
from sightsong.adapters.store.schema import feedback, preferences, tracks
from sightsong.core.jobs import JobId
from sightsong.core.people import (
    MOST_RECALLED,
    Action,
    Feedback,
    FeedbackId,
    Memory,
    Preferences,
)
from sightsong.core.tenancy import Whose
from sightsong.core.tracks import TrackId


def recall(connection: Connection, whose: Iterable[Whose]) -> dict[Whose, Memory]:
    """Read what is remembered of some users; those of whom nothing is are left out."""
    at: float | None = None
    found: dict[Whose, Memory] = {}
    for one in dict.fromkeys(whose):
        said, given = preferences_of(connection, one), _newest(connection, one)
        if said is None and not given:
            continue
        at = connection.execute(select(db_now())).scalar_one() if at is None else at
        found[one] = _memory(connection, said or Preferences(), given, at)
    return found


def preferences_of(connection: Connection, whose: Whose) -> Preferences | None:
    """Read what somebody likes in general; None where they have said nothing."""
    theirs = select(preferences.c.said).where(of(preferences, whose))
    said = connection.execute(theirs).scalar_one_or_none()
    if said is None:
        return None
    lists = ("favourite_genres", "never_tracks", "never_artists")
    return Preferences(**said | {name: tuple(said[name]) for name in lists})


def feedback_of(row: Row[Any]) -> Feedback:
    """Read a row of `feedback`."""
    return Feedback(
        id=FeedbackId(row.id),
        job_id=JobId(row.job_id),
        track_id=TrackId(row.track_id),
        action=Action(row.action),
        position_s=row.position_s,
        artist=row.artist,
        created_at=row.created_at,
    )


def of(table: Table, whose: Whose) -> ColumnElement[bool]:
    """Name the rows of `preferences` or `feedback` that are somebody's."""
    return and_(table.c.tenant == whose.tenant, table.c.user_id == whose.user)


def _newest(connection: Connection, whose: Whose) -> tuple[Feedback, ...]:
    theirs: Select[Any] = select(feedback).where(of(feedback, whose))
    newest = theirs.order_by(feedback.c.sequence.desc()).limit(MOST_RECALLED)
    return tuple(feedback_of(row) for row in connection.execute(newest))


def _memory(
    connection: Connection, said: Preferences, given: tuple[Feedback, ...], at: float
) -> Memory:
    named = {*said.never_tracks, *(one.track_id for one in given)}
    recordings = _recordings(connection, named)
    never = {recordings[one] for one in said.never_tracks if one in recordings}
    return Memory(
        preferences=said,
        feedback=given,
        recordings=recordings,
        never_encodings=_encodings(connection, never),
        at=at,
    )


def _recordings(connection: Connection, named: Iterable[TrackId]) -> Mapping[TrackId, TrackId]:
    found: dict[TrackId, TrackId] = {}
    for chunk in rows.chunks(named):
        known = select(tracks.c.id, tracks.c.recording_id).where(
            tracks.c.id.in_(chunk), tracks.c.recording_id.is_not(None)
        )
        found |= {TrackId(row.id): TrackId(row.recording_id) for row in connection.execute(known)}
    return found


def _encodings(connection: Connection, recordings: Iterable[TrackId]) -> frozenset[TrackId]:
    found: set[TrackId] = set()
    for chunk in rows.chunks(recordings):
        alike = select(tracks.c.id).where(tracks.c.recording_id.in_(chunk))
        found |= {TrackId(one) for one in connection.execute(alike).scalars()}
    return frozenset(found)

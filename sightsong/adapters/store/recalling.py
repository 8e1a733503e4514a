"""Reading what is remembered of users, for a batch of answers at once."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, and_, exists, select

from sightsong.adapters.store import rows
from sightsong.adapters.store.clock import db_now
from sightsong.adapters.store.schema import feedback, heirs, is_there, preferences, tracks
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
        sequence=row.sequence,
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
    never = {recordings.get(one, one) for one in said.never_tracks}
    return Memory(
        preferences=said,
        feedback=given,
        recordings=recordings,
        never_encodings=_encodings(connection, never),
        at=at,
    )


def _recordings(connection: Connection, named: Iterable[TrackId]) -> Mapping[TrackId, TrackId]:
    """Say which recording tracks are encodings of; of those taken out, what is left of it."""
    heir_of = _heirs(connection, named)
    left = {one: _left_of(one, heir_of) for one in named}
    recording_of: dict[TrackId, TrackId] = {}
    for chunk in rows.chunks(set(left.values())):
        known = select(tracks.c.id, tracks.c.recording_id).where(
            tracks.c.id.in_(chunk), tracks.c.recording_id.is_not(None)
        )
        for row in connection.execute(known):
            recording_of[TrackId(row.id)] = TrackId(row.recording_id)
    found = {one: recording_of.get(heir, heir) for one, heir in left.items()}
    return {one: it for one, it in found.items() if it != one or one in recording_of}


def _heirs(connection: Connection, named: Iterable[TrackId]) -> dict[TrackId, TrackId]:
    """Read which encodings are left in the place of tracks, and in the place of these, and so on.

    A track that was restored since stands for itself.
    """
    found: dict[TrackId, TrackId] = {}
    names = set(named)
    while names:
        new: set[TrackId] = set()
        for chunk in rows.chunks(names):
            is_back = exists().where(tracks.c.id == heirs.c.track_id, is_there)
            gone = select(heirs).where(heirs.c.track_id.in_(chunk), ~is_back)
            for row in connection.execute(gone):
                found[TrackId(row.track_id)] = TrackId(row.heir_id)
                new.add(TrackId(row.heir_id))
        names = new - found.keys()
    return found


def _left_of(track_id: TrackId, heir_of: Mapping[TrackId, TrackId]) -> TrackId:
    seen = {track_id}
    while (heir := heir_of.get(track_id, track_id)) not in seen:
        seen.add(heir)
        track_id = heir
    return track_id


def _encodings(connection: Connection, recordings: Iterable[TrackId]) -> frozenset[TrackId]:
    """Find the encodings of some recordings in the library."""
    found: set[TrackId] = set()
    for chunk in rows.chunks(recordings):
        for column in (tracks.c.recording_id, tracks.c.id):
            alike = select(tracks.c.id).where(column.in_(chunk), is_there)
            found |= {TrackId(one) for one in connection.execute(alike).scalars()}
    return frozenset(found)

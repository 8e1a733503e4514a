"""The search terms of tracks, kept in step with their tags."""

from sqlalchemy import Connection, bindparam, insert, select

from sightsong.adapters.store import rows
from sightsong.adapters.store.schema import track_terms, tracks
from sightsong.core.terms import terms_of
from sightsong.core.tracks import FoundFile, Track, TrackId, TrackState


def add(connection: Connection, track_id: TrackId, file: FoundFile) -> None:
    """Make the terms of a new track."""
    track = Track(
        id=track_id,
        sha256=file.sha256,
        path=file.path,
        state=TrackState.PENDING,
        tags=file.given.over(file.tags),
        added_at=0.0,
    )
    terms = terms_of(track.tags, title=track.title)
    if terms:
        connection.execute(_ADD, [{"term": term, "track_id": track_id} for term in terms])


def put(connection: Connection, track_id: TrackId) -> None:
    """Make the terms of a track what its row says now."""
    track = rows.track(connection.execute(_TRACK, {"id": track_id}).one())
    wanted = dict.fromkeys(terms_of(track.tags, title=track.title))
    there = set(connection.execute(_THERE, {"id": track_id}).scalars())
    gone = [{"old_term": term, "id": track_id} for term in sorted(there - wanted.keys())]
    new = [{"term": term, "track_id": track_id} for term in wanted if term not in there]
    if gone:
        connection.execute(_DROP, gone)
    if new:
        connection.execute(_ADD, new)


# Built once: that costs more than to run them.
_TRACK = select(tracks).where(tracks.c.id == bindparam("id"))
_THERE = select(track_terms.c.term).where(track_terms.c.track_id == bindparam("id"))
_DROP = track_terms.delete().where(
    track_terms.c.term == bindparam("old_term"), track_terms.c.track_id == bindparam("id")
)
_ADD = insert(track_terms)

"""Taking tracks out of the library: as a mark that stays, or for good.

The caller holds the lock of registrations.
"""

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, delete, literal, select

from sightsong.adapters.store import canceling, locking, revising, rows
from sightsong.adapters.store.clock import db_now
from sightsong.adapters.store.schema import (
    heirs,
    is_there,
    outdated,
    track_files,
    track_terms,
    tracks,
)
from sightsong.adapters.store.upserts import upsert
from sightsong.core.tracks import TrackId, TrackState


def mark(connection: Connection, track_id: TrackId) -> None:
    """Remove a track so that its bytes are not taken in again. Locks what it needs."""
    locking.hold(connection, [track_id], leaving=[track_id])
    _withdraw(connection, [track_id])
    connection.execute(
        tracks.update()
        .where(tracks.c.id == track_id)
        .values(state=TrackState.PENDING, error=None, recording_id=None, removed_at=db_now())
    )


def drop(connection: Connection, track_ids: Iterable[TrackId]) -> None:
    """Remove tracks for good, with their files. The caller has locked them as `leaving`."""
    for chunk in rows.chunks(sorted(track_ids)):
        _withdraw(connection, chunk)
        connection.execute(delete(track_files).where(track_files.c.track_id.in_(chunk)))
        connection.execute(delete(tracks).where(tracks.c.id.in_(chunk)))


def _withdraw(connection: Connection, track_ids: list[TrackId]) -> None:
    of_these = tracks.c.id.in_(track_ids)
    asked = connection.execute(select(tracks.c.embed_job_id).where(of_these)).scalars()
    canceling.cancel_all(connection, asked.all())
    revising.withdraw(connection, track_ids)
    for table in (track_terms, outdated):
        connection.execute(delete(table).where(table.c.track_id.in_(track_ids)))
    grouped = select(tracks.c.recording_id).where(of_these, tracks.c.recording_id.is_not(None))
    for recording_id in connection.execute(grouped.distinct()).scalars().all():
        _leave_recording(connection, recording_id, track_ids)


def _leave_recording(
    connection: Connection, recording_id: str, leaving: Collection[TrackId]
) -> None:
    """Let another track stand for a recording, or none where only one is left."""
    others = select(tracks.c.id).where(
        tracks.c.recording_id == recording_id, tracks.c.id.not_in(leaving), is_there
    )
    left = connection.execute(others.order_by(tracks.c.id)).scalars().all()
    if left:
        heir_id = recording_id if recording_id in left else left[0]
        _inherit(connection, recording_id, leaving, heir_id=heir_id)
    if not left or (len(left) > 1 and recording_id in left):
        return
    stands = left[0] if len(left) > 1 else None
    connection.execute(tracks.update().where(tracks.c.id.in_(left)).values(recording_id=stands))
    revising.notice(connection, [TrackId(one) for one in left])


def _inherit(
    connection: Connection, recording_id: str, leaving: Collection[TrackId], *, heir_id: str
) -> None:
    """Note which encoding of a recording was left when others were taken out."""
    new = upsert(connection, heirs).from_select(
        ["track_id", "heir_id"],
        select(tracks.c.id, literal(heir_id, heirs.c.heir_id.type)).where(
            tracks.c.id.in_(leaving), tracks.c.recording_id == recording_id
        ),
    )
    instead = {"heir_id": new.excluded.heir_id}
    connection.execute(new.on_conflict_do_update(index_elements=["track_id"], set_=instead))

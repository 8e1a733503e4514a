"""The order in which rows are locked: jobs by sequence, then spaces, then tracks by their ids.

Completions keep to it too, so that no two transactions wait for each other. What changes tracks and
their jobs locks here all that it may touch before it touches any; it holds the lock of
registrations, so that no track gets another job meanwhile.

The very first embedding of a space makes its row, which nobody can have locked before: whoever
changes the same track at that moment may have to give way, and is tried again.
"""

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, Select, collate, select

from sightsong.adapters.store import rows
from sightsong.adapters.store.canceling import OPEN
from sightsong.adapters.store.schema import jobs, spaces, tracks
from sightsong.core.tracks import TrackId


def hold(
    connection: Connection,
    track_ids: Iterable[TrackId],
    *,
    leaving: Collection[TrackId] = (),
    in_searches: bool = False,
) -> None:
    """Lock tracks and their open jobs.

    Args:
        connection: in a transaction that holds the lock of registrations.
        track_ids: what may be changed.
        leaving: what may be removed: with all spaces, and the other tracks of their recordings.
        in_searches: whether searches may see something else of them: with all spaces.
    """
    if connection.dialect.name == "sqlite":  # there every write transaction is alone anyway
        return
    ids = {*track_ids, *leaving}
    for sequences in rows.chunks(sorted(_open_jobs(connection, ids))):
        _lock(connection, select(jobs.c.sequence).where(jobs.c.sequence.in_(sequences)))
    if leaving or in_searches:
        _lock_spaces(connection)
    if leaving:
        ids |= _of_their_recordings(connection, leaving)
    for chunk in rows.chunks(sorted(ids)):
        _lock(connection, select(tracks.c.id).where(tracks.c.id.in_(chunk)))


def hold_facts(connection: Connection, track_ids: Iterable[TrackId]) -> None:
    """Lock tracks of which searches may see something else, and all spaces before them."""
    if connection.dialect.name == "sqlite":
        return
    _lock_spaces(connection)
    for chunk in rows.chunks(sorted(track_ids)):
        _lock(connection, select(tracks.c.id).where(tracks.c.id.in_(chunk)))


def _lock_spaces(connection: Connection) -> None:
    # By code points, as Python sorts them: the locale of Postgres may have another order.
    in_order = select(spaces.c.space).order_by(collate(spaces.c.space, "C")).with_for_update()
    connection.execute(in_order).all()


def _lock(connection: Connection, query: Select[tuple[str]] | Select[tuple[int]]) -> None:
    (key,) = query.selected_columns
    connection.execute(query.order_by(key).with_for_update()).all()


def _open_jobs(connection: Connection, track_ids: Iterable[TrackId]) -> set[int]:
    found: set[int] = set()
    for chunk in rows.chunks(track_ids):
        query = (
            select(jobs.c.sequence)
            .join_from(tracks, jobs, tracks.c.embed_job_id == jobs.c.id)
            .where(tracks.c.id.in_(chunk), jobs.c.state.in_(OPEN))
        )
        found.update(connection.execute(query).scalars())
    return found


def _of_their_recordings(connection: Connection, track_ids: Iterable[TrackId]) -> set[TrackId]:
    found: set[TrackId] = set()
    for chunk in rows.chunks(track_ids):
        of_these = select(tracks.c.recording_id).where(tracks.c.id.in_(chunk))
        query = select(tracks.c.id).where(tracks.c.recording_id.in_(of_these))
        found.update(connection.execute(query).scalars())
    return found

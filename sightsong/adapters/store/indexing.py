"""What indexes are made of, and kept up to date with."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, exists, func, select, tuple_, union_all

from sightsong.adapters.store import rows
from sightsong.adapters.store.canceling import OPEN
from sightsong.adapters.store.connect import Database
from sightsong.adapters.store.schema import embeddings, gone, is_there, jobs, spaces, tracks
from sightsong.core.embeddings import Space
from sightsong.core.snapshots import Changes, Entry, Extent, IndexedTrack, Windows
from sightsong.core.tracks import TrackId, TrackState

#: Embeddings with their windows read at once: a few MB.
_PAGE = 128
#: Changes read at once: their vectors are a few MB.
_CHANGES = 500

_WINDOWS = (embeddings.c.vector, embeddings.c.windows, embeddings.c.window_starts_s)


def indexed(database: Database, space: Space) -> Iterator[IndexedTrack]:
    """Stream what a snapshot of a space is made of, in the order of track ids.

    Page by page, so that no transaction stays open while the caller works: what changes meanwhile
    may or may not be among them. A revision read before is never newer than they are.
    """
    after = ""
    while page := _indexed_after(database, space, after):
        for row in page:
            yield IndexedTrack(entry=rows.entry(row), windows=rows.windows(row))
        after = page[-1].id


def _indexed_after(database: Database, space: Space, track_id: str) -> Sequence[Any]:
    query = (
        select(tracks, *_WINDOWS)
        .join_from(embeddings, tracks)
        .where(embeddings.c.space == space, embeddings.c.track_id > track_id)
        .order_by(embeddings.c.track_id)
        .limit(_PAGE)
    )
    with database.read() as connection:
        return connection.execute(query).all()


def unheard(database: Database, space: Space) -> Iterator[str]:
    """Stream where ready tracks lie that only another model has heard, by their ids, in pages."""
    after = ""
    while page := _unheard_after(database, space, after):
        yield from (row.path for row in page)
        after = page[-1].id


def _unheard_after(database: Database, space: Space, track_id: str) -> Sequence[Any]:
    heard = exists().where(embeddings.c.track_id == tracks.c.id, embeddings.c.space == space)
    asked = exists().where(jobs.c.id == tracks.c.embed_job_id, jobs.c.state.in_(OPEN))
    is_ready = tracks.c.state == TrackState.READY
    query = (
        select(tracks.c.id, tracks.c.path)
        .where(is_there, is_ready, tracks.c.id > track_id, ~heard, ~asked)
        .order_by(tracks.c.id)
        .limit(_PAGE)
    )
    with database.read() as connection:
        return connection.execute(query).all()


def extent(database: Database, space: Space) -> Extent:
    """Count what `indexed` would stream; both databases know how long a value is without it."""
    lengths = func.coalesce(func.sum(func.length(embeddings.c.windows)), 0)
    query = select(func.count(), lengths).where(embeddings.c.space == space)
    with database.read() as connection:
        count, window_bytes = connection.execute(query).one()
    return Extent(tracks=count, window_bytes=int(window_bytes))


def revision(database: Database, space: Space) -> int:
    """Read how often a space has changed."""
    with database.read() as connection:
        return _known(connection, space).revision


def changes(database: Database, space: Space, *, since: int) -> Changes:
    """Read what has become of a space's tracks after revision `since`, as of one moment."""
    with database.read() as connection:
        known = _known(connection, space)
    if known.revision == since:  # as a rule: readers ask twice a second
        return Changes(revision=since)
    with database.read() as connection:
        database.freeze(connection)
        known = _known(connection, space)
        if not known.reaches(since):
            return Changes(revision=known.revision, is_whole=False)
        is_gone = select(gone.c.track_id).where(gone.c.space == space, gone.c.revision > since)
        return Changes(
            revision=known.revision,
            entries=tuple(_entries(connection, space, since)),
            gone=frozenset(map(TrackId, connection.execute(is_gone).scalars())),
        )


def count_changes(database: Database, space: Space, *, since: int, limit: int) -> int:
    """Count the tracks that `changes` would tell of, at most `limit`."""
    new, old = (
        select(table.c.track_id)
        .where(table.c.space == space, table.c.revision > since)
        .limit(limit)
        .subquery()
        for table in (embeddings, gone)
    )
    query = select(func.count()).select_from(union_all(select(new), select(old)).subquery())
    with database.read() as connection:
        return min(limit, connection.execute(query).scalar_one())


def windows(
    database: Database, space: Space, track_ids: Iterable[TrackId]
) -> Mapping[TrackId, Windows]:
    """Read the windows of some tracks; those without any in the space are left out."""
    found: dict[TrackId, Windows] = {}
    with database.read() as connection:
        for chunk in rows.chunks(track_ids):
            of_these = (embeddings.c.space == space) & embeddings.c.track_id.in_(chunk)
            query = select(embeddings.c.track_id, *_WINDOWS).where(of_these)
            there: Sequence[Any] = connection.execute(query).all()
            found |= {TrackId(row.track_id): rows.windows(row) for row in there}
    return found


class _Known(NamedTuple):
    """Of which revisions of a space the changes are known."""

    revision: int = 0
    forgotten_up_to: int = 0

    def reaches(self, since: int) -> bool:
        """Whether all is known that changed after `since`. At 0 there was nothing to take out."""
        return since == 0 or self.forgotten_up_to <= since <= self.revision


def _known(connection: Connection, space: Space) -> _Known:
    row = connection.execute(_KNOWN, {"of_space": space}).first()
    return _Known() if row is None else _Known(*row)


def _entries(connection: Connection, space: Space, since: int) -> Iterator[Entry]:
    """Read what is new, in the order of its revisions; some at a time, however much there is."""
    place = tuple_(embeddings.c.revision, embeddings.c.track_id)
    page = (
        select(tracks, embeddings.c.vector, embeddings.c.revision)
        .join_from(embeddings, tracks)
        .where(embeddings.c.space == space)
        .order_by(embeddings.c.revision, embeddings.c.track_id)
        .limit(_CHANGES)
    )
    found = connection.execute(page.where(embeddings.c.revision > since)).all()
    while found:
        yield from map(rows.entry, found)
        last = (found[-1].revision, found[-1].id)
        found = connection.execute(page.where(place > last)).all()


# Built once: that costs more than to run it.
_KNOWN = select(spaces.c.revision, spaces.c.forgotten_up_to).where(
    spaces.c.space == bindparam("of_space")
)

"""The library's rows in SQL."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, exists, func, select, tuple_

from sightsong.adapters.store import (
    forgetting,
    indexing,
    listing,
    locking,
    registering,
    removing,
    revising,
    rows,
    standing,
    termed,
)
from sightsong.adapters.store.connect import Database
from sightsong.adapters.store.schema import embeddings, is_there, track_files, tracks
from sightsong.core.embeddings import Space
from sightsong.core.errors import TrackNotFound
from sightsong.core.facts import facts_of
from sightsong.core.jobs import JobId
from sightsong.core.snapshots import Changes, Extent, IndexedTrack, Windows
from sightsong.core.tracks import (
    Forgotten,
    FoundFile,
    KnownFile,
    SoundPrint,
    Track,
    TrackFilter,
    TrackId,
    TrackState,
    Verdict,
)

#: Fingerprints read at once.
_PAGE = 128
#: Registrations, removals and edits let one another past: what one reads stays true until it ends.
_LOCK = "register"
#: Built once: that costs more than to run it.
_KNOWN = (
    select(track_files, tracks.c.removed_at, tracks.c.given, *standing.columns())
    .join_from(track_files, tracks)
    .where(track_files.c.path.in_(bindparam("paths", expanding=True)))
)


class SqlTracks:
    """The `Tracks` port over SQLite or Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(
        self, paths: Sequence[str], *, space: Space, ingest_id: JobId, restore: bool = False
    ) -> Mapping[str, KnownFile]:
        """Read those of `paths` whose files need not be registered again if their stamps hold."""
        found: dict[str, KnownFile] = {}
        asked = {"space": space, "asking": ingest_id}
        with self._database.read() as connection:
            for chunk in rows.chunks(paths):
                for row in connection.execute(_KNOWN, asked | {"paths": chunk}):
                    is_removed = row.removed_at is not None
                    if restore if is_removed else standing.is_wanting(row):
                        continue
                    found[row.path] = rows.known_file(row, ingest_id=ingest_id)
        return found

    def register(
        self,
        files: Sequence[FoundFile],
        *,
        space: Space,
        parent_id: JobId,
        restore: bool = False,
    ) -> list[Verdict]:
        """Store found files in one transaction, with an `embed` job for each new track."""
        if not files:
            return []

        def work(connection: Connection) -> list[Verdict]:
            # One at a time: two scans that meet in the same files would else wait for each other.
            self._database.lock(connection, _LOCK)
            return registering.register(
                connection, files, space=space, parent_id=parent_id, restore=restore
            )

        return self._database.in_write(work)

    def sizes(self, sizes_bytes: Iterable[int]) -> frozenset[int]:
        """Find which of some sizes registered files have."""
        return frozenset(self._found(track_files.c.size_bytes, sizes_bytes))

    def of_bytes(self, sha256s: Iterable[str]) -> frozenset[str]:
        """Find which of some digests are those of tracks, of removed ones as well."""
        is_settled = tracks.c.state != TrackState.PENDING
        return frozenset(self._found(tracks.c.sha256, sha256s, is_settled))

    def held(self, paths: Iterable[str]) -> frozenset[str]:
        """Find which of some files belong to tracks that are not removed."""
        is_held = exists().where(tracks.c.id == track_files.c.track_id, is_there)
        return frozenset(self._found(track_files.c.path, paths, is_held))

    def paths_under(self, folder: str) -> list[str]:
        """List the registered files below a folder, those of removed tracks as well."""
        below = f"{folder.rstrip('/')}/"
        path = track_files.c.path
        is_below: ColumnElement[bool]
        if self._database.is_sqlite:  # a range of its index; Postgres orders by its locale
            is_below = (path > below) & (path < f"{below[:-1]}0")  # "0" comes after "/"
        else:
            is_below = func.starts_with(path, below)
        with self._database.read() as connection:
            return sorted(connection.execute(select(path).where(is_below)).scalars())

    def forget(self, paths: Sequence[str], *, ingest_id: JobId, remove: bool) -> Forgotten:
        """Drop files that are gone, in one transaction."""
        if not paths:
            return Forgotten()

        def work(connection: Connection) -> Forgotten:
            self._database.lock(connection, _LOCK)
            return forgetting.forget(connection, paths, ingest_id=ingest_id, remove=remove)

        return self._database.in_write(work)

    def edit(self, track_id: TrackId, changes: Mapping[str, Any]) -> Track:
        """Change what a person says of a track; these edits outlive scans.

        Raises:
            TrackNotFound: there is none.
        """

        def work(connection: Connection) -> Track:
            self._database.lock(connection, _LOCK)
            locking.hold_facts(connection, [track_id])
            return _edit(connection, track_id, changes)

        return self._database.in_write(work)

    def remove(self, track_id: TrackId) -> None:
        """Remove a track and its embeddings; its bytes are not taken in again unless asked for.

        Raises:
            TrackNotFound: there is none.
        """

        def work(connection: Connection) -> None:
            self._database.lock(connection, _LOCK)
            there = select(tracks.c.id).where(tracks.c.id == track_id, is_there)
            if connection.execute(there).first() is None:
                raise TrackNotFound
            removing.mark(connection, track_id)

        self._database.in_write(work)

    def digest(self, track_id: TrackId, *, space: Space) -> str | None:
        """Read the digest of the sound that a track's embedding in a space was made of, if any."""
        query = select(embeddings.c.digest).where(
            embeddings.c.space == space, embeddings.c.track_id == track_id
        )
        with self._database.read() as connection:
            return connection.execute(query).scalar()

    def prints(self, space: Space, *, since: int = 0) -> Iterator[tuple[SoundPrint, bool]]:
        """Stream the embedded tracks in the order of their duration, then id.

        Page by page, as `indexed`: what is embedded meanwhile may or may not be among them.
        """
        after: tuple[float, str] = (-1.0, "")
        while page := self._prints_after(space, after):
            for row in page:
                if row.revision is not None:
                    yield rows.sound_print(row), row.revision > since
            after = (page[-1].duration_s, page[-1].track_id)

    def group(self, recordings: Mapping[TrackId, TrackId | None]) -> None:
        """Note which track stands for the recording of each."""
        if not recordings:
            return

        def work(connection: Connection) -> None:
            self._database.lock(connection, _LOCK)
            _group(connection, recordings)

        self._database.in_write(work)

    def get(self, track_id: TrackId) -> Track:
        """Read a track.

        Raises:
            TrackNotFound: there is none.
        """
        found = self.get_many([track_id])
        if track_id not in found:
            raise TrackNotFound
        return found[track_id]

    def get_many(self, track_ids: Iterable[TrackId]) -> Mapping[TrackId, Track]:
        """Read many tracks; unknown ids are left out."""
        found: dict[TrackId, Track] = {}
        with self._database.read() as connection:
            for chunk in rows.chunks(track_ids):
                query = select(tracks).where(tracks.c.id.in_(chunk), is_there)
                found |= {TrackId(row.id): rows.track(row) for row in connection.execute(query)}
        return found

    def paths(self, track_id: TrackId) -> tuple[str, ...]:
        """Read where the files of a track lie: its main path first, then by name.

        Raises:
            TrackNotFound: there is none.
        """
        query = (
            select(tracks.c.path.label("main"), track_files.c.path)
            .outerjoin_from(tracks, track_files)
            .where(tracks.c.id == track_id, is_there)
        )
        with self._database.read() as connection:
            found = connection.execute(query).all()
        if not found:
            raise TrackNotFound
        # Sorted here: Postgres orders text by its locale.
        others = sorted((row.path != row.main, row.path) for row in found if row.path is not None)
        return tuple(path for _, path in others)

    def page(
        self, *, limit: int, after: TrackId | None = None, where: TrackFilter | None = None
    ) -> list[Track]:
        """Read tracks in the order of their ids, after the given one."""
        with self._database.read() as connection:
            ids = listing.page(connection, where or TrackFilter(), limit=limit, after=after)
            found: dict[TrackId, Track] = {}
            for chunk in rows.chunks(ids):
                query = select(tracks).where(tracks.c.id.in_(chunk), is_there)
                found |= {TrackId(row.id): rows.track(row) for row in connection.execute(query)}
        return [found[track_id] for track_id in ids if track_id in found]

    def recording(self, recording_id: TrackId) -> list[Track]:
        """Read all tracks of a recording, the one that stands for it first."""
        query = select(tracks).where(tracks.c.recording_id == recording_id, is_there)
        with self._database.read() as connection:
            found = [rows.track(row) for row in connection.execute(query)]
        return sorted(found, key=lambda track: (track.id != recording_id, track.id))

    def count(self) -> Mapping[TrackState, int]:
        """Count the tracks by state."""
        query = select(tracks.c.state, func.count().label("tracks")).where(is_there)
        with self._database.read() as connection:
            counted = connection.execute(query.group_by(tracks.c.state))
            return {TrackState(row.state): row.tracks for row in counted}

    def unheard(self, space: Space) -> Iterator[str]:
        """Stream where ready tracks lie that only another model has heard, by their ids."""
        return indexing.unheard(self._database, space)

    def indexed(self, space: Space) -> Iterator[IndexedTrack]:
        """Stream what a snapshot of a space is made of, in the order of track ids."""
        return indexing.indexed(self._database, space)

    def extent(self, space: Space) -> Extent:
        """Count what `indexed` would stream."""
        return indexing.extent(self._database, space)

    def changes(self, space: Space, *, since: int) -> Changes:
        """Read what has become of a space's tracks after revision `since`."""
        return indexing.changes(self._database, space, since=since)

    def count_changes(self, space: Space, *, since: int, limit: int) -> int:
        """Count the tracks that `changes` would tell of, at most `limit`."""
        return indexing.count_changes(self._database, space, since=since, limit=limit)

    def windows(self, space: Space, track_ids: Iterable[TrackId]) -> Mapping[TrackId, Windows]:
        """Read the windows of some tracks; those without any in the space are left out."""
        return indexing.windows(self._database, space, track_ids)

    def revision(self, space: Space) -> int:
        """A number that grows whenever what a space's searches see changes; 0 when it is empty."""
        return indexing.revision(self._database, space)

    def _found(
        self,
        column: Any,  # noqa: ANN401 - of any type
        values: Iterable[Any],
        *conditions: ColumnElement[bool],
    ) -> set[Any]:
        found: set[Any] = set()
        with self._database.read() as connection:
            for chunk in rows.chunks(values):
                query = select(column).where(column.in_(chunk), *conditions).distinct()
                found.update(connection.execute(query).scalars())
        return found

    def _prints_after(self, space: Space, after: tuple[float, str]) -> Sequence[Any]:
        place = tuple_(tracks.c.duration_s, tracks.c.id)
        # Tracks first, whether embedded or not: else SQLite sorts the whole space for each page.
        page = (
            select(tracks.c.id.label("track_id"), tracks.c.duration_s, tracks.c.recording_id)
            .where(is_there, place > after)
            .order_by(tracks.c.duration_s, tracks.c.id)
            .limit(_PAGE)
            .subquery()
        )
        is_its = (embeddings.c.track_id == page.c.track_id) & (embeddings.c.space == space)
        query = (
            select(page, embeddings.c.revision, embeddings.c.fingerprint)
            .outerjoin_from(page, embeddings, is_its)
            .order_by(page.c.duration_s, page.c.track_id)
        )
        with self._database.read() as connection:
            return connection.execute(query).all()


def _edit(connection: Connection, track_id: TrackId, changes: Mapping[str, Any]) -> Track:
    this = select(tracks).where(tracks.c.id == track_id, is_there)
    row = connection.execute(this).first()
    if row is None:
        raise TrackNotFound
    edits = rows.tags({**(row.edits or {}), **changes})
    changed = tracks.update().where(tracks.c.id == track_id)
    connection.execute(changed.values(edits=rows.said(edits)))
    termed.put(connection, track_id)
    revising.notice_changes(connection, {track_id: facts_of(rows.track(row))})
    return rows.track(connection.execute(this).one())


def _group(connection: Connection, recordings: Mapping[TrackId, TrackId | None]) -> None:
    """Note which track stands for the recording of each, where that is another than before."""
    pairs: list[dict[str, Any]] = []
    for chunk in rows.chunks(sorted(recordings)):
        before = select(tracks.c.id, tracks.c.recording_id).where(tracks.c.id.in_(chunk), is_there)
        pairs += [
            {"of_track": row.id, "stands": recordings[row.id]}
            for row in connection.execute(before)
            if row.recording_id != recordings[row.id]
        ]
    if not pairs:
        return
    regrouped = sorted(pair["of_track"] for pair in pairs)
    # Only now: nothing but what waits for the same lock changes a recording.
    locking.hold_facts(connection, regrouped)
    connection.execute(_GROUP, pairs)
    revising.notice(connection, regrouped)


_GROUP = (
    tracks.update()
    .where(tracks.c.id == bindparam("of_track"))
    .values(recording_id=bindparam("stands"))
)

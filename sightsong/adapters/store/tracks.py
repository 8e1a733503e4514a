"""The library's rows in SQL."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import bindparam, func, select

from sightsong.adapters.store import registering, rows
from sightsong.adapters.store.connect import Database
from sightsong.adapters.store.schema import embeddings, spaces, track_files, tracks
from sightsong.core.embeddings import Space
from sightsong.core.errors import TrackNotFound
from sightsong.core.jobs import JobId
from sightsong.core.snapshots import TrackVectors
from sightsong.core.tracks import FileStamp, FoundFile, Registered, Track, TrackId, TrackState

#: Embeddings read at once: a few MB.
_PAGE = 128
#: Built once: that costs more than to run it.
_STAMPS = (
    select(track_files, *registering.standing())
    .join_from(track_files, tracks)
    .where(track_files.c.path.in_(bindparam("paths", expanding=True)))
)


class SqlTracks:
    """The `Tracks` port over SQLite or Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def stamps(self, paths: Sequence[str], *, space: Space) -> Mapping[str, FileStamp]:
        """Read the stamps of those `paths` whose files need not be registered again."""
        found: dict[str, FileStamp] = {}
        with self._database.read() as connection:
            for chunk in rows.chunks(paths):
                for row in connection.execute(_STAMPS, {"paths": chunk, "space": space}):
                    if not registering.is_wanting(row):
                        found[row.path] = rows.stamp(row)
        return found

    def register(self, files: Sequence[FoundFile], *, space: Space, parent_id: JobId) -> Registered:
        """Store found files in one transaction, with an `embed` job for each new track."""
        if not files:
            return Registered()
        with self._database.write() as connection:
            # One at a time: two scans that meet in the same files would else wait for each other.
            self._database.lock(connection, "register")
            return registering.register(connection, files, space=space, parent_id=parent_id)

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
                query = select(tracks).where(tracks.c.id.in_(chunk))
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
            .where(tracks.c.id == track_id)
        )
        with self._database.read() as connection:
            found = connection.execute(query).all()
        if not found:
            raise TrackNotFound
        # Sorted here: Postgres orders text by its locale.
        others = sorted((row.path != row.main, row.path) for row in found if row.path is not None)
        return tuple(path for _, path in others)

    def page(
        self, *, limit: int, after: TrackId | None = None, state: TrackState | None = None
    ) -> list[Track]:
        """Read tracks in the order of their ids, after the given one."""
        query = select(tracks).order_by(tracks.c.id).limit(limit)
        if after is not None:
            query = query.where(tracks.c.id > after)
        if state is not None:
            query = query.where(tracks.c.state == state)
        with self._database.read() as connection:
            return [rows.track(row) for row in connection.execute(query)]

    def count(self) -> Mapping[TrackState, int]:
        """Count the tracks by state."""
        query = select(tracks.c.state, func.count().label("tracks")).group_by(tracks.c.state)
        with self._database.read() as connection:
            return {TrackState(row.state): row.tracks for row in connection.execute(query)}

    def vectors(self, space: Space) -> Iterator[TrackVectors]:
        """Stream the embeddings of a space in the order of track ids.

        Page by page, so that no transaction stays open while the caller works: what is stored
        meanwhile may or may not be among them. A revision read before is never newer than they are.
        """
        after = ""
        while page := self._vectors_after(space, after):
            yield from page
            after = page[-1].track_id

    def revision(self, space: Space) -> int:
        """A number that grows whenever the embeddings of a space change; 0 when there are none."""
        query = select(spaces.c.revision).where(spaces.c.space == space)
        with self._database.read() as connection:
            return connection.execute(query).scalar() or 0

    def _vectors_after(self, space: Space, track_id: str) -> list[TrackVectors]:
        query = (
            select(embeddings)
            .where(embeddings.c.space == space, embeddings.c.track_id > track_id)
            .order_by(embeddings.c.track_id)
            .limit(_PAGE)
        )
        with self._database.read() as connection:
            return [rows.vectors(row) for row in connection.execute(query)]

"""Which of its files a track is named by."""

from sqlalchemy import Connection, bindparam, select

from sightsong.adapters.store import termed
from sightsong.adapters.store.schema import track_files, tracks
from sightsong.core.tracks import TrackId


def rename(connection: Connection, track_id: TrackId) -> bool:
    """Name a track by a file that it has; False if it has none."""
    files = connection.execute(_FILES, {"id": track_id}).scalars().all()
    name = connection.execute(_NAME, {"id": track_id}).scalar()
    if files and name not in files:
        # Sorted here: Postgres orders text by its locale.
        changed = tracks.update().where(tracks.c.id == track_id).values(path=min(files))
        connection.execute(changed)
        termed.put(connection, track_id)
    return bool(files)


_FILES = select(track_files.c.path).where(track_files.c.track_id == bindparam("id"))
_NAME = select(tracks.c.path).where(tracks.c.id == bindparam("id"))

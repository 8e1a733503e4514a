"""The snapshots' rows in SQL."""

from sqlalchemy import select

from sightsong.adapters.store import rows
from sightsong.adapters.store.clock import db_now
from sightsong.adapters.store.connect import Database
from sightsong.adapters.store.schema import snapshots
from sightsong.adapters.store.upserts import upsert
from sightsong.core.embeddings import Space
from sightsong.core.snapshots import Snapshot, SnapshotState


class SqlSnapshots:
    """The `Snapshots` port over SQLite or Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, snapshot: Snapshot) -> None:
        """Store a snapshot, not active yet; the same version again changes nothing."""
        with self._database.write() as connection:
            new = upsert(connection, snapshots).values(
                version=snapshot.version,
                space=snapshot.space,
                path=snapshot.path,
                revision=snapshot.revision,
                manifest=dict(snapshot.manifest),
                state=SnapshotState.READY,
                created_at=db_now(),
            )
            connection.execute(new.on_conflict_do_nothing())

    def active(self, space: Space) -> Snapshot | None:
        """Read the snapshot that readers of a space should serve."""
        query = select(snapshots).where(
            snapshots.c.space == space, snapshots.c.state == SnapshotState.ACTIVE
        )
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else rows.snapshot(row)

    def remove(self, version: str) -> None:
        """Forget a snapshot that is not active; absent or active is fine."""
        gone = snapshots.delete().where(
            snapshots.c.version == version, snapshots.c.state != SnapshotState.ACTIVE
        )
        with self._database.write() as connection:
            connection.execute(gone)

    def listed(self, space: Space | None = None) -> list[Snapshot]:
        """Read all snapshots, newest first."""
        query = select(snapshots).order_by(
            snapshots.c.created_at.desc(), snapshots.c.version.desc()
        )
        if space is not None:
            query = query.where(snapshots.c.space == space)
        with self._database.read() as connection:
            return [rows.snapshot(row) for row in connection.execute(query)]

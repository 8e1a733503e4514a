"""The snapshots' rows in SQL."""

from sqlalchemy import Connection, func, select

from sightsong.adapters.store import activating, revising, rows
from sightsong.adapters.store.clock import db_now
from sightsong.adapters.store.connect import Database
from sightsong.adapters.store.schema import snapshots
from sightsong.adapters.store.upserts import upsert
from sightsong.core.embeddings import Space
from sightsong.core.errors import SnapshotNotFound
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

    def get(self, version: str) -> Snapshot:
        """Read a snapshot.

        Raises:
            SnapshotNotFound: there is none.
        """
        with self._database.read() as connection:
            query = select(snapshots).where(snapshots.c.version == version)
            row = connection.execute(query).first()
        if row is None:
            raise SnapshotNotFound
        return rows.snapshot(row)

    def activate(self, version: str) -> Snapshot:
        """Have readers move to a snapshot that a person chose, and pin it.

        Raises:
            SnapshotNotFound: there is none.
        """
        row = self._database.in_write(lambda one: activating.choose(one, version))
        if row is None:
            raise SnapshotNotFound
        return rows.snapshot(row)

    def remove(self, version: str) -> None:
        """Forget a snapshot that is not active; absent or active is fine."""
        self._database.in_write(lambda one: _remove(one, version))

    def listed(self, space: Space | None = None) -> list[Snapshot]:
        """Read all snapshots, newest first."""
        query = select(snapshots).order_by(
            snapshots.c.created_at.desc(), snapshots.c.version.desc()
        )
        if space is not None:
            query = query.where(snapshots.c.space == space)
        with self._database.read() as connection:
            return [rows.snapshot(row) for row in connection.execute(query)]


def _remove(connection: Connection, version: str) -> None:
    this = snapshots.c.version == version
    space = connection.execute(select(snapshots.c.space).where(this)).scalar()
    if space is None:
        return
    revising.bump(connection, Space(space), by=0)  # holds it: what is gone changes with it
    removed = snapshots.delete().where(this, snapshots.c.state != SnapshotState.ACTIVE)
    connection.execute(removed)
    oldest = select(func.min(snapshots.c.revision)).where(snapshots.c.space == space)
    # Where none is left, one that is being built may need it all: nobody knows its revision yet.
    if (up_to := connection.execute(oldest).scalar()) is not None:
        revising.forget_gone(connection, Space(space), up_to=up_to)

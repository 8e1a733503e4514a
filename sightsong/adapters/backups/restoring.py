"""Restoring a backup into an empty service: all of it, or nothing."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

from sqlalchemy import Connection, Table, case, exc, func, insert, literal_column, select, text

from sightsong.adapters.backups import layout
from sightsong.adapters.backups.layout import Header, Summary
from sightsong.adapters.backups.reading import Told, read_through
from sightsong.adapters.backups.refusals import BackupRefused
from sightsong.adapters.backups.saving import Estate
from sightsong.adapters.backups.tape import TapeReader
from sightsong.adapters.store import presence
from sightsong.adapters.store.connect import Database
from sightsong.adapters.store.schema import (
    deliveries,
    is_running,
    jobs,
    snapshots,
    track_files,
    tracks,
)
from sightsong.core.errors import Conflict
from sightsong.core.jobs import BlobId, JobState

#: A process that has reported within this is alive, or has only just ended.
_ALIVE_S = 30.0
#: What a database, or its driver, says of values that it does not take.
_UNFIT = (exc.IntegrityError, exc.DataError, ValueError, OverflowError)
_OF_FILES = (tracks.name, track_files.name)


def restore(
    estate: Estate, tape: TapeReader, header: Header, *, told: Told = lambda _done, _all: None
) -> Summary:
    """Restore what follows a header, in one transaction.

    Files lie in their places before any row names them. If it fails, they are removed again; if it
    is killed, the indexer sweeps them, as it does those of submits that broke off.

    Raises:
        BackupRefused: the backup is damaged, or the database does not take it.
        Conflict: the service is not empty, or runs.
        StoreUnavailable: the database does not answer.
        StorageFull: less room than the reserve would be left, or the disk took no more.
    """
    with _Placing(estate, header) as placing, estate.database.write() as connection:
        estate.database.lock(connection, "migrate")
        _check_empty(estate.database, connection)
        placing.connection = connection
        summary = read_through(tape, header, placing, told=told)
        _let_go(connection)
        _go_on_counting(estate.database, connection)
        # Before the commit: if nobody learns whether that came through, better bytes without rows.
        placing.keep()
    return summary


class _Placing:
    """Puts what is read where it belongs; a `Receiver`."""

    def __init__(self, estate: Estate, header: Header) -> None:
        self._estate = estate
        self._old_shelf = header.shelf.rstrip("/") + "/"
        self._photos: list[BlobId] = []
        self._trays: set[str] = set()
        self.connection: Connection | None = None

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove all files that were not kept."""
        for blob_id in self._photos:
            self._estate.blobs.delete(blob_id)
        for tray in self._trays:
            self._estate.inbox.discard(tray)

    def keep(self) -> None:
        """Let the files stay."""
        self._photos, self._trays = [], set()

    def photo(self, blob_id: str, size_bytes: int, chunks: Iterator[bytes]) -> None:
        """Store an image."""
        self._photos.append(BlobId(blob_id))
        self._estate.blobs.put_back(BlobId(blob_id), size_bytes, chunks)

    def upload(self, tray: str, name: str, size_bytes: int, chunks: Iterator[bytes]) -> None:
        """Store a file of a tray."""
        self._trays.add(tray)
        self._estate.inbox.put_back(tray, name, size_bytes, chunks)

    def rows(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows.

        Raises:
            BackupRefused: the database does not take them.
        """
        if not rows or self.connection is None:
            return
        if table.name in _OF_FILES:
            rows = [{**row, "path": self._moved(row["path"])} for row in rows]
        try:
            self.connection.execute(insert(table), list(rows))
        except _UNFIT as error:
            raise BackupRefused(
                f"it is damaged: the database does not take a row of {table.name}"
            ) from error

    def _moved(self, path: str) -> str:
        """Where a file lies now, if the service keeps it itself."""
        if not path.startswith(self._old_shelf):
            return path
        return f"{self._estate.shelf_dir}/{path.removeprefix(self._old_shelf)}"


def _check_empty(database: Database, connection: Connection) -> None:
    """See that nobody has anything here, and keep it so until the transaction ends.

    Raises:
        Conflict: somebody has, or processes are running.
    """
    names = ", ".join(table.name for table in layout.TABLES)
    if not database.is_sqlite:  # there every write transaction is alone anyway
        connection.execute(text(f"LOCK TABLE {names} IN EXCLUSIVE MODE"))
    if presence.alive(connection, within_s=_ALIVE_S):
        raise Conflict(
            "the service is running, or was half a minute ago; stop its processes, then restore"
        )
    for table in (*layout.TABLES, snapshots):
        if connection.execute(select(literal_column("1")).select_from(table).limit(1)).first():
            raise Conflict(
                f"the service is not empty: there are rows in {table.name}; restore into a new "
                "data folder, or a new database"
            )


def _let_go(connection: Connection) -> None:
    """Give back what was in somebody's hands: of no attempt anything is left."""
    released = (
        jobs.update()
        .where(is_running)
        .values(
            state=JobState.QUEUED,
            state_version=jobs.c.state_version + 1,
            attempt=jobs.c.attempt - 1,
            started_at=case((jobs.c.attempt > 1, jobs.c.started_at)),
            owner=None,
            lease_until=None,
        )
    )
    connection.execute(released)
    connection.execute(deliveries.update().values(owner=None, lease_until=None))


def _go_on_counting(database: Database, connection: Connection) -> None:
    """Have Postgres number new rows after those that came with numbers; SQLite does by itself."""
    if database.is_sqlite:
        return
    for table in layout.TABLES:
        key = table.autoincrement_column
        if key is not None and (last := connection.execute(select(func.max(key))).scalar()):
            its = func.pg_get_serial_sequence(table.name, key.name)
            connection.execute(select(func.setval(its, last)))

"""The rows of jobs, music and snapshots, in SQLite or Postgres; the blobs beside them in files."""

from dataclasses import dataclass
from pathlib import Path

from sightsong.adapters.blobs import FolderBlobs
from sightsong.adapters.store.api_keys import SqlKeys
from sightsong.adapters.store.batches import SqlBatches
from sightsong.adapters.store.connect import Database, open_database
from sightsong.adapters.store.ingests import SqlIngests
from sightsong.adapters.store.jobs import SqlJobs
from sightsong.adapters.store.people import SqlPeople
from sightsong.adapters.store.phrases import SqlPhrases
from sightsong.adapters.store.snapshots import SqlSnapshots
from sightsong.adapters.store.tracks import SqlTracks
from sightsong.adapters.store.webhooks import SqlWebhooks
from sightsong.core import ports

#: Free disk that uploads leave alone unless told otherwise: the database must still fit.
DISK_RESERVE_BYTES = 1024**3


@dataclass(frozen=True, kw_only=True)
class SqlStores(ports.Stores):
    """The stores of one process, and the connections that they share."""

    database: Database

    def close(self) -> None:
        """Close all connections."""
        self.database.close()


def open_stores(
    url: str, blobs_dir: Path, *, disk_reserve_bytes: int = DISK_RESERVE_BYTES
) -> SqlStores:
    """Make the stores; connects at their first use. `migrate.upgrade` makes the tables.

    Args:
        url: SQLAlchemy URL of the database, `sqlite:///…` or `postgresql://…`.
        blobs_dir: folder of the uploads.
        disk_reserve_bytes: free disk that uploads never use up.

    Raises:
        ConfigurationError: the URL is of no database that we know.
    """
    database = open_database(url)
    return SqlStores(
        jobs=SqlJobs(database),
        keys=SqlKeys(database),
        batches=SqlBatches(database),
        tracks=SqlTracks(database),
        ingests=SqlIngests(database),
        snapshots=SqlSnapshots(database),
        phrases=SqlPhrases(database),
        people=SqlPeople(database),
        webhooks=SqlWebhooks(database),
        blobs=FolderBlobs(blobs_dir, reserve_bytes=disk_reserve_bytes),
        database=database,
    )

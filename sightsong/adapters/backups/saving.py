"""Writing a backup while the service runs: one moment of the database, and what it refers to."""

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Connection, Select, Table, func, select

from sightsong.adapters.backups import layout, lines
from sightsong.adapters.backups.layout import Header, Summary
from sightsong.adapters.backups.tape import TapeWriter
from sightsong.adapters.blobs import FolderBlobs
from sightsong.adapters.inbox import FolderInbox
from sightsong.adapters.store.connect import Database
from sightsong.adapters.store.schema import blobs, has_ended, jobs
from sightsong.core.errors import BlobNotFound
from sightsong.core.ingests import Wish
from sightsong.core.jobs import BlobId, JobKind

#: Rows that are fetched at a time; those of tracks have some 20 kB each.
_FETCHED = 100
_CHUNK = 1024 * 1024

#: Told how many of how many things are done.
Told = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class Estate:
    """What a service keeps, and where."""

    database: Database
    blobs: FolderBlobs
    inbox: FolderInbox
    shelf_dir: Path


def save(
    estate: Estate, file: BinaryIO, *, about: Header, told: Told = lambda _done, _all: None
) -> Summary:
    """Write a backup. All rows are of one moment; the service goes on meanwhile.

    Photos of jobs that have ended are left out, and their rows say so: a backup is no way around
    the time after which they are deleted.

    Args:
        estate: what to write.
        file: where to; it is only ever written to at its end.
        about: who makes it and when; the counts are filled in.
        told: hears how it goes.

    Raises:
        StoreUnavailable: the database does not answer.
        BackupRefused: a row is larger than could be read back, or an upload changed.
    """
    with estate.database.read() as connection:
        estate.database.freeze(connection)
        photos, trays = _open_photos(connection), _open_trays(connection)
        uploads = [(tray, path) for tray in trays for path in estate.inbox.parts(tray)]
        counted = _count(connection)
        header = replace(about, rows=counted, photos=len(photos), uploads=len(uploads))
        writer = _Writer(file, header, told)
        # Before the rows, which take long: these may be deleted any moment.
        writer.photos = writer.add_files(_opened_photos(estate.blobs, photos))
        writer.uploads = writer.add_files(_opened_uploads(uploads))
        for table in layout.TABLES:
            writer.add_rows(table, _rows(connection, table))
    return writer.finish()


class _Writer:
    """Writes what a backup holds, and counts it."""

    def __init__(self, file: BinaryIO, header: Header, told: Told) -> None:
        self._tape = TapeWriter(file, made_at=header.made_at)
        self._tape.add(layout.HEADER, header.written())
        self._header = header
        self._told = told
        self._done = 0
        self.photos = 0
        self.uploads = 0

    def add_files(self, files: Iterable[tuple[str, BinaryIO]]) -> int:
        """Write files, and close them; returns how many."""
        before = len(self._tape.members)
        for name, file in files:
            with file:
                size = os.fstat(file.fileno()).st_size
                self._tape.stream(name, size, _chunks(file))
            self._count(1)
        return len(self._tape.members) - before

    def add_rows(self, table: Table, rows: Iterable[Sequence[Any]]) -> None:
        """Write the rows of a table."""
        for number, part in enumerate(lines.parts(rows), 1):
            if lines.has_vectors(table):
                self._tape.add(layout.part(table.name, number, "bin"), part.vectors)
            self._tape.add(layout.part(table.name, number, "jsonl"), part.lines)
            self._count(part.rows)

    def finish(self) -> Summary:
        """Write the digests and the end."""
        said = layout.manifest(self._tape.members)
        digest = self._tape.add(layout.MANIFEST, said).sha256
        self._tape.close()
        return Summary(
            release=self._header.release,
            schema=self._header.schema,
            made_at=self._header.made_at,
            rows=self._header.rows,
            photos=self.photos,
            uploads=self.uploads,
            size_bytes=self._tape.size_bytes,
            digest=digest,
        )

    def _count(self, things: int) -> None:
        self._done += things
        self._told(self._done, self._header.things)


def _open_photos(connection: Connection) -> list[BlobId]:
    return [BlobId(one) for one in connection.execute(_OPEN_PHOTOS).scalars()]


def _open_trays(connection: Connection) -> list[str]:
    """Find the uploads of ingests that have not ended."""
    query = select(jobs.c.params).where(jobs.c.kind == JobKind.INGEST, ~has_ended)
    wishes = [Wish.of(params) for params in connection.execute(query).scalars()]
    return sorted({wish.inbox for wish in wishes if wish.inbox})


def _opened_photos(
    store: FolderBlobs, blob_ids: Iterable[BlobId]
) -> Iterator[tuple[str, BinaryIO]]:
    for blob_id in blob_ids:
        with contextlib.suppress(BlobNotFound):  # its job has ended meanwhile, or was erased
            yield f"photos/{blob_id}", store.open(blob_id)


def _opened_uploads(files: Iterable[tuple[str, Path]]) -> Iterator[tuple[str, BinaryIO]]:
    for tray, path in files:
        with contextlib.suppress(FileNotFoundError):  # its ingest has ended meanwhile
            yield f"uploads/{tray}/{path.name}", path.open("rb")


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk


def _count(connection: Connection) -> dict[str, int]:
    counts = {}
    for table in layout.TABLES:
        query = select(func.count()).select_from(_chosen(table).subquery())
        counts[table.name] = connection.execute(query).scalar_one()
    return counts


def _rows(connection: Connection, table: Table) -> Iterator[Sequence[Any]]:
    query = _chosen(table).order_by(*table.primary_key.columns)
    result = connection.execute(query, execution_options={"yield_per": _FETCHED})
    if table is not jobs:
        yield from result
        return
    places = [table.c.keys().index(name) for name in ("blob_id", "image_until")]
    ended = table.c.keys().index("finished_at")
    for row in result:
        values = list(row)
        if values[ended] is not None:
            for place in places:
                values[place] = None
        yield values


def _chosen(table: Table) -> Select[Any]:
    query: Select[Any] = select(table)
    return query.where(blobs.c.id.in_(_OPEN_PHOTOS)) if table is blobs else query


_OPEN_PHOTOS = select(jobs.c.blob_id).where(~has_ended, jobs.c.blob_id.is_not(None))

"""Reading a backup through, from its begin to its end, believing nothing that it says."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import Table

from sightsong.adapters.backups import layout, lines
from sightsong.adapters.backups.layout import Header, Summary
from sightsong.adapters.backups.refusals import BackupRefused
from sightsong.adapters.backups.tape import Member, TapeReader
from sightsong.adapters.store.schema import blobs

#: Told how many of how many things are done.
Told = Callable[[int, int], None]


class Receiver(Protocol):
    """Takes what is read. Nothing of it is certain before the last of it has come."""

    def photo(self, blob_id: str, size_bytes: int, chunks: Iterator[bytes]) -> None:
        """Take an image; all chunks must be read."""
        ...

    def upload(self, tray: str, name: str, size_bytes: int, chunks: Iterator[bytes]) -> None:
        """Take a file of a tray; all chunks must be read."""
        ...

    def rows(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Take rows of a table; those that they refer to have come before."""
        ...


class Ignored:
    """A receiver that takes nothing: reading alone tells whether a backup is whole."""

    def photo(self, _blob_id: str, _size_bytes: int, chunks: Iterator[bytes]) -> None:
        """Read it."""
        _drain(chunks)

    def upload(self, _tray: str, _name: str, _size_bytes: int, chunks: Iterator[bytes]) -> None:
        """Read it."""
        _drain(chunks)

    def rows(self, _table: Table, _rows: Sequence[Mapping[str, Any]]) -> None:
        """Leave them."""


def read_header(tape: TapeReader, *, schema: str) -> Header:
    """Read what a backup says of itself, before anything else.

    Raises:
        BackupRefused: it is none, or of another schema than this release's.
    """
    if tape.next() != layout.HEADER:
        raise BackupRefused("this is no backup of Sightsong")
    return Header.read(tape.content(most_bytes=layout.MOST_HEADER), schema=schema)


def read_through(
    tape: TapeReader,
    header: Header,
    receiver: Receiver,
    *,
    told: Told = lambda _done, _all: None,
) -> Summary:
    """Read all that follows the header, check it, and hand it over as it comes.

    Raises:
        BackupRefused: it is damaged, cut short, or holds what no backup does.
    """
    reading = _Reading(tape, header, receiver, told)
    while (name := tape.next()) != layout.MANIFEST:
        if name is None:
            raise BackupRefused("it ends too early: it was cut off")
        reading.take(name)
    return reading.finish()


class _Reading:
    """One backup, on the way from its header to its manifest."""

    def __init__(self, tape: TapeReader, header: Header, receiver: Receiver, told: Told) -> None:
        self._tape = tape
        self._header = header
        self._receiver = receiver
        self._told = told
        self._part = (0, 0, "jsonl")  # the last one: place in `layout.TABLES`, number, kind
        self._vectors = b""  # of the lines that follow
        self._counts = dict.fromkeys(header.rows, 0)
        self._unnamed: dict[str, Member] = {}  # photos of which no row has come yet
        self._photos = 0
        self._uploads = 0

    def take(self, name: str) -> None:
        """Take one file."""
        if photo := layout.PHOTO.fullmatch(name):
            self._take_photo(name, photo[1])
        elif upload := layout.UPLOAD.fullmatch(name):
            self._check_no_rows_yet()
            self._receiver.upload(upload[1], upload[2], self._tape.size_bytes, self._tape.chunks())
            self._uploads += 1
        elif part := layout.PART.fullmatch(name):
            self._take_part(part[1], int(part[2]), part[3])
        else:
            raise BackupRefused(f"it holds {name!a}, which no backup does")
        done = sum(self._counts.values()) + self._photos + self._uploads
        self._told(done, self._header.things)

    def finish(self) -> Summary:
        """Compare what was read with the manifest, which is the present file, and the last."""
        expected = layout.manifest(self._tape.members)
        if self._tape.content(most_bytes=len(expected)) != expected:
            raise BackupRefused("it is damaged: its digests are not those of its manifest")
        if self._tape.next() is not None:
            raise BackupRefused("something follows its manifest")
        if self._counts != self._header.rows or self._part[2] != "jsonl":
            raise BackupRefused("it is damaged: rows are missing")
        if self._unnamed:
            raise BackupRefused("it holds a photo that no row names")
        return Summary(
            release=self._header.release,
            schema=self._header.schema,
            made_at=self._header.made_at,
            rows=self._counts,
            photos=self._photos,
            uploads=self._uploads,
            size_bytes=self._tape.read_bytes,
            digest=self._tape.members[layout.MANIFEST].sha256,
        )

    def _take_photo(self, name: str, blob_id: str) -> None:
        self._check_no_rows_yet()
        self._receiver.photo(blob_id, self._tape.size_bytes, self._tape.chunks())
        self._unnamed[blob_id] = self._tape.members[name]
        self._photos += 1

    def _check_no_rows_yet(self) -> None:
        if self._part != (0, 0, "jsonl"):
            raise BackupRefused("it is not in order: a file comes after the rows")

    def _take_part(self, name: str, number: int, kind: str) -> None:
        table = self._follow(name, number, kind)
        if kind == "bin":
            self._vectors = self._tape.content(most_bytes=layout.MOST_VECTORS)
            return
        content = self._tape.content(most_bytes=layout.MOST_LINES)
        rows = lines.read(table, lines=content, vectors=self._vectors)
        self._vectors = b""
        if table is blobs:
            self._check_photos(rows)
        self._receiver.rows(table, rows)
        self._counts[name] += len(rows)

    def _follow(self, name: str, number: int, kind: str) -> Table:
        """See that a part comes after the last one; the table that it is of."""
        place = next((i for i, one in enumerate(layout.TABLES) if one.name == name), None)
        if place is None:
            raise BackupRefused(f"it holds a table {name!a}, which no backup does")
        table, (last_place, last_number, last_kind) = layout.TABLES[place], self._part
        opens = "bin" if lines.has_vectors(table) else "jsonl"
        if last_kind == "bin":
            follows = (place, number, kind) == (last_place, last_number, "jsonl")
        elif place == last_place:
            follows = (number, kind) == (last_number + 1, opens)
        else:
            follows = place > last_place and (number, kind) == (1, opens)
        if not follows:
            raise BackupRefused("it is not in order: a part of a table is missing")
        self._part = (place, number, kind)
        return table

    def _check_photos(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Compare photos with their rows. One without bytes was deleted while it was saved."""
        for row in rows:
            found = self._unnamed.pop(row["id"], None)
            if found is not None and found != Member(
                sha256=row["sha256"], size_bytes=row["size_bytes"]
            ):
                raise BackupRefused("it holds a photo that is not what its row says")


def _drain(chunks: Iterator[bytes]) -> None:
    for _ in chunks:
        pass

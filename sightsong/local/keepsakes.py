"""Backups of the service whose database is at hand: saved while it runs, restored where none is."""

import contextlib
import os
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import BinaryIO

from sightsong.adapters import backups, disk, wiring
from sightsong.adapters.backups import Estate, Header, Summary
from sightsong.adapters.blobs import FolderBlobs
from sightsong.adapters.settings import Settings
from sightsong.adapters.store import fitness, migrate
from sightsong.adapters.store.connect import open_database
from sightsong.core.errors import ConfigurationError, Conflict
from sightsong.local import ground

#: Standard output or input in the place of a file.
PIPE = Path("-")

#: Told how many of how many things are done.
Told = Callable[[int, int], None]


def save(chosen: Settings, file: Path, *, told: Told) -> Summary:
    """Write a backup of the service that the settings name. It has its name once it is whole.

    Raises:
        ConfigurationError: there is no database, or it is of another release, or no such file can
            be written.
        Conflict: the file is there already.
        StoreUnavailable: the database does not answer.
        StorageFull: less room than the reserve would be left, or the disk took no more.
    """
    _check_database(chosen)
    with contextlib.ExitStack() as stack:
        estate = stack.enter_context(_estate(chosen))
        output = stack.enter_context(_written(file, reserve_bytes=chosen.disk_reserve_bytes))
        about = Header.of(
            release=metadata.version("sightsong"),
            schema=fitness.newest(),
            made_at=time.time(),
            shelf=str(chosen.shelf_dir.absolute()),
        )
        return backups.save(estate, output, about=about, told=told)


def check(file: Path, *, told: Told) -> Summary:
    """Read a backup through, as a restore would; nothing is changed.

    Raises:
        BackupRefused: it is damaged, of another schema, or no backup.
        ConfigurationError: it cannot be read.
    """
    with _read(file) as content:
        tape = backups.TapeReader(content)
        header = backups.read_header(tape, schema=fitness.newest())
        return backups.read_through(tape, header, backups.Ignored(), told=told)


def restore(chosen: Settings, file: Path, *, told: Told) -> Summary:
    """Restore a backup into the service that the settings name: an empty one that does not run.

    Raises:
        BackupRefused: the backup is damaged, of another schema, or no backup.
        ConfigurationError: it cannot be read, or the data folder or database cannot be used.
        Conflict: the service is not empty, or runs.
        StoreUnavailable: the database does not answer.
        StorageFull: less room than the reserve would be left, or the disk took no more.
    """
    with _read(file) as content:
        tape = backups.TapeReader(content)
        header = backups.read_header(tape, schema=fitness.newest())
        ground.prepare_folder(chosen.data_dir)
        with ground.locked(chosen.data_dir):
            if not chosen.database_url:
                migrate.upgrade(chosen.database)
            _check_database(chosen)
            with _estate(chosen) as estate:
                return backups.restore(estate, tape, header, told=told)


@contextlib.contextmanager
def _estate(chosen: Settings) -> Iterator[Estate]:
    with contextlib.closing(open_database(chosen.database)) as database:
        yield Estate(
            database=database,
            blobs=FolderBlobs(chosen.blobs_dir, reserve_bytes=chosen.disk_reserve_bytes),
            inbox=wiring.open_inbox(chosen),
            shelf_dir=chosen.shelf_dir.absolute(),
        )


def _check_database(chosen: Settings) -> None:
    file = Path(chosen.database.removeprefix("sqlite:///"))
    if not chosen.database_url and not file.exists():
        raise ConfigurationError(
            f"there is no database {file}; name the service's folder with --data"
        )
    if not migrate.is_current(chosen.database):
        raise ConfigurationError(
            "the database is not at the schema of this release; run `sightsong migrate` first"
        )


@contextlib.contextmanager
def _written(file: Path, *, reserve_bytes: int) -> Iterator[BinaryIO]:
    """Open a new file that nobody else may read: it holds photos, and secrets of webhooks."""
    if file == PIPE:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if file.exists():
        raise Conflict(f"{file} is there already; name another file")
    temporary = file.with_name(f".{file.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        with disk.RoomyFile(temporary, reserve_bytes=reserve_bytes, mode=0o600) as output:
            yield output
            output.flush()
            os.fsync(output.fileno())
        disk.link_or_copy(temporary, file)
        disk.sync(file.parent)
    except FileExistsError as error:
        raise Conflict(f"{file} is there already; name another file") from error
    except OSError as error:
        raise ConfigurationError(f"no backup was written to {file}: {_why(error)}") from error
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def _read(file: Path) -> Iterator[BinaryIO]:
    if file == PIPE:
        yield sys.stdin.buffer
        return
    try:
        content = file.open("rb")
    except OSError as error:
        raise ConfigurationError(f"cannot read {file}: {_why(error)}") from error
    with content:
        yield content


def _why(error: OSError) -> str:
    return (error.strerror or str(error)).lower()

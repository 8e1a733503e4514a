"""Backups: all rows and open files come back as they were, in either database; or nothing does."""

from pathlib import Path

import pytest
from sqlalchemy import insert

from sightsong.adapters.backups import layout
from sightsong.adapters.backups.refusals import BackupRefused
from sightsong.adapters.store.schema import jobs, metadata, track_files, tracks, workers
from sightsong.core.errors import Conflict
from sightsong.core.jobs import JobKind, NewJob
from tests.contract import estates
from tests.contract.estates import ENDED, OPEN, RUNNING, TRAY
from tests.servers import new_postgres_database, postgres_server  # noqa: F401 - fixtures

KINDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.servers)]


@pytest.fixture
def new_service(request, tmp_path: Path):
    """A function from a kind of database to an empty service on a new one."""
    made = []

    def make(kind: str) -> estates.Estate:
        folder = tmp_path / f"service {len(made)}"
        url = f"sqlite:///{folder / 'sightsong.db'}"
        if kind == "postgres":
            create = request.getfixturevalue("new_postgres_database")
            url = create(f"{tmp_path.parent.name}{tmp_path.name}-{len(made)}")
        made.append(estates.new_estate(url, folder))
        return made[-1]

    yield make
    for estate in made:
        estate.database.close()


@pytest.fixture(params=KINDS)
def old(request, new_service) -> estates.Estate:
    """A service with a row of everything."""
    estate = new_service(request.param)
    estates.live_in(estate)
    return estate


@pytest.fixture(params=KINDS)
def new(request, new_service) -> estates.Estate:
    """An empty service."""
    return new_service(request.param)


def test_every_table_is_in_a_backup_but_those_that_are_made_anew():
    left_out = {table.name for table in metadata.sorted_tables} - {
        table.name for table in layout.TABLES
    }
    assert left_out == {"workers", "bells", "snapshots"}


def test_every_row_comes_back_as_it_was_in_either_database(old, new):
    estates.restored(new, estates.saved(old))
    changed = {"jobs", "blobs", "deliveries"}  # what these lose is told below
    for table in layout.TABLES:
        if table.name not in changed:
            assert estates.rows_of(new, table) == estates.rows_of(old, table), table.name


def test_what_waited_waits_and_what_was_in_hand_is_given_back_with_its_attempt(old, new):
    estates.restored(new, estates.saved(old))
    before, after = (estates.rows_of(one, jobs) for one in (old, new))
    released = {"state": "queued", "attempt": 1, "owner": None, "lease_until": None}
    released["state_version"] = before[1]["state_version"] + 1
    assert after[0] == before[0]
    assert after[1] == {**before[1], **released}


def test_photos_of_ended_jobs_stay_behind_and_others_come_along(old, new):
    estates.restored(new, estates.saved(old))
    ended = estates.rows_of(new, jobs)[2]
    assert (ended["blob_id"], ended["image_until"]) == (None, None)
    names = {Path(name).name for name in estates.files_of(new)}
    assert names == {OPEN, RUNNING, "000001.mp3", ".000001.name"}
    files = estates.files_of(old)
    assert estates.files_of(new).items() <= files.items()
    assert ENDED in {Path(name).name for name in files}


def test_the_upload_of_an_open_ingest_is_listed_by_its_new_inbox(old, new):
    estates.restored(new, estates.saved(old))
    [upload] = new.inbox.files(TRAY)
    assert (upload.name, upload.path.read_bytes()) == ("song.mp3", estates.SONG)


def test_new_jobs_are_numbered_after_those_that_came(old, new):
    estates.restored(new, estates.saved(old))
    with new.database.write() as connection:
        new_job = {**estates.rows_of(old, jobs)[0], "id": "another", "blob_id": None}
        del new_job["sequence"]
        connection.execute(insert(jobs), [new_job])
    assert [row["sequence"] for row in estates.rows_of(new, jobs)] == [1, 2, 3, 4]


def test_music_that_the_service_keeps_lies_on_the_new_shelf(new_service):
    old, new = new_service("sqlite"), new_service("sqlite")
    estates.live_in(old)
    kept = f"{old.shelf_dir}/ab/{'ab' * 32}.mp3"
    with old.database.write() as connection:
        for table in (tracks, track_files):
            key = next(iter(table.primary_key.columns))
            first = estates.rows_of(old, table)[0][key.name]
            connection.execute(table.update().where(key == first).values(path=kept))
    estates.restored(new, estates.saved(old))
    moved = kept.replace(str(old.shelf_dir), str(new.shelf_dir))
    for table in (tracks, track_files):
        assert moved in [row["path"] for row in estates.rows_of(new, table)]
        assert kept not in [row["path"] for row in estates.rows_of(new, table)]


def test_a_service_with_anything_in_it_is_left_as_it_is(old, new_service):
    backup = estates.saved(old)
    before = {table.name: estates.rows_of(old, table) for table in layout.TABLES}
    with pytest.raises(Conflict, match="not empty"):
        estates.restored(old, backup)
    assert {table.name: estates.rows_of(old, table) for table in layout.TABLES} == before
    assert len(estates.files_of(old)) == 5


def test_a_service_that_runs_is_left_as_it_is(old, new):
    process = dict.fromkeys(("owner", "door", "profile", "device"), "x")
    with new.database.write() as connection:
        connection.execute(insert(workers), [{**process, "pid": 1, "seen_at": 4e9}])
    with pytest.raises(Conflict, match="running"):
        estates.restored(new, estates.saved(old))


def test_a_restore_that_fails_at_its_very_end_leaves_nothing(old, new):
    backup = bytearray(estates.saved(old))
    at = backup.rindex(b"  tables/tracks/000001.jsonl\n") - 1
    backup[at] ^= 1
    with pytest.raises(BackupRefused, match="digests"):
        estates.restored(new, bytes(backup))
    assert [table.name for table in layout.TABLES if estates.rows_of(new, table)] == []
    assert estates.files_of(new) == {}


def test_the_same_service_makes_the_same_backup(old):
    assert estates.saved(old) == estates.saved(old)


def test_a_backup_of_a_backup_is_the_same_but_for_what_was_given_back(old, new_service):
    first, second = new_service("sqlite"), new_service("sqlite")
    estates.restored(first, estates.saved(old))
    estates.restored(second, estates.saved(first))
    for table in layout.TABLES:
        assert estates.rows_of(first, table) == estates.rows_of(second, table), table.name


def test_rows_are_of_one_moment_whatever_is_written_meanwhile(new_service):
    old, new = new_service("sqlite"), new_service("sqlite")
    estates.live_in(old)
    jobs_of_old = estates.submitter(old)

    def meanwhile(_done: int, _all: int) -> None:
        jobs_of_old.submit(NewJob(kind=JobKind.TEXT, params={"text": "calm"}))

    backup = estates.saved(old, told=meanwhile)
    estates.restored(new, backup)
    assert len(estates.rows_of(new, jobs)) == 3
    assert len(estates.rows_of(old, jobs)) > 3

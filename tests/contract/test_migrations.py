"""The migrations, on both databases: they make the tables that the code expects."""

import hashlib
import subprocess
import sys
import time

import numpy as np
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from sightsong.adapters import store
from sightsong.adapters.store import migrate
from sightsong.adapters.store.connect import open_database
from sightsong.adapters.store.schema import metadata
from sightsong.core.errors import ConfigurationError, StoreUnavailable
from sightsong.core.ingests import Scan, Wish
from sightsong.core.jobs import Idempotency, JobFilter
from sightsong.core.tenancy import DEFAULT_TENANT
from sightsong.core.tracks import FoundFile, Tags, TrackFilter, Verdict

UPGRADE = "import sys; from sightsong.adapters.store import migrate; migrate.upgrade(sys.argv[1])"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.servers)])
def new_url(request, tmp_path):
    """URL of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'a folder' / '100 %' / 'new.db'}"
    create = request.getfixturevalue("new_postgres_database")
    return create(f"migrations-{tmp_path.name}")


def test_the_migrated_tables_are_those_of_the_schema(new_url):
    migrate.upgrade(new_url)
    database = open_database(new_url)
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, metadata) == []
    database.close()


def test_a_new_database_is_not_current_until_it_is_upgraded(new_url):
    before = migrate.is_current(new_url)
    migrate.upgrade(new_url)
    assert (before, migrate.is_current(new_url)) == (False, True)


def test_an_upgrade_again_changes_nothing(new_url):
    migrate.upgrade(new_url)
    migrate.upgrade(new_url)
    assert migrate.is_current(new_url)


def test_a_worker_of_the_first_release_is_read_after_the_upgrade(new_url, tmp_path):
    migrate.upgrade(new_url)
    stores = store.open_stores(new_url, tmp_path / "blobs", disk_reserve_bytes=0)
    with stores.database.write() as connection:
        connection.execute(
            text(
                "INSERT INTO workers (owner, door, pid, profile, device, seen_at) "
                "VALUES ('w', 'workers', 7, 'lite', 'cpu', :now)"
            ),
            {"now": time.time()},
        )
    [found] = stores.jobs.workers_alive(within_s=3600)
    stores.close()
    assert (found.pid, found.space, found.models) == (7, "", ())


def upgrade_to(url: str, revision: str) -> None:
    """Migrate as an older release did."""
    database = open_database(url)
    with database.write() as connection:
        command.upgrade(migrate._config(connection), revision)  # noqa: SLF001 - the same as `upgrade`
    database.close()


JOB = (
    "INSERT INTO jobs (id, kind, queue, state, state_version, priority, attempt, max_attempts,"
    " crash_count, params, available_at, parent_id, created_at, started_at, finished_at, error)"
    " VALUES (:id, :kind, :queue, :state, 3, 1, 1, 3, 0, :params, 1, :parent, 1, 2, 4, :error)"
)
TRACK = (
    "INSERT INTO tracks (id, sha256, path, state, tags, added_at, duration_s, descriptors)"
    " VALUES (:id, :id, :path, :state, :tags, 5, :duration_s, '{}')"
)
TAGS = (
    '{"title": "Blue\\u0000 Train", "artist": null, "album": null, "genre": "Jazz", "mood": null}'
)
NO_TAGS = '{"title": null, "artist": null, "album": null, "genre": null, "mood": null}'
BROKEN = '{"code": "audio_broken", "detail": "it ends\\u0000 early"}'


def fill_as_before(url: str, *, files: str = "") -> None:
    """Put a small library into the tables of the release before."""
    database = open_database(url)
    ingest = {"kind": "ingest", "queue": "library", "parent": None, "error": None}
    embed = {"kind": "embed", "queue": "tracks", "parent": "scan"}
    jobs = [
        {**ingest, "id": "scan", "state": "succeeded", "params": '{"path": "/music"}'},
        {**embed, "id": "e1", "state": "succeeded", "params": '{"track_id": "t1"}', "error": None},
        {**embed, "id": "e2", "state": "failed", "params": '{"track_id": "t2"}', "error": BROKEN},
    ]
    tracks = [
        {"id": "t1", "path": "/music/x.mp3", "state": "ready", "tags": TAGS, "duration_s": 30},
        {
            "id": "t2",
            "path": "/music/Four Winds.mp3",
            "state": "quarantined",
            "tags": NO_TAGS,
            "duration_s": None,
        },
    ]
    with database.write() as connection:
        connection.execute(text(JOB), jobs)
        connection.execute(text(TRACK), tracks)
        connection.execute(
            text("INSERT INTO results (job_id, attempt, payload) VALUES ('scan', 1, :payload)"),
            {"payload": '{"found": 2, "new": 2, "unreadable_files": []}'},
        )
        connection.execute(
            text(f"INSERT INTO track_files {files} VALUES ('/music/x.mp3', 't1', 7, 8)"),  # noqa: S608
        )
    database.close()


@pytest.fixture
def migrated(new_url, tmp_path):
    """Stores over a library of the release before."""
    upgrade_to(new_url, "0002")
    fill_as_before(new_url)
    migrate.upgrade(new_url)
    stores = store.open_stores(new_url, tmp_path / "blobs", disk_reserve_bytes=0)
    yield stores
    stores.close()


def test_the_tracks_of_the_release_before_are_found_by_what_is_said_of_them(migrated):
    def find(**where: str) -> list[str]:
        return [one.id for one in migrated.tracks.page(limit=9, where=TrackFilter(**where))]

    assert (find(genre="jazz"), find(text="blue tra")) == (["t1"], ["t1"])
    assert (find(text="winds"), find(artist="")) == (["t2"], [])
    assert migrated.tracks.get("t1").tags.genre == "Jazz"


def test_the_ingests_of_the_release_before_are_read_with_their_progress(migrated):
    [ingest] = migrated.ingests.listed(limit=9)
    assert (ingest.wish, ingest.scan) == (Wish(paths=("/music",)), Scan(found=2, new=2))
    progress = migrated.ingests.progress(ingest.job.id)
    assert (progress.heard_s, progress.failed) == (30.0, {"audio_broken": 1})
    [problem] = migrated.ingests.problems(ingest.job.id, limit=9)
    assert (problem.file, problem.detail) == ("Four Winds.mp3", "it ends\x00 early")


def test_the_files_of_the_release_before_are_known(migrated):
    again = FoundFile(path="/music/x.mp3", size_bytes=7, mtime_ns=8, sha256="t1", tags=Tags())
    known = migrated.tracks.known([again.path], space="new@1", ingest_id="scan", restore=False)
    assert known == {}  # they are embedded in no space yet
    verdicts = migrated.tracks.register([again], space="new@1", parent_id="scan")
    assert verdicts == [Verdict.KNOWN]


def test_the_music_and_the_snapshots_of_the_release_before_stay_as_they_are(new_url, tmp_path):
    upgrade_to(new_url, "0004")
    fill_as_before(new_url, files="(path, track_id, size_bytes, mtime_ns)")
    fill_index_as_before(new_url)
    migrate.upgrade(new_url)
    stores = store.open_stores(new_url, tmp_path / "blobs", disk_reserve_bytes=0)
    [indexed] = stores.tracks.indexed("old@1")
    changes = stores.tracks.changes("old@1", since=2)
    active = stores.snapshots.active("old@1")
    stores.close()
    assert indexed.entry.vector.tolist() == [1.0, 0.0]
    assert [entry.track_id for entry in changes.entries] == ["t1"]
    assert (changes.revision, changes.gone) == (3, frozenset())
    assert (active.version, active.revision, active.is_pinned) == ("v1", 2, False)


def test_the_jobs_of_the_release_before_may_be_listed_and_are_kept(new_url, tmp_path):
    upgrade_to(new_url, "0005")
    photo = {"kind": "photo", "queue": "photos", "parent": None, "error": None, "params": "{}"}
    database = open_database(new_url)
    with database.write() as connection:
        photos = [{**photo, "id": state, "state": state} for state in ("failed", "succeeded")]
        connection.execute(text(JOB), photos)
    database.close()
    migrate.upgrade(new_url)
    stores = store.open_stores(new_url, tmp_path / "blobs", disk_reserve_bytes=0)
    listed = [job.id for job in stores.jobs.listed(JobFilter(), limit=9)]
    of_a_state = [job.id for job in stores.jobs.listed(JobFilter(state="failed"), limit=9)]
    stores.jobs.expired(limit=9, job_keep_s=10 * time.time())
    kept = stores.jobs.get("succeeded")
    stores.jobs.expired(limit=9, job_keep_s=3600)  # they ended long ago
    left = stores.jobs.listed(JobFilter(), limit=9)
    stores.close()
    assert (listed, of_a_state, left) == (["succeeded", "failed"], ["failed"], [])
    assert (kept.custom_id, kept.deadline_at) == (None, None)


def test_the_jobs_of_the_release_before_are_of_the_tenant_of_a_keyless_service(new_url, tmp_path):
    upgrade_to(new_url, "0006")
    photo = {"kind": "photo", "queue": "photos", "parent": None, "error": None, "params": "{}"}
    key = {"key": hashlib.sha256(b"a try").hexdigest(), "fingerprint": "a" * 64, "now": time.time()}
    database = open_database(new_url)
    with database.write() as connection:
        connection.execute(text(JOB), {**photo, "id": "old", "state": "succeeded"})
        connection.execute(text("UPDATE jobs SET custom_id = 'mine'"))
        connection.execute(
            text("INSERT INTO idempotency VALUES (:key, :fingerprint, 'old', :now)"), key
        )
    database.close()
    migrate.upgrade(new_url)
    stores = store.open_stores(new_url, tmp_path / "blobs", disk_reserve_bytes=0)
    job = stores.jobs.get("old", tenant=DEFAULT_TENANT)
    replayed = stores.jobs.replay(Idempotency(key="a try", fingerprint="a" * 64))
    shown = [
        [one.id for one in stores.jobs.listed(JobFilter(tenant=whose, custom_id="mine"), limit=9)]
        for whose in (DEFAULT_TENANT, "acme")
    ]
    stores.close()
    assert (job.tenant, job.user, job.cached_from) == (DEFAULT_TENANT, None, None)
    assert (replayed, shown) == (job, [["old"], []])


def fill_index_as_before(url: str) -> None:
    """Put an embedding and a snapshot into the tables of the release before."""
    vector = np.array([1, 0], "<f4").tobytes()
    windows = np.array([[1, 0]], "<f2").tobytes()
    database = open_database(url)
    with database.write() as connection:
        connection.execute(text("INSERT INTO spaces VALUES ('old@1', 3)"))
        connection.execute(
            text(
                "INSERT INTO embeddings (space, track_id, revision, vector, windows,"
                " window_starts_s) VALUES ('old@1', 't1', 3, :vector, :windows, '[0.0]')"
            ),
            {"vector": vector, "windows": windows},
        )
        connection.execute(
            text(
                "INSERT INTO snapshots (version, space, path, revision, manifest, state,"
                " created_at) VALUES ('v1', 'old@1', 'old@1/v1', 2, '{}', 'active', 1)"
            )
        )
    database.close()


def test_processes_that_upgrade_at_once_all_find_the_tables(new_url):
    starting = [subprocess.Popen([sys.executable, "-c", UPGRADE, new_url]) for _ in range(4)]
    assert [process.wait(timeout=60) for process in starting] == [0, 0, 0, 0]
    assert migrate.is_current(new_url)


def test_a_database_of_another_kind_is_refused():
    with pytest.raises(ConfigurationError):
        migrate.upgrade("mysql://localhost/sightsong")


def test_a_database_that_is_not_there_is_unavailable():
    with pytest.raises(StoreUnavailable):
        migrate.upgrade("postgresql://sightsong@127.0.0.1:1/sightsong")

"""Connections to SQLite, and what their failures mean."""

import sqlite3
import time
from contextlib import closing

import pytest
from sqlalchemy import exc, select

from sightsong.adapters.store import open_stores
from sightsong.adapters.store.clock import db_now
from sightsong.adapters.store.connect import open_database
from sightsong.core.errors import ConfigurationError, StorageFull, StoreUnavailable


@pytest.fixture
def path(tmp_path):
    return tmp_path / "test.db"


@pytest.fixture
def database(path):
    opened = open_database(f"sqlite:///{path}", busy_timeout_s=0.05)
    with opened.write() as connection:
        connection.exec_driver_sql("CREATE TABLE notes (words TEXT UNIQUE)")
    yield opened
    opened.close()


def notes(database):
    with database.read() as connection:
        return list(connection.exec_driver_sql("SELECT words FROM notes ORDER BY words").scalars())


def note(database, words):
    with database.write() as connection:
        connection.exec_driver_sql("INSERT INTO notes VALUES (?)", (words,))


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("secure_delete", 1)],
)
def test_sqlite_is_set_to_lose_nothing(database, pragma, value):
    with database.read() as connection:
        assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value


def test_what_a_block_wrote_is_there_after_it(database):
    note(database, "kept")
    assert notes(database) == ["kept"]


def test_what_a_block_wrote_is_gone_when_it_raised(database):
    def change_of_mind() -> None:
        with database.write() as connection:
            connection.exec_driver_sql("INSERT INTO notes VALUES ('lost')")
            raise KeyError

    with pytest.raises(KeyError):
        change_of_mind()
    assert notes(database) == []


def test_a_write_that_waits_too_long_for_another_process_is_unavailable(database, path):
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable) as caught:
            note(database, "late")
    assert isinstance(caught.value.__cause__, exc.OperationalError)


def test_reads_go_on_while_another_process_writes(database, path):
    note(database, "before")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("INSERT INTO notes VALUES ('uncommitted')")
        assert notes(database) == ["before"]


def test_a_write_that_waits_too_long_for_another_thread_is_unavailable(database):
    with database.write(), pytest.raises(StoreUnavailable):
        note(database, "late")


def test_a_write_keeps_others_out_from_its_beginning(database, path):
    other = open_database(f"sqlite:///{path}", busy_timeout_s=0.05)
    with database.write(), pytest.raises(StoreUnavailable):  # which has not written anything yet
        note(other, "late")
    other.close()


def test_a_write_after_one_that_failed_goes_through(database):
    with pytest.raises(ZeroDivisionError), database.write():
        raise ZeroDivisionError
    note(database, "next")
    assert notes(database) == ["next"]


def test_a_full_disk_is_named_as_such(database):
    with database.write() as connection:  # the pool hands the same connection out again
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 1}")
    with pytest.raises(StorageFull):
        note(database, "x" * 100_000)


def test_a_file_that_is_no_database_is_told_of_in_one_line(tmp_path):
    path = tmp_path / "sightsong.db"
    path.write_bytes(b"not a database" * 100)
    stores = open_stores(f"sqlite:///{path}", tmp_path)
    with pytest.raises(StoreUnavailable, match="damaged"):
        stores.tracks.count()
    stores.close()


def test_tables_that_are_not_there_yet_ask_for_the_migration(database):
    with pytest.raises(StoreUnavailable, match="sightsong migrate"), database.read() as connection:
        connection.exec_driver_sql("SELECT * FROM jobs")


@pytest.mark.parametrize(
    "statement", ["SELECT later FROM there", "INSERT INTO there (later) VALUES (1)"]
)
def test_tables_of_another_version_are_told_of_as_such(database, statement):
    with database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE there (id INTEGER)")

    with pytest.raises(StoreUnavailable, match="another version"), database.write() as connection:
        connection.exec_driver_sql(statement)


def test_another_mistake_in_a_statement_does_not_ask_for_the_migration(database):
    with pytest.raises(StoreUnavailable) as caught, database.read() as connection:
        connection.exec_driver_sql("SELECT FROM WHERE")
    assert "migrate" not in caught.value.detail


def test_a_mistake_of_ours_is_not_called_unavailable(database):
    note(database, "once")
    with pytest.raises(exc.IntegrityError):
        note(database, "once")


def test_the_clock_of_sqlite_is_the_clock_of_the_machine(database):
    before = time.time()
    with database.read() as connection:
        now = connection.execute(select(db_now())).scalar_one()
    assert before - 0.002 <= now <= time.time() + 0.002


@pytest.mark.parametrize(
    "url", ["mysql://localhost/x", "nonsense", "oracle://x", "sqlite://", "sqlite:///:memory:"]
)
def test_a_database_that_cannot_work_is_refused(url, tmp_path):
    with pytest.raises(ConfigurationError):
        open_stores(url, tmp_path)


def test_opening_stores_connects_to_nothing(tmp_path):
    url = "postgresql://sightsong@127.0.0.1:1/sightsong"
    stores = open_stores(url, tmp_path)
    with pytest.raises(StoreUnavailable):
        stores.tracks.count()
    stores.close()


def log_size(path) -> int:
    return path.with_name(f"{path.name}-wal").stat().st_size


def test_what_was_deleted_is_forgotten_by_the_log(database, path):
    note(database, "a secret")
    assert log_size(path) > 0
    database.forget_deleted()
    assert (log_size(path), notes(database)) == (0, ["a secret"])


def test_the_log_stays_while_another_process_writes(database, path):
    note(database, "a secret")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        database.forget_deleted()
        other.execute("COMMIT")
    assert log_size(path) > 0
    database.forget_deleted()
    assert log_size(path) == 0


def test_writes_wait_for_others_as_long_as_ever_after_it(path):
    database = open_database(f"sqlite:///{path}", busy_timeout_s=3)
    database.forget_deleted()
    with database.read() as connection:  # the pool has one connection so far
        waits_ms = connection.exec_driver_sql("PRAGMA busy_timeout").scalar()
    database.close()
    assert waits_ms == 3000

"""Real servers for tests: found on this machine, started on private ports, stopped by their pid.

Import the fixtures in a `conftest.py`. A server that is not installed skips its tests, but fails
them where the environment says `CI` or `SIGHTSONG_REQUIRE_SERVERS`.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import pytest
import redis

from tests.ports import free_port
from tests.waiting import wait_until

_HOST = "127.0.0.1"
_NO_FSYNC = ("-c", "fsync=off", "-c", "full_page_writes=off")  # the tests cut no power


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a private Postgres, up to and with the slash before the database's name."""
    initdb, postgres = _program("initdb"), _program("postgres")
    with _folder() as folder, (folder / "log").open("wb") as log:
        data, user = folder / "data", _user()
        subprocess.run(
            [initdb, "-D", data, "-U", "sightsong", "-A", "trust", "-E", "UTF8", "--no-sync"],
            stdout=log,
            stderr=log,
            user=user,
            check=True,
        )
        port = free_port()
        listen = ("-h", _HOST, "-p", str(port), "-c", "unix_socket_directories=")
        arguments = (postgres, "-D", str(data), *listen, *_NO_FSYNC)
        base = f"postgresql://sightsong@{_HOST}:{port}/"
        with _running(arguments, folder / "log", user, is_up=lambda: _postgres_answers(base)):
            yield base


@pytest.fixture(scope="session")
def new_postgres_database(postgres_server) -> Callable[[str], str]:
    """A function from a name to the URL of a new, empty database of that name."""

    def create(name: str) -> str:
        connection = psycopg2.connect(f"{postgres_server}postgres")
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{name}"')
        connection.close()
        return f"{postgres_server}{name}"

    return create


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """URL of a private Redis that keeps nothing."""
    program, port = _program("redis-server"), free_port()
    listen = ("--bind", _HOST, "--port", str(port))
    forgetful = ("--save", "", "--appendonly", "no")
    url = f"redis://{_HOST}:{port}/0"
    with _folder() as folder:
        arguments = (program, *listen, *forgetful, "--dir", str(folder))
        with _running(arguments, folder / "log", _user(), is_up=lambda: _redis_answers(url)):
            yield url


def _program(name: str) -> str:
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    found = shutil.which(name) or (str(debian[0]) if debian else None)
    if found is not None:
        return found
    word = f"{name} is not installed; on Debian: apt-get install postgresql redis-server"
    if os.environ.get("CI") or os.environ.get("SIGHTSONG_REQUIRE_SERVERS"):
        pytest.fail(word)
    return pytest.skip(word)


def _user() -> str | None:
    """Whom to run a server as: Postgres refuses root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder that the servers' user owns; pytest's own are closed to all but us."""
    folder = Path(tempfile.mkdtemp(prefix="sightsong-server-"))
    if (user := _user()) is not None:
        shutil.chown(folder, user)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(
    arguments: Sequence[str], log: Path, user: str | None, *, is_up: Callable[[], bool]
) -> Iterator[None]:
    with (
        log.open("ab") as output,
        subprocess.Popen(arguments, stdout=output, stderr=output, user=user) as process,
    ):
        try:
            wait_until(lambda: is_up() or process.poll() is not None, within_s=30, every_s=0.05)
            assert process.poll() is None, log.read_text("utf-8", "replace")[-2000:]
            yield
        finally:
            process.send_signal(signal.SIGINT)  # Postgres: at once, but cleanly


def _postgres_answers(base: str) -> bool:
    try:
        psycopg2.connect(f"{base}postgres", connect_timeout=2).close()
    except psycopg2.OperationalError:
        return False
    return True


def _redis_answers(url: str) -> bool:
    client = redis.Redis.from_url(url, socket_timeout=2)
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False
    finally:
        client.close()

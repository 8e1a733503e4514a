"""Real servers for tests, on private ports: each can be killed, frozen, and brought back."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import psycopg2
import pytest
import redis

from tests.ports import free_port
from tests.waiting import wait_until

_HOST = "127.0.0.1"
_NO_FSYNC = ("-c", "fsync=off", "-c", "full_page_writes=off")  # the tests cut no power


class Daemon:
    """A server as a process of ours. It comes back at the same port, with what it kept."""

    def __init__(self, folder: Path, *, port: int | None = None) -> None:
        self.port = port or free_port()
        self.folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End it, at once but cleanly; one that is frozen is thawed first."""
        if self._process is not None and self._process.poll() is None:
            self.thaw()
            self._process.send_signal(signal.SIGINT)  # Postgres: without waiting for its clients
            self._process.wait(20)

    def start(self) -> None:
        """Start it, for the first time or again, and wait until it answers."""
        with (self.folder / "log").open("ab") as output:
            self._process = subprocess.Popen(
                self._command(), stdout=output, stderr=output, user=_user()
            )
        process = self._process
        wait_until(lambda: self._answers() or process.poll() is not None, within_s=30, every_s=0.02)
        assert process.poll() is None, self._last_words()

    def kill(self) -> None:
        """Kill it outright, with all its children."""
        for pid in reversed(self._family()):
            _signal(pid, signal.SIGKILL)
        self._gone()

    def stop_now(self) -> None:
        """Have it drop everything and end: of Postgres the `immediate` shutdown."""
        _signal(self._pid, signal.SIGQUIT)
        self._gone()

    def freeze(self) -> None:
        """Stop it as a debugger would: its sockets stay open, and nothing answers."""
        for pid in self._family():
            _signal(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        for pid in self._family():
            _signal(pid, signal.SIGCONT)

    @property
    def _pid(self) -> int:
        assert self._process is not None, "not started"
        return self._process.pid

    def _gone(self) -> None:
        assert self._process is not None
        self._process.wait(20)

    def _family(self) -> list[int]:
        """The process and its children: those of Postgres are each in a group of their own."""
        children = Path(f"/proc/{self._pid}/task/{self._pid}/children").read_text().split()
        return [self._pid, *map(int, children)]

    def _command(self) -> Sequence[str]:
        raise NotImplementedError

    def _answers(self) -> bool:
        raise NotImplementedError

    def _last_words(self) -> str:
        return (self.folder / "log").read_text("utf-8", "replace")[-2000:]


class Postgres(Daemon):
    """A Postgres of one's own."""

    def __init__(self, folder: Path, *, port: int | None = None) -> None:
        super().__init__(folder, port=port)
        self._data = folder / "data"
        if not self._data.exists():
            self._init()

    @property
    def url(self) -> str:
        """Its URL, up to and with the slash before the database's name."""
        return f"postgresql://sightsong@{_HOST}:{self.port}/"

    def create(self, name: str) -> str:
        """Make a new, empty database; its URL."""
        return create_database(self.url, name)

    def _init(self) -> None:
        with (self.folder / "log").open("ab") as log:
            subprocess.run(
                [
                    *(program("initdb"), "-D", self._data, "-U", "sightsong"),
                    *("-A", "trust", "-E", "UTF8", "--no-sync"),
                ],
                stdout=log,
                stderr=log,
                user=_user(),
                check=True,
            )

    def _command(self) -> Sequence[str]:
        listen = ("-h", _HOST, "-p", str(self.port), "-c", "unix_socket_directories=")
        return (program("postgres"), "-D", str(self._data), *listen, *_NO_FSYNC)

    def _answers(self) -> bool:
        try:
            psycopg2.connect(f"{self.url}postgres", connect_timeout=2).close()
        except psycopg2.OperationalError:
            return False
        return True


def create_database(server: str, name: str) -> str:
    """Make a new, empty database on the Postgres at this URL; the database's URL."""
    connection = psycopg2.connect(f"{server}postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    connection.close()
    return f"{server}{name}"


class Redis(Daemon):
    """A Redis of one's own that keeps nothing on disk."""

    def __init__(
        self, folder: Path, *, port: int | None = None, options: Sequence[str] = ()
    ) -> None:
        super().__init__(folder, port=port)
        self._options = options

    @property
    def url(self) -> str:
        """Its URL, with the number of a database."""
        return f"redis://{_HOST}:{self.port}/0"

    def client(self) -> redis.Redis:
        """A client of it, to be closed."""
        return redis.Redis.from_url(self.url, socket_timeout=2)

    def _command(self) -> Sequence[str]:
        listen = ("--bind", _HOST, "--port", str(self.port))
        forgetful = ("--save", "", "--appendonly", "no")
        return (
            *(program("redis-server"), *listen, *forgetful, "--dir", str(self.folder)),
            *self._options,
        )

    def _answers(self) -> bool:
        client = self.client()
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            return False
        finally:
            client.close()


def program(name: str) -> str:
    """Where a server's program is; a test that needs one that is not installed is skipped.

    It fails instead where the environment says `CI` or `SIGHTSONG_REQUIRE_SERVERS`.
    """
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    found = shutil.which(name) or (str(debian[0]) if debian else None)
    if found is not None:
        return found
    word = f"{name} is not installed; on Debian: apt-get install postgresql redis-server"
    if os.environ.get("CI") or os.environ.get("SIGHTSONG_REQUIRE_SERVERS"):
        pytest.fail(word)
    return pytest.skip(word)


@contextmanager
def server_folder() -> Iterator[Path]:
    """A folder that the servers' user owns; pytest's own are closed to all but us."""
    folder = Path(tempfile.mkdtemp(prefix="sightsong-server-"))
    if (user := _user()) is not None:
        shutil.chown(folder, user)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _user() -> str | None:
    """Whom to run a server as: Postgres refuses root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _signal(pid: int, what: signal.Signals) -> None:
    try:
        os.kill(pid, what)
    except ProcessLookupError:
        return  # a child that has just ended

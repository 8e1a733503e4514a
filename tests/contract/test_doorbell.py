"""The doorbell, on files and on a real Redis: a ring wakes a listener in another process."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from sightsong.adapters import doorbell
from sightsong.core import errors
from sightsong.core.jobs import Queue
from tests.waiting import wait_until

#: A process that listens for one queue, and writes a line for each ring and when told to stop.
LISTENER = """
import sys, pathlib
from sightsong.adapters import doorbell
from sightsong.core.jobs import Queue
url, folder, heard = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
def note(word):
    with heard.open("a") as file:
        file.write(word + "\\n")
app = doorbell.make_app(url, folder)
doorbell.listen(app, [Queue.PHOTOS], on_ring=lambda: note("ring"), on_stopping=lambda: note("stop"))
note("end")
"""


class Listener:
    """A listening process and what it heard."""

    def __init__(self, url: str, folder: Path) -> None:
        self._heard = folder / "heard.txt"
        self._heard.touch()
        command = [sys.executable, "-c", LISTENER, url, str(folder), str(self._heard)]
        self.process = subprocess.Popen(command)

    @property
    def heard(self) -> list[str]:
        return self._heard.read_text("utf-8").split()


@pytest.fixture(params=["files", pytest.param("redis", marks=pytest.mark.servers)])
def broker_url(request: pytest.FixtureRequest) -> str:
    """Where rings are published."""
    if request.param == "files":
        return "folder://localhost"
    return str(request.getfixturevalue("redis_server"))


@pytest.fixture
def listener(broker_url: str, tmp_path: Path) -> Iterator[Listener]:
    started = Listener(broker_url, tmp_path)
    yield started
    started.process.kill()
    started.process.wait(10)


@pytest.fixture
def bell(broker_url: str, tmp_path: Path) -> doorbell.CeleryDoorbell:
    return doorbell.CeleryDoorbell(doorbell.make_app(broker_url, tmp_path))


def test_a_ring_is_heard_in_another_process(bell, listener):
    bell.ring(Queue.PHOTOS)
    wait_until(lambda: "ring" in listener.heard, within_s=30)


def test_a_ring_before_anybody_listens_is_heard_later(bell, broker_url, tmp_path):
    bell.ring(Queue.PHOTOS)
    late = Listener(broker_url, tmp_path)
    try:
        wait_until(lambda: "ring" in late.heard, within_s=30)
    finally:
        late.process.kill()
        late.process.wait(10)


def test_the_ring_of_another_queue_is_not_heard(bell, listener):
    bell.ring(Queue.TRACKS)
    bell.ring(Queue.PHOTOS)
    wait_until(lambda: "ring" in listener.heard, within_s=30)
    bell.ring(Queue.PHOTOS)
    wait_until(lambda: listener.heard.count("ring") == 2, within_s=30)
    assert listener.heard.count("ring") == 2


def test_sigterm_is_told_and_ends_the_listener(bell, listener):
    bell.ring(Queue.PHOTOS)
    wait_until(lambda: "ring" in listener.heard, within_s=30)
    listener.process.terminate()
    assert listener.process.wait(20) == 0
    assert listener.heard[-2:] == ["stop", "end"]


def test_a_broker_that_is_gone_is_an_error_of_ours_within_seconds(tmp_path):
    nobody = doorbell.make_app("redis://127.0.0.1:1/0", tmp_path)
    with pytest.raises(errors.Unavailable):
        doorbell.CeleryDoorbell(nobody).ring(Queue.PHOTOS)


@pytest.mark.servers
def test_sigterm_ends_the_listener_even_while_the_broker_hangs(redis_server, tmp_path):
    bell = doorbell.CeleryDoorbell(doorbell.make_app(redis_server, tmp_path))
    listening = Listener(redis_server, tmp_path)
    with redis.Redis.from_url(redis_server) as client:
        redis_pid = client.info("server")["process_id"]
    try:
        bell.ring(Queue.PHOTOS)
        wait_until(lambda: "ring" in listening.heard, within_s=30)
        os.kill(redis_pid, signal.SIGSTOP)
        listening.process.terminate()
        assert listening.process.wait(25) == 0
    finally:
        os.kill(redis_pid, signal.SIGCONT)
        listening.process.kill()
        listening.process.wait(10)

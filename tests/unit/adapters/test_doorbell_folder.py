"""The transport over a folder, by itself."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from kombu import Connection, Queue

from sightsong.adapters import doorbell
from sightsong.adapters.doorbell import folder
from sightsong.core import errors, jobs


def connection(root: Path) -> Connection:
    options = {"folder": str(root), "polling_interval": 0.01}
    return Connection(transport=folder.Transport, transport_options=options)


def put(root: Path, count: int, queue: str = "photos") -> None:
    with connection(root) as open_connection, open_connection.SimpleQueue(queue) as simple:
        for number in range(count):
            simple.put({"number": number})


def take(root: Path, queue: str = "photos") -> list[int]:
    """Read all that waits."""
    taken = []
    with connection(root) as open_connection, open_connection.SimpleQueue(queue) as simple:
        while simple.qsize():
            message = simple.get(timeout=5)
            message.ack()
            taken.append(message.payload["number"])
    return taken


#: Rings with a limit of no bytes on files that it writes: to it, the disk is full.
RINGS_ON_A_FULL_DISK = """
import pathlib, resource, signal, sys
from sightsong.adapters import doorbell
from sightsong.core.jobs import Queue
app = doorbell.make_app("folder://localhost", pathlib.Path(sys.argv[1]))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
doorbell.CeleryDoorbell(app).ring(Queue.PHOTOS)
"""


def rings_on_a_full_disk(root: Path) -> str:
    """What the ring of a process said that could write no bytes."""
    command = [sys.executable, "-c", RINGS_ON_A_FULL_DISK, str(root)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stderr


def test_messages_come_out_in_their_order(tmp_path):
    put(tmp_path, 3)
    assert take(tmp_path) == [0, 1, 2]


def test_queues_do_not_mix(tmp_path):
    put(tmp_path, 1, queue="photos")
    assert take(tmp_path, queue="tracks") == []


def test_a_queue_without_a_reader_stays_small(tmp_path):
    put(tmp_path, 50)
    assert len(list((tmp_path / "photos").iterdir())) == folder.MOST_WAITING


def test_of_too_many_the_newest_stay(tmp_path):
    put(tmp_path, 50)
    assert take(tmp_path) == list(range(42, 50))


def test_thousands_of_old_messages_are_gone_after_one_ring(tmp_path):
    (tmp_path / "photos").mkdir()
    for number in range(3000):
        (tmp_path / "photos" / f"{number:020d}-x.json").write_text("{}", "utf-8")
    put(tmp_path, 1)
    assert len(list((tmp_path / "photos").iterdir())) == folder.MOST_WAITING


def test_what_killed_writers_and_readers_left_is_swept(tmp_path):
    put(tmp_path, 1)
    for suffix in ("partial", "taken"):
        left = tmp_path / "photos" / f"00000000000000000000-x.{suffix}"
        left.touch()
        os.utime(left, (0, 0))
    put(tmp_path, 1)
    assert {path.suffix for path in (tmp_path / "photos").iterdir()} == {".json"}


def test_a_folder_that_cannot_be_written_is_an_error_of_ours(tmp_path):
    (tmp_path / "file").touch()
    app = doorbell.make_app("folder://localhost", tmp_path / "file" / "doorbell")
    with pytest.raises(errors.Unavailable):
        doorbell.CeleryDoorbell(app).ring(jobs.Queue.PHOTOS)


def test_a_ring_that_a_full_disk_refuses_leaves_nothing_behind(tmp_path):
    (tmp_path / "photos").mkdir()
    assert "Unavailable: the broker does not answer" in rings_on_a_full_disk(tmp_path)
    assert list((tmp_path / "photos").iterdir()) == []


def test_a_message_that_cannot_be_read_does_not_hold_up_the_next(tmp_path):
    (tmp_path / "photos" / "00000000000000000000-x.json").mkdir(parents=True)
    put(tmp_path, 1)
    with connection(tmp_path) as open_connection:
        channel = open_connection.channel()
        Queue("photos", channel=channel).declare()
        assert channel.basic_get("photos", no_ack=True).payload == {"number": 0}


def test_a_message_that_is_being_written_is_not_seen(tmp_path):
    put(tmp_path, 1)
    (tmp_path / "photos" / "00000000000000000000-x.partial").write_text('{"half', "utf-8")
    assert take(tmp_path) == [0]


def test_a_damaged_message_is_dropped_and_the_next_one_read(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "00000000000000000000-x.json").write_text('{"half', "utf-8")
    put(tmp_path, 1)
    with connection(tmp_path) as open_connection:
        channel = open_connection.channel()
        Queue("photos", channel=channel).declare()
        assert channel.basic_get("photos", no_ack=True).payload == {"number": 0}
    assert list((tmp_path / "photos").iterdir()) == []


@pytest.mark.parametrize("readers", [4])
def test_each_message_is_taken_by_one_reader_only(tmp_path, readers):
    taken: list[int] = []
    for round_ in range(10):
        put(tmp_path, folder.MOST_WAITING)
        threads = [
            threading.Thread(target=lambda: taken.extend(_racing(tmp_path))) for _ in range(readers)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(taken) == folder.MOST_WAITING * (round_ + 1)


def _racing(root: Path) -> list[int]:
    """Take with a bare channel until nothing waits."""
    with connection(root) as open_connection:
        channel = open_connection.channel()
        Queue("photos", channel=channel).declare()
        taken = []
        while (message := channel.basic_get("photos", no_ack=True)) is not None:
            taken.append(message.payload["number"])
        return taken

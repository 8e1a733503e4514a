"""The transport over a folder, by itself."""

import threading
from pathlib import Path

import pytest
from kombu import Connection, Queue

from sightsong.adapters.doorbell import folder


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


def test_messages_come_out_in_their_order(tmp_path):
    put(tmp_path, 3)
    assert take(tmp_path) == [0, 1, 2]


def test_queues_do_not_mix(tmp_path):
    put(tmp_path, 1, queue="photos")
    assert take(tmp_path, queue="tracks") == []


def test_a_queue_without_a_reader_stays_small(tmp_path):
    put(tmp_path, 50)
    assert len(list((tmp_path / "photos").iterdir())) == folder.MOST_WAITING


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

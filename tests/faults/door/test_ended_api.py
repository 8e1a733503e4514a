"""Rows 12 and 24: an API that is killed amid uploads, and one that is told to stop."""

import contextlib
import os
import signal
import threading
import time
from pathlib import Path
from socket import socket

import httpx
import pytest

from tests.e2e.service import DEMO_PHOTOS, Service
from tests.faults import checker
from tests.faults.crowd import Crowd
from tests.faults.door import wire
from tests.faults.estate import Estate
from tests.faults.figures import Figures
from tests.waiting import wait_until

pytestmark = [pytest.mark.processes, pytest.mark.faults]

PHOTO = min(DEMO_PHOTOS.glob("*.jpg")).read_bytes()
GRACE_S = 10.0
HOUR_S = 3600


def half_a_submit(port: int, key: str) -> socket:
    """Begin to submit a photo under a key, and stop halfway."""
    connection = wire.connect(port)
    length = f"Content-Length: {len(PHOTO)}"
    told = wire.head("/v1/jobs", "Content-Type: image/jpeg", f"Idempotency-Key: {key}", length)
    connection.sendall(told + PHOTO[: len(PHOTO) // 2])
    return connection


def half_an_album(port: int) -> socket:
    """Begin to upload music, and stop within its second file."""
    connection = wire.connect(port)
    part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="%s.ogg"\r\n\r\n%s'
    content = (
        part % (b"one", b"OggS" + bytes(200_000)) + b"\r\n" + part % (b"two", b"OggS" + bytes(9))
    )
    told = wire.head(
        "/v1/ingests", "Content-Type: multipart/form-data; boundary=b", "Content-Length: 9000000"
    )
    connection.sendall(told + content)
    return connection


def restart(service: Service) -> None:
    """Start an API again, as `up` does, and wait until it answers."""
    service.start("api")

    def answers() -> bool:
        with contextlib.suppress(httpx.TransportError):
            return service.client.get("/healthz").is_success
        return False

    wait_until(answers, within_s=60, every_s=0.05)


@pytest.mark.row(12)
def test_an_api_that_is_killed_amid_uploads_leaves_no_rows_and_the_retry_works(
    estate: Estate, figures: Figures
):
    service = estate.service
    service.up()
    crowd = Crowd(str(service.client.base_url), seed=12)
    halves = [half_a_submit(service.port, f"half-{number}") for number in range(20)]
    with contextlib.ExitStack() as open_ones:
        for half in (*halves, half_an_album(service.port)):
            open_ones.enter_context(half)
        wait_until(lambda: any((service.data_dir / "inbox").glob("*/*")))
        [api] = service.living("api")
        service.kill(api)
    assert service.rows("SELECT count(*) FROM jobs") == [(0,)]
    restart(service)
    sent = [crowd.try_once(f"half-{number}", PHOTO) for number in range(len(halves))]
    crowd.follow_all([one.job_id for one in sent])
    assert {one.status for one in sent} == {202}
    assert service.rows("SELECT count(*) FROM jobs") == [(len(halves),)]
    assert checker.violations(service, crowd.ledger) == []
    left = list((service.data_dir / "inbox").iterdir())
    figures.measured("trays left by the kill", len(left), at_most=1)
    swept_s = swept(service, left)
    crowd.close()
    figures.measured("their sweep, once they are old", swept_s, "s", at_most=60)


def swept(service: Service, left: list[Path]) -> float:
    """Make what was left an hour old, and wait until a new indexer has swept it; seconds."""
    for path in [one for tray in left for one in (tray, *tray.rglob("*"))]:
        os.utime(path, (time.time() - HOUR_S - 60,) * 2)
    began = time.monotonic()
    for indexer in service.living("indexer"):
        service.kill(indexer)
    service.start("indexer")
    wait_until(lambda: not any(tray.exists() for tray in left), within_s=60, every_s=0.1)
    return time.monotonic() - began


@pytest.mark.row(12)
@pytest.mark.long
def test_an_api_that_is_killed_again_and_again_loses_nothing_that_it_accepted(
    estate: Estate, figures: Figures
):
    service = estate.service
    service.up()
    crowd = Crowd(str(service.client.base_url), seed=120)
    with crowd.pulsing(per_s=20, threads=8):
        for pause_s in (0.7, 0.3, 1.1, 0.2, 0.9, 0.5):
            time.sleep(pause_s)
            for api in service.living("api"):
                service.kill(api)
            restart(service)
    crowd.follow_all(sorted(crowd.ledger.job_ids))
    crowd.close()
    assert checker.violations(service, crowd.ledger) == []
    unanswered = sum(one.status is None for one in crowd.ledger.all_sent)
    orphans = orphaned(service)
    figures.measured("accepted", len(crowd.ledger.job_ids), at_least=20)
    figures.measured("requests that the kills cut off", unanswered, at_least=1)
    figures.measured("blobs without a row, for the sweep", len(orphans), at_most=unanswered)


def orphaned(service: Service) -> set[str]:
    """Files among the blobs that no row knows."""
    known = {row[0] for row in service.rows("SELECT id FROM blobs")}
    there = {one.name for one in (service.data_dir / "blobs").rglob("*") if one.is_file()}
    return {name for name in there if name.removesuffix(".part") not in known}


@pytest.mark.row(24)
def test_an_api_that_is_told_to_stop_answers_all_who_wait_and_ends_in_time(
    estate: Estate, figures: Figures
):
    service = estate.service
    service.up()
    for worker in service.living("workers"):
        service.freeze(worker)  # so that the jobs stay as they are
    crowd = Crowd(str(service.client.base_url), seed=24)
    job_ids = crowd.send(20)
    with contextlib.ExitStack() as open_ones:
        half = open_ones.enter_context(half_a_submit(service.port, "half"))
        asked = [f"/v1/jobs/{one}" for one in job_ids]
        polls = [open_ones.enter_context(begun(service, f"{path}?wait=25")) for path in asked]
        streams = [open_ones.enter_context(begun(service, f"{path}/events")) for path in asked]
        told = [wire.read_until(one, b"event: state") for one in streams]  # who asked before waits
        began = time.monotonic()
        code, answer = stopped(service, half)
        statuses = {wire.read_answer(poll).status for poll in polls}
        took_s = time.monotonic() - began
        ends = {(one + wire.read_all(it))[-5:] for one, it in zip(told, streams, strict=True)}
    figures.measured("the end of the API after SIGTERM", took_s, "s", at_most=GRACE_S + 1)
    assert (answer.status, statuses) == (202, {200})
    assert code in {0, -signal.SIGTERM}  # the server dies of the signal once all is done
    assert ends == {b"0\r\n\r\n"}  # the last piece: they ended, and did not break off
    for worker in service.living("workers"):
        service.thaw(worker)
    restart(service)
    sent = crowd.try_once("half", PHOTO)
    assert sent.job_id in answer.body.decode()
    crowd.follow_all(sorted(crowd.ledger.job_ids))
    crowd.close()
    assert checker.violations(service, crowd.ledger) == []
    requeued = service.rows("SELECT count(*) FROM jobs WHERE attempt > 1")[0][0]
    figures.measured("jobs tried twice", requeued, at_most=0)


def begun(service: Service, path: str) -> socket:
    """Ask for something, and leave the answer unread."""
    connection = wire.connect(service.port)
    connection.sendall(wire.head(path, "Connection: close", method="GET"))
    return connection


def stopped(service: Service, half: socket) -> tuple[int, wire.Answer]:
    """Tell the API to stop, and go on with half a submit; how it ended, and what it answered."""
    [api] = service.living("api")
    api.terminate()
    late = threading.Timer(0.3, half.sendall, [PHOTO[len(PHOTO) // 2 :]])
    late.start()
    answer = wire.read_answer(half)
    late.join()
    return api.wait(40), answer

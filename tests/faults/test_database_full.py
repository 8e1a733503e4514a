"""The disk of the database is full: nothing more is accepted, reads go on, and it recovers."""

import os
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.daemons import Postgres, Redis, server_folder
from tests.e2e.service import Service
from tests.faults import checker
from tests.faults.crowd import DEMO_PHOTOS, Crowd
from tests.faults.disks import SmallDisk, small_disk
from tests.faults.figures import Figures

pytestmark = [pytest.mark.processes, pytest.mark.row(16), pytest.mark.faults]

_PHOTO = DEMO_PHOTOS[0].read_bytes()
_SQLITE_BYTES = 16 * 2**20
_POSTGRES_BYTES = 192 * 2**20
#: Until a full Postgres needs a page more, some rows fit into those that it has.
_UNTIL_FULL_S = 60.0


@pytest.fixture
def housed(store: str, tmp_path: Path) -> Iterator[tuple[Service, SmallDisk]]:
    """A service whose database has a small disk of its own."""
    with ExitStack() as stack:
        if store == "embedded":
            disk = stack.enter_context(small_disk(tmp_path / "disk", size_bytes=_SQLITE_BYTES))
            env = {"SIGHTSONG_DATABASE_URL": f"sqlite:///{disk.folder / 'full.db'}"}
        else:
            folder = stack.enter_context(server_folder())
            disk = stack.enter_context(small_disk(folder / "disk", size_bytes=_POSTGRES_BYTES))
            os.chown(disk.folder, folder.stat().st_uid, -1)
            postgres = stack.enter_context(Postgres(disk.folder))
            redis = stack.enter_context(Redis(stack.enter_context(server_folder())))
            env = {
                "SIGHTSONG_DATABASE_URL": postgres.create("full"),
                "SIGHTSONG_BROKER_URL": redis.url,
            }
        service = Service(tmp_path / "data", env=env)
        stack.callback(service.down)
        yield service, disk


def test_a_full_disk_of_the_database_refuses_submits_and_loses_nothing(
    housed: tuple[Service, SmallDisk], figures: Figures
):
    service, disk = housed
    service.up()
    crowd = Crowd(str(service.client.base_url), seed=16)
    crowd.follow_all(crowd.send(5))
    disk.fill()
    until = time.monotonic() + _UNTIL_FULL_S
    while crowd.try_once(str(uuid.uuid4()), _PHOTO).status == httpx.codes.ACCEPTED:
        assert time.monotonic() < until, "it took everything"
    refused = crowd.ledger.all_sent[-1]
    known = min(crowd.ledger.endings)
    read = service.client.get(f"/v1/jobs/{known}")
    disk.make_room()
    back_at = time.monotonic()
    last = crowd.submit(until_s=30)
    back_s = time.monotonic() - back_at
    crowd.follow_all(sorted(crowd.ledger.job_ids))
    crowd.close()
    assert (refused.status, refused.code) == (503, "insufficient_storage")
    assert (read.status_code, read.json()["state"]) == (200, "succeeded")
    assert last is not None
    assert checker.violations(service, crowd.ledger) == []
    figures.measured("accepted before it was full", len(crowd.ledger.job_ids) - 6)
    figures.measured("first taken after there was room", back_s, "s", at_most=5)

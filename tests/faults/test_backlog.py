"""Very many jobs wait: claims stay quick, who comes on top is told when to come back."""

import random
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import insert

from sightsong.adapters.store import SqlStores, migrate, open_stores
from sightsong.adapters.store.schema import jobs
from sightsong.core.jobs import Owner, Queue
from tests.daemons import Postgres, server_folder
from tests.faults import checker
from tests.faults.crowd import DEMO_PHOTOS, Crowd
from tests.faults.estate import Estate
from tests.faults.figures import Figures
from tests.faults.inside import freeze_between_writes

_PHOTO = DEMO_PHOTOS[0].read_bytes()
_OWNER = Owner("a worker")
_LIMIT = 40
_CLAIMS = 60
_AT_ONCE = 8
#: Photos that a worker claims at once.
_TOGETHER = 8


@pytest.fixture
def stores(store: str, tmp_path: Path) -> Iterator[SqlStores]:
    """Stores without a service, on either database."""
    with server_folder() as folder:
        if store == "embedded":
            yield from _opened(f"sqlite:///{tmp_path / 'backlog.db'}", tmp_path)
        else:
            with Postgres(folder) as postgres:
                yield from _opened(postgres.create("backlog"), tmp_path)


def _opened(url: str, folder: Path) -> Iterator[SqlStores]:
    migrate.upgrade(url)
    opened = open_stores(url, folder / "blobs", disk_reserve_bytes=0)
    yield opened
    opened.close()


def _queue(stores: SqlStores, count: int) -> None:
    """Put jobs into the queue, past the door: as many take minutes through it."""
    some = random.Random(22)  # noqa: S311 - a workload that can be repeated
    row = {"kind": "text", "queue": Queue.PHOTOS, "state": "queued", "state_version": 1}
    row |= {"attempt": 0, "max_attempts": 3, "crash_count": 0, "params": {"text": "calm"}}
    now = time.time() - 3600
    new = [
        {**row, "id": f"{n:036}", "priority": some.randint(0, 9)}
        | {"created_at": now + n / 1000, "available_at": now + n / 1000}
        for n in range(count)
    ]
    with stores.database.write() as connection:
        connection.execute(insert(jobs), new)


@pytest.mark.row(22)
@pytest.mark.faults
@pytest.mark.parametrize("count", [10_000, 100_000])
def test_a_claim_is_quick_however_many_wait_and_takes_them_in_order(
    stores: SqlStores, figures: Figures, count: int
):
    _queue(stores, count)
    took_ms: list[float] = []
    claimed: list[tuple[int, float]] = []
    for _ in range(_CLAIMS):
        began = time.perf_counter()
        found = stores.jobs.claim([Queue.PHOTOS], owner=_OWNER, limit=_AT_ONCE, lease_s=60)
        took_ms.append((time.perf_counter() - began) * 1000)
        claimed += [(job.priority, job.created_at) for job in found]
    began = time.perf_counter()
    assert stores.jobs.backlog(Queue.PHOTOS, limit=10_000) == min(count - len(claimed), 10_000)
    counting_ms = (time.perf_counter() - began) * 1000
    assert len(claimed) == _CLAIMS * _AT_ONCE
    assert claimed == sorted(claimed)
    took_ms.sort()
    figures.measured(f"{count:,} wait: a claim of 8, median", took_ms[30], "ms", at_most=10)
    figures.measured(f"{count:,} wait: a claim of 8, longest", took_ms[-1], "ms")
    figures.measured(f"{count:,} wait: to count 10,000 of them", counting_ms, "ms")


@pytest.mark.row(22)
@pytest.mark.faults
def test_a_full_queue_refuses_with_the_time_it_takes_and_drains_in_order(
    estate: Estate, figures: Figures
):
    service = estate.service
    service.env["SIGHTSONG_QUEUE_LIMIT"] = str(_LIMIT)
    service.up()
    crowd = Crowd(str(service.client.base_url), seed=22)
    crowd.follow_all(crowd.send(12))  # so that it is known how fast they end
    worker = service.living("workers")[0]
    freeze_between_writes(service, worker)
    waiting = crowd.send(_LIMIT, threads=1)
    full = service.client.post("/v1/jobs", content=_PHOTO, headers={"Content-Type": "image/jpeg"})
    ended = service.rows("SELECT started_at, finished_at FROM jobs WHERE finished_at IS NOT NULL")
    service.thaw(worker)
    states = crowd.follow_all(waiting)
    crowd.close()
    assert (full.status_code, full.json()["code"]) == (503, "queue_full")
    assert set(states.values()) == {"succeeded"}
    assert checker.violations(service, crowd.ledger) == []
    span_s = max(one[1] for one in ended) - min(one[0] for one in ended)
    told_s = int(full.headers["Retry-After"])
    figures.measured("Retry-After at the limit", told_s, "s", at_least=_LIMIT / 12 * span_s - 1)
    order = [row[0] for row in service.rows("SELECT id FROM jobs ORDER BY started_at, sequence")]
    # Those that are claimed together begin at one moment, in any order.
    late = [abs(order.index(one) - 12 - place) for place, one in enumerate(waiting)]
    figures.measured("places out of order, most", max(late), at_most=_TOGETHER - 1)
    again = service.client.post("/v1/jobs", content=_PHOTO, headers={"Content-Type": "image/jpeg"})
    assert again.status_code == httpx.codes.ACCEPTED

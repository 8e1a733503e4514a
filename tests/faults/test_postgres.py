"""Postgres goes away, hangs, or dies in a COMMIT: submits are refused in time, none is lost."""

import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import make_url

from sightsong.adapters.store import migrate, open_stores
from sightsong.core.errors import StoreUnavailable
from sightsong.core.jobs import Idempotency, JobFilter, JobKind, NewJob
from tests.daemons import Postgres, server_folder
from tests.e2e.service import Service
from tests.faults import checker
from tests.faults.crowd import DEMO_PHOTOS, Crowd
from tests.faults.estate import Estate
from tests.faults.figures import Figures
from tests.faults.ledger import Sent
from tests.faults.proxy import Proxy, proxied
from tests.waiting import wait_until

pytestmark = [pytest.mark.processes, pytest.mark.servers]

PHOTO = DEMO_PHOTOS[0].read_bytes()
#: What a client is told while the database is away.
REFUSED = (503, "store_unavailable")


def share(sent: list[Sent], part: float) -> float:
    """How long that part of some requests took at most, in seconds."""
    return sorted(one.took_s for one in sent)[int(part * (len(sent) - 1))]


def refusals(crowd: Crowd) -> list[Sent]:
    return [one for one in crowd.ledger.all_sent if one.status == httpx.codes.SERVICE_UNAVAILABLE]


def threads_of(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


@contextmanager
def behind_a_proxy(estate: Estate) -> Iterator[Proxy]:
    """Put a proxy between the service, which is not up yet, and its Postgres."""
    assert estate.postgres
    direct = make_url(estate.service.database_url)
    with proxied(estate.postgres.port) as proxy:
        via = direct.set(port=proxy.port).render_as_string(hide_password=False)
        estate.service.env["SIGHTSONG_DATABASE_URL"] = via
        try:
            yield proxy
        finally:
            estate.service.down()  # before its proxy goes


def taken_again(crowd: Crowd, key: str) -> str:
    """Send a submit that was refused again until it is taken; the id of its job."""
    wait_until(lambda: crowd.try_once(key, PHOTO).status == httpx.codes.ACCEPTED, every_s=0.1)
    return crowd.ledger.all_sent[-1].job_id


@pytest.mark.row(9)
@pytest.mark.faults
@pytest.mark.long
def test_a_postgres_that_is_away_for_half_a_minute_costs_refusals_and_no_job(
    on_servers: Estate, figures: Figures
):
    assert on_servers.postgres
    service = on_servers.service
    service.up()
    crowd = Crowd(str(service.client.base_url), seed=9)
    with crowd.pulsing(per_s=6):
        time.sleep(4)
        on_servers.postgres.stop_now()
        gone_at = len(crowd.ledger.all_sent)
        time.sleep(15)
        answer = service.client.post(
            "/v1/jobs", content=PHOTO, headers={"Content-Type": "image/jpeg"}
        )
        time.sleep(15)
        while_away = crowd.ledger.all_sent[gone_at:]
        on_servers.postgres.start()
        back_at = time.monotonic()
        before = len(crowd.ledger.job_ids)
        wait_until(lambda: len(crowd.ledger.job_ids) > before, within_s=20)
        back_s = time.monotonic() - back_at
        time.sleep(4)
    crowd.close()
    assert checker.violations(service, crowd.ledger) == []
    assert {(one.status, one.code) for one in while_away} == {REFUSED}
    assert int(answer.headers["Retry-After"]) >= 1
    figures.measured("submits", len(crowd.ledger.job_ids), at_least=20)
    figures.measured("refused while it was away", len(while_away), at_least=50)
    figures.measured("refused in, 99 of 100", share(while_away, 0.99) * 1000, "ms", at_most=100)
    figures.measured("first taken after it came back", back_s, "s", at_most=5)


@pytest.mark.row(10)
@pytest.mark.faults
@pytest.mark.long
def test_a_postgres_that_hangs_for_half_a_minute_holds_up_nobody_for_long(
    on_servers: Estate, figures: Figures
):
    assert on_servers.postgres
    service = on_servers.service
    service.up()
    crowd = Crowd(str(service.client.base_url), seed=10)
    api = service.living("api")[0].pid
    usual = threads_of(api)
    with crowd.pulsing(per_s=6):
        time.sleep(4)
        on_servers.postgres.freeze()
        threads, alive_s = stormed(service, crowd, senders=60, for_s=30)
        on_servers.postgres.thaw()
        time.sleep(4)
    crowd.follow_all(sorted(crowd.ledger.job_ids))
    crowd.close()
    assert checker.violations(service, crowd.ledger) == []
    assert {(one.status, one.code) for one in refusals(crowd)} == {REFUSED}
    figures.measured("refused while it hung", len(refusals(crowd)), at_least=100)
    figures.measured("refused in, longest", share(refusals(crowd), 1), "s", at_most=5)
    figures.measured("/healthz meanwhile, longest", max(alive_s), "s", at_most=1)
    figures.measured("threads of the API, most", max(threads), at_most=usual + 128 + 40)
    wait_until(lambda: threads_of(api) <= usual + 50, within_s=30)
    figures.measured("threads of the API afterwards", threads_of(api), at_most=usual + 50)


def stormed(
    service: Service, crowd: Crowd, *, senders: int, for_s: float
) -> tuple[list[int], list[float]]:
    """Submit as many at once, again and again; the API's threads, how long its /healthz takes."""
    until = time.monotonic() + for_s
    threads: list[int] = []
    alive_s: list[float] = []
    with ThreadPoolExecutor(senders) as many:
        one_each = [many.submit(keep_trying, crowd, until) for _ in range(senders)]
        while time.monotonic() < until:
            began = time.monotonic()
            assert service.client.get("/healthz").status_code == httpx.codes.OK
            alive_s.append(time.monotonic() - began)
            threads.append(threads_of(service.living("api")[0].pid))
            time.sleep(0.5)
        for one in one_each:
            one.result()
    return threads, alive_s


def keep_trying(crowd: Crowd, until: float) -> None:
    while time.monotonic() < until:
        crowd.try_once(str(uuid.uuid4()), PHOTO)
        time.sleep(0.2)


@pytest.mark.row(11)
@pytest.mark.parametrize("is_heard", [True, False], ids=["heard", "unheard"])
def test_a_submit_whose_commit_is_lost_is_found_or_made_under_its_key(
    is_heard: bool, tmp_path: Path
):
    with server_folder() as folder, Postgres(folder) as postgres, proxied(postgres.port) as proxy:
        url = postgres.create("commits")
        migrate.upgrade(url)
        via = make_url(url).set(port=proxy.port).render_as_string(hide_password=False)
        stores = open_stores(via, tmp_path, disk_reserve_bytes=0)
        new = NewJob(kind=JobKind.TEXT, params={"text": "calm"})
        key = Idempotency(key="once", fingerprint="a" * 64)
        proxy.cut(after=b"INSERT INTO jobs", at=b"COMMIT", is_heard=is_heard)
        with pytest.raises(StoreUnavailable):
            stores.jobs.submit_keyed(new, key)
        again = stores.jobs.submit_keyed(new, key)
        listed = stores.jobs.listed(JobFilter(), limit=9)
        stores.close()
    assert again.is_replay == is_heard
    assert [job.id for job in listed] == [again.job.id]


@pytest.mark.row(11)
@pytest.mark.faults
@pytest.mark.parametrize("is_heard", [True, False], ids=["heard", "unheard"])
def test_a_connection_lost_in_a_commit_leaves_one_job_for_its_key(
    on_servers: Estate, figures: Figures, is_heard: bool
):
    service = on_servers.service
    with behind_a_proxy(on_servers) as proxy:
        service.up()
        crowd = Crowd(str(service.client.base_url), seed=11)
        found = 0
        for number in range(5):
            cut = proxy.cut(after=b"INSERT INTO jobs", at=b"COMMIT", is_heard=is_heard)
            key = str(uuid.UUID(int=number))
            refused = crowd.try_once(key, PHOTO)
            assert (refused.status, refused.code) == REFUSED
            assert cut.made.is_set()
            there = {job_id for (job_id,) in service.rows("SELECT id FROM jobs")}
            found += taken_again(crowd, key) in there
        assert crowd.follow_all(sorted(crowd.ledger.job_ids)).keys() == crowd.ledger.job_ids
        crowd.close()
        assert checker.violations(service, crowd.ledger) == []
        assert len(service.rows("SELECT id FROM jobs")) == len(crowd.ledger.job_ids) == 5
    figures.measured("jobs that a lost COMMIT had stored", found, "of 5", at_least=5 * is_heard)


@pytest.mark.row(11)
@pytest.mark.faults
def test_a_postgres_killed_among_commits_loses_and_doubles_nothing(
    on_servers: Estate, figures: Figures
):
    assert on_servers.postgres
    service = on_servers.service
    service.up()
    crowd = Crowd(str(service.client.base_url), seed=111)
    with crowd.pulsing(per_s=40, threads=8):
        for _ in range(4):
            time.sleep(1.5)
            on_servers.postgres.kill()
            on_servers.postgres.start()
        time.sleep(3)
    crowd.close()
    assert checker.violations(service, crowd.ledger) == []
    figures.measured("submits", len(crowd.ledger.job_ids), at_least=20)
    figures.measured("refused", len(refusals(crowd)), at_least=1)


@pytest.mark.row(10)
@pytest.mark.faults
@pytest.mark.parametrize("ends_by", ["carry", "reset", "forget"])
def test_a_way_to_postgres_that_swallows_all_for_ten_seconds_loses_nothing(
    on_servers: Estate, figures: Figures, ends_by: str
):
    service = on_servers.service
    with behind_a_proxy(on_servers) as proxy:
        service.up()
        crowd = Crowd(str(service.client.base_url), seed=101)
        with crowd.pulsing(per_s=6):
            time.sleep(3)
            proxy.black_hole()
            stormed(service, crowd, senders=8, for_s=10)
            if ends_by == "reset":  # what was swallowed never arrives
                proxy.reset()
            if ends_by == "forget":  # and nobody says so
                proxy.forget()
            proxy.carry()
            back_at, before = time.monotonic(), len(crowd.ledger.job_ids)
            wait_until(lambda: len(crowd.ledger.job_ids) > before, within_s=30)
            back_s = time.monotonic() - back_at
            time.sleep(4)
        crowd.follow_all(sorted(crowd.ledger.job_ids))
        crowd.close()
        assert checker.violations(service, crowd.ledger) == []
    figures.measured(f"{ends_by}: refused in, longest", share(refusals(crowd), 1), "s", at_most=5)
    figures.measured(f"{ends_by}: first taken afterwards", back_s, "s", at_most=15)

"""Redis is a doorbell: whatever becomes of it, no job is lost and few are late."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import pytest

from sightsong.core import keys
from sightsong.core.tenancy import Scope
from tests.daemons import Redis
from tests.e2e.service import Service
from tests.faults import checker
from tests.faults.bells import (
    FULL,
    RUNG_ONLY,
    broker_status,
    listeners,
    newest_connection,
    stores_of,
)
from tests.faults.crowd import DEMO_PHOTOS, Crowd
from tests.faults.estate import Estate
from tests.faults.figures import Figures
from tests.faults.ledger import Sent
from tests.faults.proxy import Proxy, proxied
from tests.ports import free_port
from tests.waiting import wait_until

pytestmark = [pytest.mark.processes, pytest.mark.servers, pytest.mark.faults]

#: The bar of all that delays: a worker's own look, each second, and its run.
LATER_S = 1.5
#: Processes that listen: a worker and an indexer.
EARS = 2


@dataclass(frozen=True, kw_only=True)
class Run:
    """A crowd that submits for a while, and what it saw."""

    service: Service
    crowd: Crowd

    def calm(self, seconds: float = 3) -> None:
        """Let time pass in which nothing is wrong."""
        time.sleep(seconds)

    def usual_s(self) -> float:
        """From submit to end, by the median so far."""
        done_s = self.crowd.ledger.done_s
        return done_s[len(done_s) // 2]

    @property
    def sent(self) -> list[Sent]:
        """All requests so far."""
        return self.crowd.ledger.all_sent


@contextmanager
def crowded(service: Service, *, seed: int, headers: dict[str, str] | None = None) -> Iterator[Run]:
    """A crowd that submits three photos a second beside the body, and nothing lost after it."""
    crowd = Crowd(str(service.client.base_url), seed=seed, headers=headers)
    try:
        with crowd.pulsing(per_s=3):
            yield Run(service=service, crowd=crowd)
        assert checker.violations(service, crowd.ledger) == []
        assert set(crowd.ledger.answers()) == {"202"}
    finally:
        crowd.close()


def redis_of(estate: Estate) -> Redis:
    assert estate.redis is not None
    return estate.redis


def seconds_until(service: Service, status: str, *, within_s: float = 40) -> float:
    """How long until `/readyz` says so of the broker."""
    began = time.monotonic()
    wait_until(lambda: broker_status(service) == status, within_s=within_s, every_s=0.05)
    return time.monotonic() - began


def seconds_until_heard(redis: Redis, *, since: int = 0) -> float:
    """How long until worker and indexer listen at Redis, by connections after that one."""
    began = time.monotonic()
    wait_until(lambda: listeners(redis, since=since) >= EARS, within_s=60, every_s=0.05)
    return time.monotonic() - began


def later_s(run: Run, usual_s: float) -> float:
    return run.crowd.ledger.done_s[-1] - usual_s


@pytest.mark.row(4)
def test_a_redis_that_dies_for_two_seconds_delays_and_loses_nothing(
    on_servers: Estate, figures: Figures
):
    service, redis = on_servers.service, redis_of(on_servers)
    service.up()
    with crowded(service, seed=4) as run:
        run.calm()
        usual_s = run.usual_s()
        redis.kill()
        time.sleep(2)
        redis.start()
        figures.measured("listened to again after", seconds_until_heard(redis), "s", at_most=10)
    figures.measured("submits", len(run.sent), at_least=10)
    figures.measured("worst added latency", later_s(run, usual_s), "s", at_most=LATER_S)


@pytest.mark.row(5)
def test_without_redis_for_good_the_service_goes_on_and_says_that_it_is_degraded(
    on_servers: Estate, figures: Figures
):
    service, redis = on_servers.service, redis_of(on_servers)
    service.up()
    wait_until(lambda: broker_status(service) == "ok")
    redis.kill()
    told_s = seconds_until(service, "degraded")  # nobody submits: it finds out by itself
    assert service.client.get("/readyz").status_code == httpx.codes.OK
    with crowded(service, seed=5) as run:
        run.calm(10)
    done_s = run.crowd.ledger.done_s
    figures.measured("degraded after", told_s, "s", at_most=8)
    figures.measured("submits without Redis", len(run.sent), at_least=15)
    figures.measured("from submit to end, at worst", done_s[-1], "s", at_most=1 + LATER_S)
    figures.measured("reports of it, API", len(told_of(service, "doorbell.silent")), at_most=6)


def told_of(service: Service, event: str) -> list[dict[str, object]]:
    return list(service.events(event))


@pytest.mark.row(6)
def test_a_redis_that_is_emptied_again_and_again_rings_on(on_servers: Estate, figures: Figures):
    service, redis = on_servers.service, redis_of(on_servers)
    service.env.update(RUNG_ONLY)
    service.up()
    client = redis.client()
    with crowded(service, seed=6) as run:
        run.calm()
        usual_s = run.usual_s()
        for _ in range(60):
            client.flushall()
            time.sleep(0.1)
    client.close()
    # A ring that was flushed is rung again within 3 s: the worker does not look by itself here.
    figures.measured("worst added latency", later_s(run, usual_s), "s", at_most=3 + LATER_S)
    figures.measured("submits", len(run.sent), at_least=15)


@pytest.mark.row(7)
@pytest.mark.parametrize("with_keys", [False, True], ids=["open", "keys"])
def test_a_redis_that_hangs_for_four_seconds_holds_up_no_submit(
    on_servers: Estate, figures: Figures, *, with_keys: bool
):
    service, redis = on_servers.service, redis_of(on_servers)
    service.up()
    headers = bearer(service) if with_keys else {}
    if with_keys:  # they are counted in Redis
        service.env["SIGHTSONG_AUTH"] = "keys"
        service.kill(service.process_of("api"))
        service.start("api")
        wait_until(lambda: is_there(service), within_s=30, every_s=0.1)
    with crowded(service, seed=7, headers=headers) as run:
        run.calm()
        usual_s, before = run.usual_s(), len(run.sent)
        redis.freeze()
        time.sleep(4)
        frozen = sorted(one.took_s for one in run.sent[before:])
        redis.thaw()
        run.calm()
    of = "of a key, " if with_keys else ""
    calm = sorted(one.took_s for one in run.sent[:before])
    figures.measured(f"{of}worst submit before", 1000 * calm[-1], "ms")
    figures.measured(f"{of}worst submit meanwhile", 1000 * frozen[-1], "ms", at_most=500)
    figures.measured(
        f"{of}median submit meanwhile", 1000 * frozen[len(frozen) // 2], "ms", at_most=200
    )
    figures.measured(f"{of}worst added latency", later_s(run, usual_s), "s", at_most=LATER_S)


def bearer(service: Service) -> dict[str, str]:
    """Make a key; the headers of who has it."""
    issued = keys.issue()
    new = keys.NewKey(
        id=issued.id,
        digest=issued.digest,
        last4=issued.last4,
        name="a crowd",
        scopes=frozenset([Scope.JOBS]),
    )
    with stores_of(service) as stores:
        stores.keys.create(new)
    return {"Authorization": f"Bearer {issued.text}"}


def is_there(service: Service) -> bool:
    try:
        return service.client.get("/healthz").is_success
    except httpx.TransportError:
        return False


@pytest.mark.row(7)
def test_a_service_ends_in_order_while_redis_hangs(on_servers: Estate, figures: Figures):
    service, redis = on_servers.service, redis_of(on_servers)
    service.up()
    wait_until(lambda: listeners(redis) >= EARS, within_s=30)
    redis.freeze()
    service.submit(DEMO_PHOTOS[0].read_bytes())  # a ring that hangs
    living = [service.process_of(door) for door in ("api", "workers", "indexer")]
    began = time.monotonic()
    for process in living:
        process.send_signal(signal.SIGTERM)
    statuses = [process.wait(30) for process in living]
    figures.measured("ended after", time.monotonic() - began, "s", at_most=15)
    assert statuses in ([-signal.SIGTERM, 0, 0], [0, 0, 0])


@pytest.mark.row(8)
def test_a_redis_that_is_full_is_as_one_that_is_gone_and_raises_the_alarm(
    on_servers: Estate, figures: Figures
):
    service, redis = on_servers.service, redis_of(on_servers)
    metrics = free_port()
    service.env["SIGHTSONG_METRICS_PORT"] = str(metrics)
    service.up()
    client = redis.client()
    with crowded(service, seed=8) as run:
        run.calm()
        usual_s = run.usual_s()
        wait_until(lambda: broker_metric(metrics) == 1)
        client.config_set("maxmemory", FULL)
        figures.measured("degraded after", seconds_until(service, "degraded"), "s", at_most=8)
        wait_until(lambda: broker_metric(metrics) == 0)
        run.calm(8)
        client.config_set("maxmemory", 0)
        figures.measured("ok again after", seconds_until(service, "ok"), "s", at_most=8)
        figures.measured("listened to again after", seconds_until_heard(redis), "s", at_most=35)
    client.close()
    figures.measured("worst added latency", later_s(run, usual_s), "s", at_most=LATER_S)
    figures.measured("new listeners meanwhile", len(told_of(service, "doorbell.ended")), at_most=12)


def broker_metric(port: int) -> float:
    text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    line = next(one for one in text.splitlines() if one.startswith("sightsong_broker_up "))
    return float(line.split()[1])


@pytest.mark.row(8)
def test_rings_that_nobody_hears_do_not_fill_redis(on_servers: Estate, figures: Figures):
    service, redis = on_servers.service, redis_of(on_servers)
    service.up()
    for door in ("workers", "indexer"):
        service.kill(service.process_of(door))
    crowd = Crowd(str(service.client.base_url), seed=88)
    job_ids = crowd.send(200)
    client = redis.client()
    figures.measured("rings that wait after 200 submits", client.llen("photos"), at_most=8)
    client.close()
    service.start("workers")
    crowd.follow_all(job_ids)
    crowd.close()
    assert checker.violations(service, crowd.ledger) == []


@pytest.fixture
def far(on_servers: Estate) -> Iterator[Proxy]:
    """A proxy between the service, which is up, and its Redis."""
    with proxied(redis_of(on_servers).port) as proxy:
        service = on_servers.service
        service.env["SIGHTSONG_BROKER_URL"] = f"redis://127.0.0.1:{proxy.port}/0"
        service.up()
        wait_until(lambda: listeners(redis_of(on_servers)) >= EARS, within_s=30)
        try:
            yield proxy
        finally:
            proxy.carry()
            service.down()


def test_connections_to_redis_that_are_half_open_are_found_and_replaced(
    on_servers: Estate, far: Proxy, figures: Figures
):
    service, redis = on_servers.service, redis_of(on_servers)
    with crowded(service, seed=1) as run:
        run.calm()
        usual_s, before = run.usual_s(), len(run.sent)
        newest = newest_connection(redis)
        far.forget()
        found_s = seconds_until_heard(redis, since=newest)
        run.calm(1)
    took = sorted(one.took_s for one in run.sent[before:])
    figures.measured("half-open: listened to again after", found_s, "s", at_most=30)
    figures.measured("half-open: worst submit", 1000 * took[-1], "ms", at_most=500)
    figures.measured("half-open: worst added latency", later_s(run, usual_s), "s", at_most=LATER_S)


@pytest.mark.parametrize("latency_s", [0.2, 3.0])
def test_a_slow_redis_makes_no_submit_slow(
    on_servers: Estate, far: Proxy, figures: Figures, latency_s: float
):
    service = on_servers.service
    with crowded(service, seed=2) as run:
        run.calm()
        usual_s, before = run.usual_s(), len(run.sent)
        far.slow(latency_s)
        run.calm(6)
        took = sorted(one.took_s for one in run.sent[before:])
        far.slow(0)
    of = f"each piece {latency_s:g} s late"
    figures.measured(f"{of}: worst submit", 1000 * took[-1], "ms", at_most=500)
    figures.measured(f"{of}: worst added latency", later_s(run, usual_s), "s", at_most=LATER_S)


def test_a_redis_that_comes_after_the_service_is_found(on_servers: Estate, figures: Figures):
    service, redis = on_servers.service, redis_of(on_servers)
    redis.kill()
    service.up()
    assert seconds_until(service, "degraded") < 8
    assert service.finish(service.submit(DEMO_PHOTOS[0].read_bytes()))["state"] == "succeeded"
    redis.start()
    figures.measured("late Redis: ok after", seconds_until(service, "ok"), "s", at_most=8)
    figures.measured("late Redis: listened to after", seconds_until_heard(redis), "s", at_most=20)


def test_a_wrong_password_of_redis_degrades_and_is_told_to_nobody(
    on_servers: Estate, figures: Figures
):
    service, redis = on_servers.service, redis_of(on_servers)
    client = redis.client()
    client.config_set("requirepass", "the-right-one")
    service.env["SIGHTSONG_BROKER_URL"] = f"redis://:the-wrong-one@127.0.0.1:{redis.port}/0"
    service.up()
    assert seconds_until(service, "degraded") < 8
    job = service.finish(service.submit(DEMO_PHOTOS[0].read_bytes()))
    client.config_set("requirepass", "the-wrong-one")  # the operator mends it, on either side
    figures.measured("password mended: ok after", seconds_until(service, "ok"), "s", at_most=8)
    client.config_set("requirepass", "")
    client.close()
    assert job["state"] == "succeeded"
    logs = "".join(log.read_text("utf-8") for log in (service.data_dir / "logs").glob("*.log"))
    assert "the-wrong-one" not in logs

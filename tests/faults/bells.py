"""How the doorbell of a service stands, and what the tests do to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sightsong.adapters import doorbell, store
from sightsong.adapters.store import SqlStores
from sightsong.core import intake
from sightsong.core.jobs import Job, JobId
from tests.daemons import Redis
from tests.e2e.service import Service

#: Only the doorbell wakes a worker then: it does not look by itself while a test runs.
RUNG_ONLY = {"SIGHTSONG_POLL_S": "60"}
#: Bytes: less than a new Redis needs for itself, so that it refuses to keep anything.
FULL = 1_000_000


def broker_status(service: Service) -> str:
    """What `/readyz` says of the broker."""
    return str(service.client.get("/readyz").json()["checks"]["broker"]["status"])


def listeners(redis: Redis, *, since: int = 0) -> int:
    """How many connections wait in Redis for a ring: one for each worker and indexer.

    Args:
        redis: to be asked.
        since: number of a connection; only those count that came after it.
    """
    client = redis.client()
    try:
        waiting = [one for one in client.client_list() if one["cmd"] == "brpop"]
    finally:
        client.close()
    return sum(int(one["id"]) > since for one in waiting)


def newest_connection(redis: Redis) -> int:
    """The number of the last connection that Redis took."""
    client = redis.client()
    try:
        return int(client.client_id())
    finally:
        client.close()


def bell_of(service: Service) -> doorbell.CeleryDoorbell:
    """The doorbell that the service's own processes ring."""
    url = service.env.get("SIGHTSONG_BROKER_URL", "folder://localhost")
    return doorbell.CeleryDoorbell(doorbell.make_app(url, service.data_dir / "doorbell"))


@contextmanager
def stores_of(service: Service) -> Iterator[SqlStores]:
    """The service's database and blobs, past the service."""
    opened = store.open_stores(
        service.database_url, service.data_dir / "blobs", disk_reserve_bytes=0
    )
    try:
        yield opened
    finally:
        opened.close()


class Mute:
    """The doorbell of an API that is killed before it can ring."""

    def ring(self, queue: object) -> None:
        """Ring for nobody."""


def leave(service: Service, photo: Path) -> JobId:
    """Store a photo and its job as the API does, up to the commit; nobody rings."""
    with stores_of(service) as stores:
        submitted = intake.submit_photo(
            stores,
            Mute(),
            intake.Ask(params={"top_k": 5}),
            content=photo.read_bytes(),
            media_type="image/jpeg",
            queue_limit=1000,
        )
        return submitted.job.id


def job_of(service: Service, job_id: JobId) -> Job:
    """The row of a job."""
    with stores_of(service) as stores:
        return stores.jobs.get(job_id)

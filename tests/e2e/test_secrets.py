"""Secrets are nowhere but where they belong: a full run of real processes, then a search."""

import json
import socket
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from sightsong.adapters import store as stores_of
from sightsong.adapters.store import migrate
from sightsong.adapters.store.connect import open_database
from tests.daemons import Daemon, Postgres, Redis, server_folder
from tests.e2e.service import DEMO_PHOTOS, DEMO_TRACKS, Service
from tests.proof import stage
from tests.unit.adapters.receivers import answers, receiver
from tests.waiting import wait_until

pytestmark = pytest.mark.processes

#: What the service is given to keep to itself.
DATABASE, BROKER, OBJECTS = "pg-hunter2-secret", "redis-hunter2-secret", "s3-hunter2-secret"
#: What a caller sends by mistake, and nobody may write down.
WRONG_KEY, IN_URL = "sk_wrong-hunter2-secret", "url-hunter2-secret"
#: What of the work no message may carry: the row says it all.
NAME = "name-of-this-photo"
#: Columns that hold secrets because they must: deliveries are signed with them.
BELONGS = {"webhooks": {"secrets"}}


class LockedRedis(Redis):
    """A Redis that wants a password."""

    @property
    def url(self) -> str:
        return super().url.replace("redis://", f"redis://:{BROKER}@")

    @contextmanager
    def overheard(self) -> Iterator[list[bytes]]:
        """Note each command that it gets until the end of the block, when they are there."""
        heard: list[bytes] = []
        with socket.create_connection(("127.0.0.1", self.port), 5) as line:
            line.sendall(f"AUTH {BROKER}\r\nMONITOR\r\n".encode())
            yield heard
            line.settimeout(0.5)
            try:
                while piece := line.recv(1 << 20):
                    heard.append(piece)
            except TimeoutError:
                return


class Ground:
    """A service with keys and passwords, and the servers under it."""

    def __init__(self, service: Service, daemons: list[Daemon], redis: LockedRedis | None) -> None:
        self.service = service
        self.daemons = daemons
        self.redis = redis

    def overheard(self, stack: ExitStack) -> list[bytes]:
        return stack.enter_context(self.redis.overheard()) if self.redis else []


@pytest.fixture(
    params=[
        "embedded",
        pytest.param("servers", marks=[pytest.mark.servers, pytest.mark.faults]),
    ]
)
def ground(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ground]:
    env = {
        "SIGHTSONG_AUTH": "keys",
        "SIGHTSONG_FETCH_URLS": "true",
        "AWS_SECRET_ACCESS_KEY": OBJECTS,
    }
    with ExitStack() as stack:
        daemons: list[Daemon] = []
        redis = None
        if request.param == "servers":
            postgres = stack.enter_context(Postgres(stack.enter_context(server_folder())))
            locked = ("--requirepass", BROKER)
            folder = stack.enter_context(server_folder())
            redis = stack.enter_context(LockedRedis(folder, options=locked))
            url = postgres.create(f"secrets{uuid.uuid4().hex[:8]}")
            env["SIGHTSONG_DATABASE_URL"] = url.replace("@", f":{DATABASE}@")
            env["SIGHTSONG_BROKER_URL"] = redis.url
            daemons = [postgres, redis]
        service = Service(tmp_path / "data", env=env)
        stack.callback(service.down)
        yield Ground(service, daemons, redis)


def make_key(service: Service) -> str:
    """A key for everything; from now on the service's client comes with it."""
    migrate.upgrade(service.database_url)
    kept = stores_of.open_stores(
        service.database_url, service.data_dir / "blobs", disk_reserve_bytes=0
    )
    key = stage.make_key(kept)
    kept.close()
    service.client.headers["Authorization"] = f"Bearer {key}"
    return key


def live(ground: Ground, music: Path, hook: str) -> str:
    """A day of the service: work, mistakes, and servers that go away; the secret of a webhook."""
    service, photo = ground.service, min(DEMO_PHOTOS.glob("*.jpg")).read_bytes()
    service.ingest(music)
    secret = service.client.post("/v1/webhooks", json={"url": hook}).json()["secret"]
    submitted = service.client.post(
        "/v1/jobs",
        content=photo,
        params={"custom_id": NAME},
        headers={"Content-Type": "image/jpeg"},
    )
    assert service.finish(submitted.json()["id"])["state"] == "succeeded"
    make_mistakes(service, photo)
    for daemon in ground.daemons:
        daemon.kill()
        service.client.post("/v1/jobs", content=photo, headers={"Content-Type": "image/jpeg"})
        daemon.start()
    wait_until(lambda: service.client.get("/readyz").json()["status"] != "unready", within_s=30)
    service.kill(service.process_of("workers"))
    service.start("workers")
    assert service.finish(service.submit(photo))["state"] == "succeeded"
    return str(secret)


def make_mistakes(service: Service, photo: bytes) -> None:
    """Send secrets where they do not belong."""
    client = service.client
    for header in (f"Bearer {WRONG_KEY}", f"Basic {WRONG_KEY}", WRONG_KEY):
        refused = client.get("/v1/me", headers={"Authorization": header})
        assert refused.status_code == 401
        assert WRONG_KEY not in refused.text
    url = f"https://ann:{IN_URL}@127.0.0.1/photo.jpg"
    assert client.post("/v1/jobs", json={"image_url": url}).status_code >= 400
    assert client.post("/v1/webhooks", json={"url": url}).status_code >= 400
    manifest = f"url,title\n{url},Blue\n"
    sent = client.post("/v1/ingests", files={"file": ("m.csv", manifest)})
    assert sent.status_code in (202, 422)


def logged(service: Service) -> str:
    logs = sorted((service.data_dir / "logs").glob("*.log"))
    return "\n".join(log.read_text("utf-8", "replace") for log in logs)


def stored(service: Service) -> str:
    """All that the database holds, but for what belongs there."""
    database = open_database(service.database_url)
    try:
        with database.read() as connection:
            found = []
            for table in inspect(connection).get_table_names():
                for row in connection.execute(text(f'SELECT * FROM "{table}"')).mappings():  # noqa: S608
                    left_out = BELONGS.get(table, set())
                    found += [repr(v) for name, v in row.items() if name not in left_out]
            return "\n".join(found)
    finally:
        database.close()


def kept_by(redis: Redis) -> str:
    """All that a Redis holds."""
    with redis.client() as client:
        return "\n".join(repr((key, client.dump(key))) for key in client.scan_iter())


def decoders(service: Service) -> list[Path]:
    """The processes in which a worker decodes, as folders of `/proc`."""
    pid = service.living("workers")[0].pid
    told = [one.read_text() for one in Path(f"/proc/{pid}/task").glob("*/children")]
    children = [Path("/proc", child) for one in told for child in one.split()]
    return [child for child in children if b"spawn_main" in (child / "cmdline").read_bytes()]


def command_lines(service: Service) -> str:
    living = [one for door in ("api", "workers", "indexer") for one in service.living(door)]
    return "\n".join(Path(f"/proc/{one.pid}/cmdline").read_text() for one in living)


def test_no_secret_is_in_logs_rows_messages_or_the_processes_that_decode(ground, tmp_path):
    music = tmp_path / "music"
    music.mkdir()
    track = min(DEMO_TRACKS.glob("*.ogg"))
    (music / track.name).write_bytes(track.read_bytes())
    service = ground.service
    with ExitStack() as stack:
        to = stack.enter_context(receiver(answers(500)))
        service.env["SIGHTSONG_WEBHOOK_PRIVATE"] = json.dumps([f"127.0.0.1:{to.port}"])
        key = make_key(service)
        service.up()
        with ExitStack() as listening:
            heard = ground.overheard(listening)
            secret = live(ground, music, to.url)
        environments = [(one / "environ").read_bytes() for one in decoders(service)]
        lines = command_lines(service)
    seen = {"logs": logged(service), "rows": stored(service), "command lines": lines}
    if ground.redis is not None:
        seen["redis"] = kept_by(ground.redis) + b"".join(heard).decode("utf-8", "replace")
    secrets = (DATABASE, BROKER, OBJECTS, WRONG_KEY, IN_URL, key, secret)
    found = [(where, one) for where, told in seen.items() for one in secrets if one in told]
    assert found == []
    assert environments
    assert not any(one.encode() in told for told in environments for one in secrets)
    assert NAME in seen["rows"]  # the search does look at what is there
    assert "job" in seen["logs"]
    assert NAME not in seen.get("redis", "")

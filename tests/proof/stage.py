"""A service in this process for proofs: real rows in SQLite, and workers that answer in turns.

Nothing runs beside the requests: after each of them the workers make one step, so that the same
requests always meet the same states. Jobs end well, end badly, are tried again, or stay as they
are; ingests and rebuilds end as well.
"""

import contextlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path

import numpy as np
import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.types import ASGIApp, Receive, Scope, Send

from api import examples, idempotency
from api.app import create_app
from api.dependencies import DoorSettings, Music
from api.following import Following, FollowPace
from api.waiting import Pace, Waiting
from sightsong.adapters import memory, store
from sightsong.adapters.store import migrate
from sightsong.core import jobs, keys, ports
from sightsong.core.ingests import Wish
from sightsong.core.jobs import JobFilter
from sightsong.core.snapshots import Snapshot
from sightsong.core.tenancy import DEFAULT_TENANT
from sightsong.core.tenancy import Scope as KeyScope
from sightsong.core.tracks import FoundFile, Tags
from tests.unit.api import feelings
from tests.unit.api.asking import image_bytes
from tests.unit.api.stand_ins import Cover, FakeInbox, FakeObjects, FakeSound

WORKER = jobs.Owner("worker-1")
LEASE_S = 3600.0
_TRACKS = tuple(f"Moth Lamp {number}" for number in range(30))
_KEY_HEADER = b"idempotency-key"
VERSION = "20261120T234207123456-1f3a9c2e"
_BROKEN = jobs.JobError(code="image_broken", detail="The image is truncated or damaged.")
_FAILED = jobs.JobError(code="task_failed", detail="It did not work; it is tried again.")
#: Steps of the workers that a waiting request sees at most.
_PATIENCE = 50
#: Ingests that are left waiting, so that there are some to be stopped.
_OPEN = 12
_ANSWERED = (jobs.JobKind.PHOTO, jobs.JobKind.TEXT)
#: In whose turn which work is done.
_QUEUES = (
    jobs.Queue.PHOTOS, jobs.Queue.INDEX, jobs.Queue.PHOTOS, jobs.Queue.TRACKS,
    jobs.Queue.PHOTOS, jobs.Queue.PHOTOS, jobs.Queue.PHOTOS, jobs.Queue.LIBRARY,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The app, what it stores in, and who works for it."""

    app: FastAPI
    stores: ports.Stores
    crew: "Crew"

    def names(self) -> dict[str, list[str]]:
        """Name what there is at the moment, by the parameter of a path that would name it."""
        stores, mine = self.stores, JobFilter(kinds=_ANSWERED, state=jobs.JobState.SUCCEEDED)
        done = stores.jobs.listed(mine, limit=5)
        busy = stores.jobs.listed(replace(mine, state=jobs.JobState.QUEUED), limit=1)
        return {
            "track_id": [track.id for track in stores.tracks.page(limit=5)],
            "job_id": [job.id for job in (*done, *busy)],
            "batch_id": [one.id for one in stores.batches.listed(DEFAULT_TENANT, limit=5)],
            "ingest_id": [one.job.id for one in stores.ingests.listed(limit=5)],
            "key_id": [key.id for key in stores.keys.listed(None)[-5:]],
            "webhook_id": [one.id for one in stores.webhooks.listed(DEFAULT_TENANT)[-5:]],
            "version": [VERSION],
        }

    @property
    def paced(self) -> ASGIApp:
        """The app, after whose every request the workers make a step."""
        return Paced(self.app, self.crew.rest)


class Crew:
    """Workers that make one step when they are told to."""

    def __init__(self, stores: ports.Stores) -> None:
        self._stores = stores
        self._asked = 0
        self._queues = cycle(_QUEUES)
        self._turns = cycle(("wait", "succeed", "succeed", "fail", "retry", "succeed"))

    def asked(self) -> bool:
        """Make a step for somebody who waits; whether they have waited for long enough."""
        self._asked += 1
        self.step()
        return self._asked > _PATIENCE

    def rest(self) -> None:
        """Note that a request has ended, and make a step."""
        self._asked = 0
        self.step()

    def step(self) -> None:
        """Do something about the next queue, or nothing."""
        queue, turn = next(self._queues), next(self._turns)
        if turn == "wait" or (queue is jobs.Queue.LIBRARY and not self._has_much_music()):
            return
        limit = 1 if queue is jobs.Queue.LIBRARY else 4
        for job in self._stores.jobs.claim([queue], owner=WORKER, limit=limit, lease_s=LEASE_S):
            self._end(job, turn)

    def _has_much_music(self) -> bool:
        """Whether more ingests wait than are left waiting."""
        return self._stores.jobs.backlog(jobs.Queue.LIBRARY, limit=_OPEN) == _OPEN

    def _end(self, job: jobs.Job, turn: str) -> None:
        outcome: jobs.Outcome = jobs.Succeeded(result=result_of(job))
        effects: tuple[jobs.Effect, ...] = ()
        if turn == "fail":
            outcome = jobs.Failed(error=_BROKEN)
        elif turn == "retry" and job.attempt < job.max_attempts:
            outcome = jobs.Retry(error=_FAILED, delay_s=0)
        elif job.kind is jobs.JobKind.EMBED:
            effects = (heard(job),)
        elif job.kind in (jobs.JobKind.PHOTO, jobs.JobKind.TEXT):
            effects = (kept_query(job),)
        done = jobs.Completion(job=job, outcome=outcome, effects=effects)
        self._stores.jobs.complete([done])


def kept_query(job: jobs.Job) -> jobs.KeepQuery:
    """What a worker keeps of an answer, so that it can be refined."""
    vector = feelings.vector(feelings.CALM)
    return jobs.KeepQuery(job_id=job.id, space=feelings.SPACE, vector=vector, affect=feelings.CALM)


def result_of(job: jobs.Job) -> dict[str, object]:
    """What a worker answers, by the kind of the job."""
    matches = [
        {name: value for name, value in match.items() if name != "audio_url"}
        for match in examples.PHOTO_RESULT["matches"]  # type: ignore[union-attr, misc]
    ]
    if job.kind is jobs.JobKind.PHOTO:
        return dict(examples.PHOTO_RESULT) | {"matches": matches}
    if job.kind is not jobs.JobKind.TEXT:
        return {}
    words = {name: examples.PHOTO_RESULT[name] for name in ("profile", "query", "receipt")}
    told = {"text": job.params["text"], "valence": 0.3, "arousal": -0.7, "matches": matches}
    return words | told | {"timings_ms": {"match": 1.4, "batch": 1}}


class Paced:
    """An app after whose every request something happens.

    Three of four good keys of submits are made fresh ones: who draws requests at random comes with
    the key of the document's example time and again, and would be refused for that.
    """

    def __init__(self, app: ASGIApp, after: Callable[[], None]) -> None:
        self._app = app
        self._after = after
        self._count = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "http":
            self._count += 1
            headers = [(name, self._fresh(name, value)) for name, value in scope["headers"]]
            scope = {**scope, "headers": headers}
        await self._app(scope, receive, send)
        if scope["type"] == "http":
            self._after()

    def _fresh(self, name: bytes, value: bytes) -> bytes:
        if name != _KEY_HEADER or self._count % 4 == 0 or not is_key(value):
            return value
        return b"key-%d" % self._count


def is_key(value: bytes) -> bool:
    """Whether a submit may come with this as its key."""
    with contextlib.suppress(RequestValidationError):
        return idempotency.read_key([value.decode("latin-1")]) is not None
    return False


@contextlib.contextmanager
def sqlite(folder: Path) -> Iterator[ports.Stores]:
    """Open empty stores over SQLite in a folder."""
    url = f"sqlite:///{folder / 'sightsong.db'}"
    migrate.upgrade(url)
    stores = store.open_stores(url, folder / "blobs", disk_reserve_bytes=0)
    try:
        yield stores
    finally:
        stores.close()


def serve(stores: ports.Stores, folder: Path, **changed: object) -> Stage:
    """Make the app over some stores, and have something in them."""
    stage = build(stores, folder, **changed)
    furnish(stage, folder)
    return stage


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep the log to oneself: hostile requests leave thousands of lines in it."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
        structlog.configure(**before)


def make_key(stores: ports.Stores) -> str:
    """Store a key for everything; its text."""
    issued = keys.issue()
    new = keys.NewKey(
        id=issued.id,
        digest=issued.digest,
        last4=issued.last4,
        name="proof",
        scopes=frozenset(KeyScope),
    )
    stores.keys.create(new)
    return issued.text


def build(stores: ports.Stores, folder: Path, **changed: object) -> Stage:
    """Make the app over some stores. Who waits in it makes its workers go on, but not for long."""
    settings = DoorSettings(
        profile="lite",
        space=feelings.SPACE,
        storage_dir=folder,
        scratch_dir=folder / "scratch",
        max_image_bytes=100_000,
        max_image_pixels=1_000_000,
        upload_timeout_s=5,
        queue_limit=10_000,
        library_root=folder,
        allowed_hosts=("*",),
    )
    sound = FakeSound()
    sound.cover = Cover(content=image_bytes("PNG"), media_type="image/png")
    music = Music(
        library=memory.MemoryLibrary(stores, feelings.SPACE),
        inbox=FakeInbox(),
        objects=FakeObjects(),
        render=sound.render,
        find_cover=sound.find_cover,
    )
    app = create_app(
        stores, memory.MemoryDoorbell(), settings=replace(settings, **changed), music=music
    )
    crew = Crew(stores)
    _hasten(app, crew)
    return Stage(app=app, stores=stores, crew=crew)


def _hasten(app: FastAPI, crew: "Crew") -> None:
    """Have waiting requests look at once, and the workers make a step whenever one looks."""
    door = app.state.door
    pace = Pace(looks=((float("inf"), 0.001),))
    waiting = Waiting(door.stores.jobs.versions, limit=100, pace=pace)
    waiting.is_stopping = crew.asked
    following = Following(limit=100, is_stopping=crew.asked, pace=FollowPace(look_s=0.001))
    app.state.door = replace(door, waiting=waiting, following=following)


def furnish(stage: Stage, folder: Path) -> None:
    """Put music into the library, a snapshot, and jobs in every state."""
    stores = stage.stores
    feelings.keep_phrases(stores)
    take_in(stores, folder)
    publish(stores)
    feelings.answered(stores, feelings.CALM)
    for _ in range(_OPEN):
        stores.ingests.submit(Wish(paths=(str(folder),)))
    stores.ingests.watch(str(folder))
    for outcome in (jobs.Failed(error=_BROKEN), jobs.Retry(error=_FAILED, delay_s=LEASE_S)):
        feelings.answered(stores, None, outcome=outcome, effects=())
    stores.jobs.cancel(stores.jobs.submit(jobs.NewJob(kind=jobs.JobKind.PHOTO)).id)
    stores.jobs.erase(stores.jobs.submit(jobs.NewJob(kind=jobs.JobKind.PHOTO)).id)


def take_in(stores: ports.Stores, folder: Path) -> None:
    """Take tracks in, of which most have been listened to."""
    parent = stores.ingests.submit(Wish(paths=(str(folder),)))
    for number, name in enumerate(_TRACKS):
        file = folder / f"{name}.mp3"
        file.write_bytes(b"not really music")
        tags = Tags(title=name, artist="Ann", genre="jazz")
        found = FoundFile(
            path=str(file), size_bytes=16, mtime_ns=1, sha256=f"{number:064x}", tags=tags
        )
        stores.tracks.register([found], space=feelings.SPACE, parent_id=parent.id)
    queue = [jobs.Queue.TRACKS]
    for job in stores.jobs.claim(queue, owner=WORKER, limit=25, lease_s=LEASE_S):
        done = jobs.Completion(job=job, outcome=jobs.Succeeded(result={}), effects=(heard(job),))
        stores.jobs.complete([done])


def heard(job: jobs.Job) -> jobs.StoreEmbedding:
    """What a worker makes of a track."""
    vector = feelings.vector(feelings.CALM)
    return jobs.StoreEmbedding(
        track_id=job.params["track_id"],
        space=feelings.SPACE,
        vector=vector,
        windows=vector[None].astype(np.float16),
        window_starts_s=(0.0,),
        affect=feelings.CALM,
        descriptors={"tempo_bpm": 90.0},
        duration_s=60.0,
        digest=job.id,
    )


def publish(stores: ports.Stores) -> None:
    """Build a snapshot of the music as the indexer would, and make it active."""
    stores.jobs.submit_once(jobs.NewJob(kind=jobs.JobKind.REBUILD))
    revision = stores.tracks.revision(feelings.SPACE)
    manifest = {"kind": "exact", "tracks": 25}
    stores.snapshots.add(
        Snapshot(
            version=VERSION,
            space=feelings.SPACE,
            path=VERSION,
            revision=revision,
            manifest=manifest,
        )
    )
    (job,) = stores.jobs.claim([jobs.Queue.INDEX], owner=WORKER, limit=1, lease_s=LEASE_S)
    effects = (jobs.ActivateSnapshot(version=VERSION),)
    outcome = jobs.Succeeded(result={"version": VERSION})
    stores.jobs.complete([jobs.Completion(job=job, outcome=outcome, effects=effects)])

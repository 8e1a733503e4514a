"""The composition root of the indexer process."""

import contextlib
import functools
from collections.abc import Callable
from pathlib import Path

from indexer import ingesting, tasks
from indexer.building import Builder
from indexer.delivering import Deliverer, clear_log
from indexer.freshness import Freshness, Patience
from indexer.keeping import Keeper, Watcher
from indexer.pieces import Places
from indexer.snapshot import FaissBuilder
from indexer.taking import Means
from indexer.tidying import Retention, Tidier
from indexer.unheard import Unheard
from sightsong.adapters import archives, disk, logs, settings, starting, wiring
from sightsong.adapters.web import Fetcher, Poster, read_private
from sightsong.core import ports
from sightsong.core.jobs import JobKind, Queue
from sightsong.engine import lifeline
from sightsong.engine.process import new_worker
from sightsong.engine.rounds import Rounds
from sightsong.engine.watch import Watch
from sightsong.engine.work import Handler, Line, Work

#: How often the library is compared with the active snapshot, and deliveries are looked for.
_LOOK_S = 1.0
#: How often what nobody needs any more is thrown away, in seconds.
_TIDY_S = 60.0


def works_of(runtime: tasks.Runtime, scans: Watch, rebuilds: Watch) -> list[Work]:
    """The table: the queues, and which function for each kind of job.

    Rebuilds have an engine of their own: a scan of a large library must not hold them up.
    """
    ingest = functools.partial(tasks.ingest, runtime=runtime)
    rebuild = functools.partial(tasks.rebuild, runtime=runtime)
    verify = functools.partial(tasks.verify, runtime=runtime)
    prune = functools.partial(tasks.prune, runtime=runtime)
    return [
        Work(
            lines=(Line(queue=Queue.LIBRARY, batch=1),),
            handlers={JobKind.INGEST: Handler(run=ingest)},
            watch=scans,
        ),
        Work(
            lines=(Line(queue=Queue.INDEX, batch=1),),
            handlers={
                JobKind.REBUILD: Handler(run=rebuild),
                JobKind.VERIFY: Handler(run=verify),
                JobKind.PRUNE: Handler(run=prune),
            },
            watch=rebuilds,
        ),
    ]


def main() -> None:
    """Run the indexer until SIGTERM."""
    logs.setup("indexer")
    with starting.refusals():
        config = settings.load()
        if config.lifeline:
            lifeline.watch()
        serve(config)


def open_runtime(
    config: settings.Settings,
    stores: ports.Stores,
    doorbell: ports.Doorbell,
    *,
    scans: Watch,
    rebuilds: Watch,
) -> tasks.Runtime:
    """Put together what the tasks use."""
    space, objects = wiring.space_of(config), wiring.open_objects(config)
    means = Means(
        stores=stores,
        doorbell=doorbell,
        space=space,
        shelf=wiring.open_shelf(config),
        objects=objects,
        scratch_dir=config.scratch_dir,
        reserve_bytes=config.disk_reserve_bytes,
        go_on=scans.go_on,
    )
    places = Places(
        inbox=wiring.open_inbox(config),
        objects=objects,
        fetch_web=_web(config) if config.fetch_urls else None,
        library_root=config.library_root,
        scratch_dir=config.scratch_dir,
        limits=archives.ArchiveLimits(
            max_members=config.archive_max_members,
            max_bytes=config.archive_max_bytes,
            reserve_bytes=config.disk_reserve_bytes,
        ),
    )
    return tasks.Runtime(
        stores=stores,
        doorbell=doorbell,
        space=space,
        builder=open_builder(config),
        go_on=rebuilds.go_on,
        ingesting=ingesting.Runtime(means=means, places=places),
    )


def open_builder(config: settings.Settings) -> Builder:
    """Make what builds snapshots, where the settings say that they lie.

    Raises:
        ConfigurationError: they lie on a Milvus server, and its client is not installed.
    """
    if config.index_backend == "milvus":
        from indexer.milvus import MilvusBuilder

        return MilvusBuilder(config.milvus_url, kind=config.index_kind, kept=config.index_kept)
    return FaissBuilder(
        config.snapshots_dir,
        kind=config.index_kind,
        threads=config.index_threads,
        kept=config.index_kept,
        reserve_bytes=config.disk_reserve_bytes,
    )


def serve(config: settings.Settings) -> None:
    """Scan, and keep the index up to date, until SIGTERM."""
    wiring.check_schema(config)
    stores = wiring.open_stores(config)
    ringer = wiring.open_ringer(config)
    scans, rebuilds = Watch(), Watch()
    runtime = open_runtime(config, stores, ringer, scans=scans, rebuilds=rebuilds)
    freshness = Freshness(
        stores,
        ringer,
        runtime.space,
        builder=runtime.builder,
        patience=Patience(many=config.index_delta),
    )
    tidier = Tidier(
        stores, wiring.open_inbox(config), wiring.open_shelf(config), config.scratch_dir
    )
    retention = Retention(stores, job_keep_s=config.job_keep_s)
    worker = new_worker("indexer", profile=config.profile, device="cpu", space=runtime.space)
    poster = Poster(private=read_private(config.webhook_private))
    deliverer = Deliverer(stores.webhooks, poster.post, owner=worker.owner)
    with contextlib.ExitStack() as running:
        running.callback(deliverer.stop)
        for beside in (
            Rounds("freshness", freshness.look, every_s=_LOOK_S),
            Rounds("tidying", tidier.tidy, every_s=_TIDY_S),
            Rounds("retention", retention.tidy, every_s=_TIDY_S),
            Rounds("deliveries", deliverer.look, every_s=_LOOK_S),
            Rounds("delivery log", lambda: clear_log(stores.webhooks), every_s=_TIDY_S),
            Rounds("unheard", Unheard(stores, ringer, runtime.space).look, every_s=_LOOK_S),
            Watcher(Keeper(stores, ringer, every_s=config.watch_every_s)),
        ):
            beside.start()
            running.callback(beside.stop)
        wiring.serve(
            config, stores, works_of(runtime, scans, rebuilds), worker=worker, ringer=ringer
        )


def _web(config: settings.Settings) -> Callable[[str, Path], str]:
    """What copies a file of the web to a path, and returns its name."""
    fetcher = Fetcher(max_bytes=config.fetch_max_bytes)

    def fetch(url: str, target: Path) -> str:
        with disk.RoomyFile(target, reserve_bytes=config.disk_reserve_bytes) as file:
            return fetcher.fetch(url, file).name

    return fetch

"""The composition root of the indexer process."""

import functools

from indexer import snapshot, tasks
from indexer.freshness import Freshness
from sightsong.adapters import logs, settings, starting, wiring
from sightsong.core.jobs import JobKind, Queue
from sightsong.engine import lifeline
from sightsong.engine.process import new_worker
from sightsong.engine.rounds import Rounds
from sightsong.engine.watch import Watch
from sightsong.engine.work import Handler, Line, Work

#: How often the library is compared with the active snapshot, in seconds.
_LOOK_S = 1.0


def works_of(runtime: tasks.Runtime, watch: Watch) -> list[Work]:
    """The table: the queues, and which function for each kind of job.

    Rebuilds have an engine of their own: a scan of a large library must not hold them up.
    """
    ingest = functools.partial(tasks.ingest, runtime=runtime)
    rebuild = functools.partial(tasks.rebuild, runtime=runtime)
    return [
        Work(
            lines=(Line(queue=Queue.LIBRARY, batch=1),),
            handlers={JobKind.INGEST: Handler(run=ingest)},
            watch=watch,
        ),
        Work(
            lines=(Line(queue=Queue.INDEX, batch=1),),
            handlers={JobKind.REBUILD: Handler(run=rebuild)},
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


def serve(config: settings.Settings) -> None:
    """Scan, and keep the index up to date, until SIGTERM."""
    stores = wiring.open_stores(config)
    ringer = wiring.open_ringer(config)
    watch = Watch()
    runtime = tasks.Runtime(
        stores=stores,
        doorbell=ringer,
        space=wiring.space_of(config),
        snapshots_dir=config.snapshots_dir,
        go_on=watch.go_on,
    )
    is_sound = functools.partial(snapshot.is_sound, config.snapshots_dir)
    freshness = Freshness(stores, ringer, runtime.space, is_sound=is_sound)
    looking = Rounds("freshness", freshness.look, every_s=_LOOK_S)
    worker = new_worker("indexer", profile=config.profile, device="cpu", space=runtime.space)
    looking.start()
    try:
        wiring.serve(config, stores, works_of(runtime, watch), worker=worker, ringer=ringer)
    finally:
        looking.stop()

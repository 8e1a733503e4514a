"""The composition root of the indexer process."""

import functools
import threading

from indexer import tasks
from indexer.freshness import Freshness
from sightsong.adapters import logs, settings, wiring
from sightsong.core import spaces
from sightsong.core.jobs import JobKind, Queue
from sightsong.engine import lifeline
from sightsong.engine.process import new_worker
from sightsong.engine.ringer import Ringer
from sightsong.engine.work import Line, Work


def work_of(runtime: tasks.Runtime) -> Work:
    """The table: the queue, and which function for each kind of job."""
    return Work(
        lines=(Line(queue=Queue.LIBRARY, batch=1),),
        handlers={
            JobKind.INGEST: functools.partial(tasks.ingest, runtime=runtime),
            JobKind.REBUILD: functools.partial(tasks.rebuild, runtime=runtime),
        },
    )


def main() -> None:
    """Run the indexer until SIGTERM."""
    config = settings.load()
    logs.setup("indexer")
    if config.lifeline:
        lifeline.watch()
    stores = wiring.open_stores(config)
    ringer = Ringer(wiring.open_doorbell(config))
    stopping = threading.Event()
    runtime = tasks.Runtime(
        stores=stores,
        doorbell=ringer,
        space=spaces.space_of(config.profile),
        snapshots_dir=config.snapshots_dir,
        is_stopping=stopping.is_set,
    )
    worker = new_worker("indexer", profile=config.profile, device="cpu")
    freshness = Freshness(stores, ringer, runtime.space)
    ringer.start()
    freshness.start()
    try:
        wiring.serve(config, stores, work_of(runtime), worker=worker, stopping=stopping)
    finally:
        freshness.stop()
        ringer.stop()

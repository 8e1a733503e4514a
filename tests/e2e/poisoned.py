"""A worker that dies of the job called `poison`: `python -m tests.e2e.poisoned DATABASE BLOBS`.

The real engine on the real store; only the task is a stand-in.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from sightsong.adapters import memory, store
from sightsong.core import jobs
from sightsong.core.jobs import JobKind, Queue
from sightsong.engine.process import Process, new_worker
from sightsong.engine.ringer import Ringer
from sightsong.engine.work import Handler, Line, Pace, Prepared, Work

_DECODE_S = 0.01
_BATCH_S = 0.05


def main() -> None:
    """Work until killed."""
    stores = store.open_stores(sys.argv[1], Path(sys.argv[2]), disk_reserve_bytes=0)
    pool = ThreadPoolExecutor(2)

    def prepare(job: jobs.Job) -> Future[None]:
        return pool.submit(time.sleep, _DECODE_S)

    work = Work(
        lines=(Line(queue=Queue.PHOTOS, batch=8),),
        handlers={JobKind.PHOTO: Handler(prepare=prepare, run=_run)},
    )
    process = Process(
        stores.jobs,
        [work],
        ringer=Ringer(memory.MemoryDoorbell()),
        worker=new_worker("workers", profile="stub", device="cpu"),
        pace=Pace(lease_s=1, heartbeat_s=0.3, poll_s=0.05, maintenance_s=0.2),
    )
    process.start()
    threading.Event().wait()


def _run(batch: Sequence[Prepared]) -> list[jobs.Completion]:
    if any(ready.job.params["name"] == "poison" for ready in batch):
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(_BATCH_S)
    done = jobs.Succeeded(result={"batch": len(batch)})
    return [jobs.Completion(job=ready.job, outcome=done) for ready in batch]


if __name__ == "__main__":
    main()

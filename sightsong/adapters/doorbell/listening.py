"""Listening: a Celery worker whose one task says that somebody rang."""

import time
import warnings
from collections.abc import Callable, Sequence

import celery
import structlog
from celery import signals
from celery.exceptions import SecurityWarning

from sightsong.adapters.doorbell.app import RING
from sightsong.core import jobs
from sightsong.engine.bell import Bell

log = structlog.get_logger()

#: Pause before listening again after Celery gave up by itself; doubled each time that it does so
#: at once, as it does at a Redis that is full. Each time costs some work and many lines of a log.
_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 30.0
#: One that listened for so long had begun well.
_WELL_S = 30.0


def listen(
    app: celery.Celery,
    queues: Sequence[jobs.Queue],
    *,
    on_ring: Callable[[], None],
    on_stopping: Callable[[], None],
) -> None:
    """Hear rings in this thread until SIGTERM: one process, no pool.

    A Celery worker ends on an error that it does not know how to survive. Nothing is lost by it,
    because the engine looks by itself, so that it is reported and a new one begins to listen.

    Args:
        app: the process's Celery app.
        queues: whose rings to hear.
        on_ring: called for each ring.
        on_stopping: called as soon as the process is told to stop.
    """
    is_told = False
    told = Bell()  # rung from a signal handler

    def ring(queue: str) -> None:  # noqa: ARG001 - the message names it for people who look
        on_ring()

    def stopping(**_: object) -> None:
        nonlocal is_told
        is_told = True
        told.ring()
        on_stopping()

    app.task(ring, name=RING)
    signals.worker_shutting_down.connect(stopping, weak=False)
    try:
        pause_s = _PAUSE_S
        while not is_told:
            began = time.monotonic()
            _run(app, queues)
            if time.monotonic() - began > _WELL_S:
                pause_s = _PAUSE_S
            if not is_told:
                log.error("doorbell.ended", again_in_s=pause_s)
                told.wait(pause_s)
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
    finally:
        signals.worker_shutting_down.disconnect(stopping)


def _run(app: celery.Celery, queues: Sequence[jobs.Queue]) -> None:
    """Run one Celery worker to its end, whatever that is."""
    with warnings.catch_warnings():
        # It warns of root because of pickle, which `accept_content` refuses.
        warnings.simplefilter("ignore", SecurityWarning)
        worker = app.Worker(
            pool="solo",
            queues=[queue.value for queue in queues],
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,  # it would wait for a hung broker for ever, even at a SIGTERM
            loglevel="WARNING",
            quiet=True,
        )
    worker.start()

"""The doorbell: Celery carries the name of a queue, and nothing else.

The row is the truth; a ring only says "look now". Messages expire, may be lost and may be doubled.
Reasons for each setting: `docs/architecture.md`.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import celery
from celery import signals
from kombu.exceptions import OperationalError

from sightsong.core import errors, jobs

RING = "sightsong.ring"
#: A ring that nobody heard for this long is stale: workers look by themselves each second.
_EXPIRES_S = 120
#: How often the filesystem transport looks for messages; its own default of 1 s is felt by a user.
_POLLING_S = 0.05

_REDIS_OPTIONS: Mapping[str, Any] = {
    "socket_timeout": 2,  # a hung Redis would block a publisher for ever
    "socket_connect_timeout": 1,
    "health_check_interval": 10,  # finds a half-open connection
    "visibility_timeout": 300,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
}


def celery_app(broker_url: str, folder: Path) -> celery.Celery:
    """Make the Celery app of one process; connects to nothing yet.

    Args:
        broker_url: `redis://…`, or `filesystem://` for the embedded mode.
        folder: where the filesystem transport keeps its messages; unused by Redis.
    """
    app = celery.Celery("sightsong", broker=broker_url, set_as_current=False)
    app.conf.update(
        task_ignore_result=True,
        task_acks_late=False,  # the row decides what runs again, not the broker
        task_serializer="json",
        accept_content=["json"],
        task_create_missing_queues=True,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        task_publish_retry=False,  # maintenance rings again
        broker_transport_options=_transport_options(broker_url, folder),
    )
    return app


def _transport_options(broker_url: str, folder: Path) -> dict[str, Any]:
    if not broker_url.startswith("filesystem:"):
        return dict(_REDIS_OPTIONS)
    messages, control = folder / "messages", folder / "control"
    for made in (messages, control):
        made.mkdir(parents=True, exist_ok=True)
    return {
        "data_folder_in": str(messages),
        "data_folder_out": str(messages),
        "control_folder": str(control),
        "polling_interval": _POLLING_S,
    }


class CeleryDoorbell:
    """Rings through a Celery broker."""

    def __init__(self, app: celery.Celery) -> None:
        self._app = app

    def ring(self, queue: jobs.Queue) -> None:
        """Publish one ring.

        Raises:
            Unavailable: the broker does not answer.
        """
        try:
            self._app.send_task(RING, args=[queue.value], queue=queue.value, expires=_EXPIRES_S)
        except (OperationalError, OSError) as error:
            raise errors.Unavailable("the broker does not answer") from error


def listen(
    app: celery.Celery,
    queues: Sequence[jobs.Queue],
    *,
    on_ring: Callable[[], None],
    on_stopping: Callable[[], None],
) -> None:
    """Run a Celery worker in this thread until SIGTERM: one process, no pool, rings only.

    Args:
        app: the process's Celery app.
        queues: whose rings to hear.
        on_ring: called for each ring.
        on_stopping: called as soon as the process is told to stop.
    """

    def ring(queue: str) -> None:  # noqa: ARG001 - the message names it for people who look
        on_ring()

    app.task(ring, name=RING)

    def stopping(**_: object) -> None:
        on_stopping()

    signals.worker_shutting_down.connect(stopping, weak=False)
    worker = app.Worker(
        pool="solo",
        queues=[queue.value for queue in queues],
        without_gossip=True,
        without_mingle=True,
        loglevel="WARNING",
        quiet=True,
    )
    try:
        worker.start()
    finally:
        signals.worker_shutting_down.disconnect(stopping)

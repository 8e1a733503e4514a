"""The Celery app of one process, and why each of its settings is as it is."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import celery
from kombu.transport import TRANSPORT_ALIASES

#: The name of the one task.
RING = "sightsong.ring"

#: How often the folder is looked at; kombu's default of 1 s is felt by a user.
_POLLING_S = 0.05

_REDIS_OPTIONS: Mapping[str, Any] = {
    "socket_timeout": 2,  # a hung Redis would block a publisher for ever
    "socket_connect_timeout": 1,
    "health_check_interval": 10,  # finds a half-open connection
    "visibility_timeout": 300,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    # Celery would try for 6 s to connect, and the next ring would wait for that: the ringer drops
    # what does not get through, and maintenance rings again.
    "max_retries": 0,
}
#: Ours bound what waits in a queue.
_TRANSPORTS = {
    "folder": "sightsong.adapters.doorbell.folder:Transport",
    "redis": "sightsong.adapters.doorbell.bounded:Transport",
    "rediss": "sightsong.adapters.doorbell.bounded:Transport",
}


def make_app(broker_url: str, folder: Path) -> celery.Celery:
    """Make the Celery app of one process; connects to nothing yet.

    Args:
        broker_url: `redis://…`, or `folder://localhost` for the mode that needs no server.
        folder: where the embedded mode keeps its messages; unused by Redis.
    """
    is_folder = broker_url.startswith("folder:")
    TRANSPORT_ALIASES.update(_TRANSPORTS)
    app = celery.Celery("sightsong", broker=broker_url, set_as_current=False)
    app.conf.update(
        task_ignore_result=True,
        task_acks_late=False,  # the row decides what runs again, not the broker
        task_serializer="json",
        accept_content=["json"],
        task_create_missing_queues=True,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_enable_remote_control=not is_folder,  # it needs a broker that can fan out
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        task_publish_retry=False,  # maintenance rings again
        broker_transport_options=(
            {"folder": str(folder), "polling_interval": _POLLING_S}
            if is_folder
            else dict(_REDIS_OPTIONS)
        ),
    )
    return app

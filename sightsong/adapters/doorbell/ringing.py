"""Ringing: one small message to a queue."""

import celery
from kombu.exceptions import OperationalError

from sightsong.adapters.doorbell.app import RING
from sightsong.core import errors, jobs

#: A ring that nobody heard for this long is stale: workers look by themselves each second.
_EXPIRES_S = 120


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

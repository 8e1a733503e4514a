"""kombu's transport over Redis, with queues that stay short.

A list that nobody reads grows with each ring, by a kilobyte: workers that are away for a night of
submits would fill a Redis. All rings of a queue say the same, so that the newest few are enough.
"""

from typing import Any

from kombu.transport import redis

#: Rings that wait in one queue.
MOST_WAITING = 8


class Channel(redis.Channel):
    """Writes to lists that do not grow."""

    def _put(self, queue: str, message: dict[str, Any], **options: Any) -> None:  # noqa: ANN401
        """Leave a message for a queue, and drop the oldest where too many wait."""
        super()._put(queue, message, **options)  # type: ignore[no-untyped-call]
        with self.conn_or_acquire() as client:
            client.ltrim(queue, 0, MOST_WAITING - 1)  # the newest is the first


class Transport(redis.Transport):
    """Messages in Redis."""

    Channel = Channel

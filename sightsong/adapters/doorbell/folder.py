"""A kombu transport over a folder: the doorbell of a machine without a broker.

    <folder>/<queue>/<time>-<random>.json   a message that waits

kombu's own `filesystem` transport writes a message in place; a reader that comes in between gets
half of one, and its Celery worker ends (seen within seconds with two workers on one queue). Here a
message appears and is taken by a rename, so that it is there whole or not at all, for one reader.
"""

import contextlib
import json
import time
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import base, virtual

#: Longest uninterrupted wait; Celery itself asks for 2 s, which would be felt at each stop.
_LONGEST_S = 0.2
#: Rings that wait in one queue. They all say the same, so that more of them say nothing new.
MOST_WAITING = 8
#: A message on its way that is older, in seconds, was left by a process that was killed.
_LEFT_S = 60.0


class Channel(virtual.Channel):
    """Reads and writes the messages of queues."""

    def _put(self, queue: str, message: dict[str, Any], **_: object) -> None:
        """Leave a message for a queue, and drop the oldest where too many wait."""
        home = self._home(queue)
        home.mkdir(parents=True, exist_ok=True)
        name = f"{time.time_ns():020d}-{uuid.uuid4().hex}"
        partial = home / f"{name}.partial"
        try:
            partial.write_text(json.dumps(message), "utf-8")
            partial.rename(home / f"{name}.json")
        except OSError:
            _remove(partial)  # a full disk would be filled by the rings that it refuses
            raise
        _tidy(home)

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:  # noqa: ARG002
        """Take the oldest message of a queue.

        Raises:
            Empty: none waits.
        """
        for path in _waiting(self._home(queue)):
            taken = path.with_suffix(f".{uuid.uuid4().hex}.taken")
            try:
                path.rename(taken)  # of two readers, one wins
            except OSError:
                continue  # the other one did; or nobody may take it, and the next may be ours
            try:
                message: dict[str, Any] = json.loads(taken.read_text("utf-8"))
            except (OSError, ValueError):
                continue  # damaged: not a ring
            finally:
                _remove(taken)
            return message
        raise Empty

    def _size(self, queue: str) -> int:
        """Count the messages that wait in a queue."""
        return len(_waiting(self._home(queue)))

    def _purge(self, queue: str) -> int:
        """Remove all messages of a queue."""
        waiting = _waiting(self._home(queue))
        for path in waiting:
            _remove(path)
        return len(waiting)

    def _home(self, queue: str) -> Path:
        return Path(self.connection.client.transport_options["folder"], queue)


def _waiting(home: Path) -> list[Path]:
    """The messages of a queue, oldest first."""
    # glob of a folder that is not there finds nothing, which is right
    return sorted(home.glob("*.json"))


def _tidy(home: Path) -> None:
    """Keep the newest messages, and drop what writers and readers left that were killed."""
    for path in _waiting(home)[:-MOST_WAITING]:
        _remove(path)
    long_ago = time.time() - _LEFT_S
    for suffix in ("partial", "taken"):
        for path in home.glob(f"*.{suffix}"):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < long_ago:
                    _remove(path)


def _remove(path: Path) -> None:
    """Remove a file that another may remove as well, or that nobody can remove now."""
    with contextlib.suppress(OSError):
        path.unlink()


class Transport(virtual.Transport):
    """Messages as files in a folder."""

    Channel = Channel
    # Who is bound to what, shared by the connections of this process.
    global_state = virtual.BrokerState()
    driver_type = driver_name = "folder"
    implements = base.Implements(
        asynchronous=False, exchange_type=frozenset(["direct"]), heartbeats=False
    )

    def __init__(self, client: Any, **options: Any) -> None:  # noqa: ANN401 - kombu has no types
        super().__init__(client, **options)
        self.state = self.global_state

    def drain_events(self, connection: Any, timeout: Any = None, **_: Any) -> Any:  # noqa: ANN401
        """Wait for messages, but never for long: a worker looks for signals only in between."""
        return super().drain_events(connection, timeout=min(timeout or _LONGEST_S, _LONGEST_S))

    def driver_version(self) -> str:
        """Name the version that logs show."""
        return "1"

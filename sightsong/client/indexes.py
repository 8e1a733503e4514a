"""Calls about the music index: its snapshots, and which of them is served."""

import time
from typing import cast

from sightsong.client import waiting
from sightsong.client.calls import LOOK_S, Calls, segment
from sightsong.client.views import IndexesView, IndexView, JobView
from sightsong.client.wire import Request

_PATH = "/v1/indexes"


class IndexCalls(Calls):
    """What may be asked about the index."""

    def indexes(self) -> IndexesView:
        """Read the index snapshots, newest first, and whether searches see every track."""
        return cast("IndexesView", self._get(_PATH))

    def index(self, version: str) -> IndexView:
        """Read one snapshot."""
        return cast("IndexView", self._get(_path(version)))

    def wait_for_index(self, *, timeout_s: float = 120) -> bool:
        """Wait until searches see every track; False if that took too long."""
        end = time.monotonic() + timeout_s
        while waiting.patiently(self.indexes, pause=self._patience.pause)["stale"]:
            if time.monotonic() >= end:
                return False
            self._patience.pause(LOOK_S)
        return True

    def rebuild(self) -> JobView:
        """Have a new snapshot built and served, whichever is pinned; return its job."""
        return cast("JobView", self._told(_PATH))

    def activate(self, version: str) -> IndexView:
        """Have a snapshot served and pin it: it stays until another is chosen, or a rebuild asked.

        Raises:
            ProblemResponse: there is none of this version, or it cannot be served.
        """
        return cast("IndexView", self._told(f"{_path(version)}/activate"))

    def verify_index(self, version: str) -> JobView:
        """Have a snapshot compared with its manifest; return its job.

        Its result says whether it `is_sound`, and the `reason` if it is not.
        """
        return cast("JobView", self._told(f"{_path(version)}/verify"))

    def prune_indexes(self) -> JobView:
        """Have snapshots removed that nobody needs any more; return its job."""
        return cast("JobView", self._told(f"{_PATH}/prune"))

    def _told(self, path: str) -> object:
        return self._json(Request(method="POST", path=path))


def _path(version: str) -> str:
    return f"{_PATH}/{segment(version)}"

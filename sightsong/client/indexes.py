"""Calls about the music index: its snapshots, and which of them is served."""

import time

from sightsong.client.calls import LOOK_S, Calls, segment
from sightsong.client.polling import patiently
from sightsong.client.steps import Pause, Steps
from sightsong.client.twofold import Call
from sightsong.client.views import IndexesView, IndexView, JobView

_PATH = "/v1/indexes"


class IndexCalls(Calls):
    """What may be asked about the index."""

    @Call
    def indexes(self) -> Steps[IndexesView]:
        """Read the index snapshots, newest first, and whether searches see every track."""
        return self._get(_PATH)

    @Call
    def index(self, version: str) -> Steps[IndexView]:
        """Read one snapshot."""
        return self._get(_path(version))

    @Call
    def wait_for_index(self, *, timeout_s: float = 120) -> Steps[bool]:
        """Wait until searches see every track; False if that took too long."""
        end = time.monotonic() + timeout_s
        while (yield from patiently(lambda: self._get(_PATH)))["stale"]:
            if time.monotonic() >= end:
                return False
            yield Pause(LOOK_S)
        return True

    @Call
    def rebuild(self) -> Steps[JobView]:
        """Have a new snapshot built and served, whichever is pinned; return its job."""
        return self._post(_PATH)

    @Call
    def activate(self, version: str) -> Steps[IndexView]:
        """Have a snapshot served and pin it: it stays until another is chosen, or a rebuild asked.

        Raises:
            ProblemResponse: there is none of this version, or it cannot be served.
        """
        return self._post(f"{_path(version)}/activate")

    @Call
    def verify_index(self, version: str) -> Steps[JobView]:
        """Have a snapshot compared with its manifest; return its job.

        Its result says whether it `is_sound`, and the `reason` if it is not.
        """
        return self._post(f"{_path(version)}/verify")

    @Call
    def prune_indexes(self) -> Steps[JobView]:
        """Have snapshots removed that nobody needs any more; return its job."""
        return self._post(f"{_PATH}/prune")


def _path(version: str) -> str:
    return f"{_PATH}/{segment(version)}"

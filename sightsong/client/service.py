"""One service, as its callers see it."""

import functools
import math
import time
from typing import cast

import httpx

from sightsong.client import waiting
from sightsong.client.calls import DEFAULT_URL, segment
from sightsong.client.errors import UnexpectedResponse, WaitedTooLong
from sightsong.client.indexes import IndexCalls
from sightsong.client.ingests import IngestCalls
from sightsong.client.searches import SearchCalls
from sightsong.client.tracks import TrackCalls
from sightsong.client.views import JobView, ReadinessView, is_final
from sightsong.client.wire import Request, retry_after_s

__all__ = ["DEFAULT_URL", "Client"]

#: The longest that the service holds a poll back; asking for more gains nothing.
_LONGEST_POLL_S = 25.0
#: A poll answered sooner than this without news was not held back: pause before the next.
_HELD_BACK_S = 1.0


class Client(SearchCalls, IngestCalls, TrackCalls, IndexCalls):
    """A Sightsong service, as its callers see it."""

    def job(self, job_id: str, *, wait_s: float = 0) -> JobView:
        """Read a job; with `wait_s`, not before it changes or that time has passed."""
        return self._poll(job_id, wait_s)[0]

    def wait(self, job_id: str, *, timeout_s: float = 600) -> JobView:
        """Wait until a job is final, and return it. Survives a restart of the service.

        Raises:
            WaitedTooLong: it was not final in time.
            ServiceUnreachable: the service was away for longer than a restart takes.
        """
        end = time.monotonic() + timeout_s
        version = -1
        while True:
            asked = time.monotonic()
            left_s = max(end - asked, 0)
            poll = functools.partial(self._poll, job_id, min(_LONGEST_POLL_S, left_s))
            job, headers = waiting.patiently(poll, pause=self._patience.pause)
            if is_final(job):
                return job
            if time.monotonic() >= end:
                raise WaitedTooLong(job_id, timeout_s=timeout_s)
            news = job["state_version"] != version
            version = job["state_version"]
            if not news and time.monotonic() - asked < _HELD_BACK_S:
                self._patience.pause(min(retry_after_s(headers, default=_HELD_BACK_S), left_s))

    def ready(self) -> ReadinessView:
        """Ask once whether the service can do its work; an unready one answers too.

        Raises:
            ServiceUnreachable: nothing answers.
            UnexpectedResponse: something else answers.
        """
        response = self._wire.exchange(Request(method="GET", path="/readyz"), tries=1)
        answer = self._wire.decoded(response)
        if not isinstance(answer, dict) or "checks" not in answer:
            raise UnexpectedResponse(self.base_url, status=response.status_code)
        return cast("ReadinessView", answer)

    def _poll(self, job_id: str, wait_s: float) -> tuple[JobView, httpx.Headers]:
        params = {"wait": math.ceil(wait_s)} if wait_s > 0 else None
        path = f"/v1/jobs/{segment(job_id)}"
        request = Request(method="GET", path=path, params=params, extra_s=wait_s)
        answer, headers = self._wire.call(request)
        return cast("JobView", answer), headers

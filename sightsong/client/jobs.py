"""Calls about jobs: list, cancel, erase and follow them."""

import contextlib
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Unpack, cast

import httpx

from sightsong.client import sse, waiting
from sightsong.client.calls import Calls, segment
from sightsong.client.errors import ProblemResponse, UnexpectedResponse
from sightsong.client.views import JobQuery, JobSummary, JobView, is_final
from sightsong.client.wire import Request

#: Between the end of a stream of events and the next, where the job has not ended.
_AGAIN_S = 1.0
#: The service says every 15 seconds that it is still there.
_SILENT_S = 20.0
_STREAM = "text/event-stream"


class JobCalls(Calls):
    """What may be asked about jobs."""

    def jobs(self, *, limit: int | None = None, **where: Unpack[JobQuery]) -> Iterator[JobSummary]:
        """Go through the jobs, newest first, without their results."""
        yield from self._items("/v1/jobs", _asked(where), limit=limit)

    def cancel(self, job_id: str) -> JobView:
        """Cancel a job; again is fine.

        Raises:
            ProblemResponse: it has ended otherwise (`conflict`), or there is none.
        """
        path = f"{_path(job_id)}/cancel"
        request = Request(method="POST", path=path, is_idempotent=True)
        return cast("JobView", self._json(request))

    def erase(self, job_id: str) -> None:
        """Erase a job, its photo and its answer; again is fine.

        Raises:
            ProblemResponse: it is no photo and no words (`conflict`), or there is none.
        """
        self._wire.fetch(Request(method="DELETE", path=_path(job_id), is_idempotent=True))

    def events(self, job_id: str) -> Iterator[JobView]:
        """Yield a job whenever its state has changed, until it is final (that one included).

        Survives lost connections and a restart of the service: what was yielded is not told again.

        Raises:
            ProblemResponse: there is no such job, or it was erased meanwhile (`job_erased`).
            ServiceUnreachable: the service was away for longer than a restart takes.
        """
        seen: str | None = None
        while True:
            for event in self._listen(job_id, seen):
                if event.name == "gone":
                    raise ProblemResponse(
                        f"job {job_id} was erased", code="job_erased", status=httpx.codes.GONE
                    )
                job = self._job_of(event)
                seen = event.id or seen
                yield job
                if is_final(job):
                    return
            self._patience.pause(_AGAIN_S)

    def _listen(self, job_id: str, seen: str | None) -> Iterator[sse.Event]:
        """The events of one connection, until it ends or is lost."""
        accepted = {"Accept": _STREAM}
        request = Request(
            method="GET",
            path=f"{_path(job_id)}/events",
            headers=accepted if seen is None else accepted | {"Last-Event-ID": seen},
            is_followed=True,
            extra_s=_SILENT_S,
        )
        response = waiting.patiently(lambda: self._wire.fetch(request), pause=self._patience.pause)
        with contextlib.closing(response), contextlib.suppress(httpx.TransportError):
            if not response.headers.get("Content-Type", "").startswith(_STREAM):
                raise UnexpectedResponse(self.base_url, status=response.status_code)
            yield from sse.read(response.iter_bytes())

    def _job_of(self, event: sse.Event) -> JobView:
        try:
            job = json.loads(event.data)
        except ValueError:
            job = None
        if not isinstance(job, dict) or "state" not in job:
            raise UnexpectedResponse(self.base_url, status=httpx.codes.OK)
        return cast("JobView", job)


def _asked(where: JobQuery) -> dict[str, Any]:
    asked: dict[str, Any] = {name: value for name, value in where.items() if value}
    if isinstance(asked.get("created_after"), datetime):
        asked["created_after"] = _rfc_3339(asked["created_after"])
    return asked


def _rfc_3339(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("say in which zone the time is")
    return moment.isoformat()


def _path(job_id: str) -> str:
    return f"/v1/jobs/{segment(job_id)}"

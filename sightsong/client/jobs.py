"""Calls about jobs: read, await, list, cancel, erase and follow them."""

import json
from collections.abc import Generator
from datetime import datetime
from typing import Any, Unpack, cast

import httpx

from sightsong.client import sse
from sightsong.client.calls import Calls, segment
from sightsong.client.errors import ProblemResponse, UnexpectedResponse
from sightsong.client.polling import Awaited, held_back, patiently
from sightsong.client.steps import Command, Flow, Item, NextPiece, Pause, Request, Steps
from sightsong.client.twofold import Call, Series
from sightsong.client.views import JobQuery, JobSummary, JobView, is_final

#: Between the end of a stream of events and the next, where the job has not ended.
_AGAIN_S = 1.0
#: The service says every 15 seconds that it is still there.
_SILENT_S = 20.0
_STREAM = "text/event-stream"


class JobCalls(Calls):
    """What may be asked about jobs."""

    @Call
    def job(self, job_id: str, *, wait_s: float = 0) -> Steps[JobView]:
        """Read a job; with `wait_s`, not before it changes or that time has passed."""
        return self._json(held_back(_path(job_id), wait_s))

    @Call
    def wait(self, job_id: str, *, timeout_s: float = 600) -> Steps[JobView]:
        """Wait until a job is final, and return it. Survives a restart of the service.

        Raises:
            WaitedTooLong: it was not final in time.
            ServiceUnreachable: the service was away for longer than a restart takes.
        """
        work = Awaited(
            what="job", id=job_id, path=_path(job_id), version="state_version", is_over=is_final
        )
        return work.ended(self._wire, timeout_s=timeout_s)

    @Series
    def jobs(self, *, limit: int | None = None, **where: Unpack[JobQuery]) -> Flow[JobSummary]:
        """Go through the jobs, newest first, without their results."""
        return self._items("/v1/jobs", _asked(where), limit=limit)

    @Call
    def cancel(self, job_id: str) -> Steps[JobView]:
        """Cancel a job; again is fine.

        Raises:
            ProblemResponse: it has ended otherwise (`conflict`), or there is none.
        """
        path = f"{_path(job_id)}/cancel"
        return self._json(Request(method="POST", path=path, is_idempotent=True))

    @Call
    def erase(self, job_id: str) -> Steps[None]:
        """Erase a job, its photo and its answer; again is fine.

        Raises:
            ProblemResponse: it is no photo and no words (`conflict`), or there is none.
        """
        return self._delete(_path(job_id), is_idempotent=True)

    @Series
    def events(self, job_id: str) -> Flow[JobView]:
        """Hand out a job whenever its state has changed, until it is final (that one included).

        Survives lost connections and a restart of the service: what was told is not told again.

        Raises:
            ProblemResponse: there is no such job, or it was erased meanwhile (`job_erased`).
            ServiceUnreachable: the service was away for longer than a restart takes.
        """
        seen: str | None = None
        while True:
            seen, is_over = yield from self._heard(job_id, seen)
            if is_over:
                return
            yield Pause(_AGAIN_S)

    #: The same, for those who look for this name.
    stream = events

    def _heard(
        self, job_id: str, seen: str | None
    ) -> Generator[Command | Item[JobView], Any, tuple[str | None, bool]]:
        """Follow one connection until it ends or is lost, or the job does.

        Returns:
            The last event that was seen, and whether the job is final.
        """
        response = yield from patiently(lambda: self._wire.fetch(_following(job_id, seen)))
        if not response.headers.get("Content-Type", "").startswith(_STREAM):
            raise UnexpectedResponse(self.base_url, status=response.status_code)
        events = sse.Events()
        while (piece := (yield from _next_piece())) is not None:
            for event in events.fed(piece):
                job = self._job_of(event, job_id)
                seen = event.id or seen
                yield Item(job)
                if is_final(job):
                    return seen, True
        return seen, False

    def _job_of(self, event: sse.Event, job_id: str) -> JobView:
        if event.name == "gone":
            raise ProblemResponse(
                f"job {job_id} was erased", code="job_erased", status=httpx.codes.GONE
            )
        try:
            job = json.loads(event.data)
        except ValueError:
            job = None
        if not isinstance(job, dict) or "state" not in job:
            raise UnexpectedResponse(self.base_url, status=httpx.codes.OK)
        return cast("JobView", job)


def _next_piece() -> Steps[bytes | None]:
    """Read on in the stream; None where it ends, however that comes."""
    try:
        return cast("bytes | None", (yield NextPiece()))
    except httpx.TransportError:
        return None


def _following(job_id: str, seen: str | None) -> Request:
    accepted = {"Accept": _STREAM}
    return Request(
        method="GET",
        path=f"{_path(job_id)}/events",
        headers=accepted if seen is None else accepted | {"Last-Event-ID": seen},
        is_followed=True,
        extra_s=_SILENT_S,
    )


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

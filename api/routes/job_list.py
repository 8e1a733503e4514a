"""`/v1/jobs`: the jobs that there are; give one up, or erase it."""

import contextlib
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import Response

from api import access, examples, paging, schemas, views
from api.access import Caller, TheCaller
from api.dependencies import Door, TheDoor
from api.replies import Reply
from api.routes import jobs
from sightsong.core import erasing
from sightsong.core.errors import Conflict, JobErased, JobNotFound, MissingScope
from sightsong.core.jobs import Job, JobFilter, JobId, JobKind, JobState
from sightsong.core.tenancy import Scope, UserId

router = APIRouter(
    prefix="/v1/jobs",
    tags=["jobs"],
    dependencies=access.guarded(Scope.JOBS, Scope.LIBRARY),
)

_ANSWERED = frozenset({JobKind.PHOTO, JobKind.TEXT})
#: Times are shown cut to milliseconds. What is shown as the time asked for is not after it, so the
#: last microsecond of that millisecond is what others must come after.
_SHOWN_S = 0.0009995
_CANCELED: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {"example": examples.CANCELED}}}
}


@router.get("", response_model=schemas.JobsPage)
def list_jobs(
    request: Request,
    door: TheDoor,
    who: TheCaller,
    asked: Annotated[schemas.JobsQuery, Query()],
) -> Response:
    """List the jobs, newest first, page by page, without their results.

    Those of photos and words, unless `kind` names others. What was erased is not among them.
    """
    _refuse_repeated(request)
    before = None if asked.cursor is None else JobId(paging.from_cursor(asked.cursor))
    where = JobFilter(
        kinds=tuple(JobKind(kind) for kind in dict.fromkeys(asked.kind)),
        state=None if asked.state is None else JobState(asked.state),
        custom_id=asked.custom_id,
        created_after=None if asked.created_after is None else _end_of(asked.created_after),
        tenant=who.tenant,
        user=None if asked.user is None else UserId(asked.user),
        parent_id=None if asked.batch is None else JobId(asked.batch),
    )
    found = door.stores.jobs.listed(where, limit=asked.limit + 1, before=before)
    if before is not None and not found:
        refuse_nowhere(door, who, before)
    shown = paging.page(found, limit=asked.limit, view=views.job_summary, place=lambda one: one.id)
    return Reply(shown, headers={"Cache-Control": "private, no-cache"})


@router.post("/{job_id}/cancel", response_model=schemas.JobView, responses=_CANCELED)
def cancel_job(door: TheDoor, who: TheCaller, job_id: str) -> Response:
    """Give up a job that has not ended. Safe to repeat; one that has ended otherwise is refused.

    What a worker does for it meanwhile is thrown away.
    """
    job = jobs.find(door, who, job_id)
    _refuse_canceling(job)
    if job.kind not in _ANSWERED and Scope.LIBRARY not in who.scopes:
        raise MissingScope(f"To give up a {job.kind.value} needs a key with the scope library.")
    try:
        canceled = door.stores.jobs.cancel(job.id, tenant=who.tenant)
    except Conflict as error:
        raise _has_ended(jobs.find(door, who, job_id)) from error
    return Reply(views.job_view(canceled), headers=jobs.headers_of(canceled, None))


@router.delete("/{job_id}", status_code=204)
def erase_job(door: TheDoor, who: TheCaller, job_id: str) -> Response:
    """Erase a photo or words, with all that the service knows of them. Safe to repeat.

    The image, the answer, and what it was found by are gone; a job that has not ended is canceled.
    From then on there is nothing to ask of it (410).
    """
    try:
        erasing.erase_job(door.stores, jobs.checked(job_id), tenant=who.tenant)
    except Conflict as error:
        raise Conflict(
            "Only photos and words can be erased; jobs of the library belong to its tracks."
        ) from error
    return Response(status_code=204)


def refuse_nowhere(door: Door, who: Caller, before: JobId) -> None:
    """See that a cursor has come from a list of the caller's; its job may be erased since."""
    try:
        with contextlib.suppress(JobErased):
            door.stores.jobs.get(before, tenant=who.tenant)
    except JobNotFound as error:
        raise paging.no_cursor() from error


def _refuse_repeated(request: Request) -> None:
    """See that nothing but `kind` is said several times: all but the last would be ignored."""
    said = [name for name, _ in request.query_params.multi_items() if name != "kind"]
    for name in said:
        if said.count(name) > 1:
            raise RequestValidationError([{"loc": ("query", name), "msg": "must be given once"}])


def _refuse_canceling(job: Job) -> None:
    """See that a job may be given up by itself.

    Raises:
        Conflict: it is a part of taking music in.
    """
    if job.kind is JobKind.INGEST:
        raise Conflict(f"An ingest is given up with its tracks: POST /v1/ingests/{job.id}/cancel.")
    if job.kind is JobKind.EMBED:
        whole = "" if job.parent_id is None else f" (POST /v1/ingests/{job.parent_id}/cancel)"
        raise Conflict(
            f"What listens to a track is given up with its ingest{whole}, or with the track."
        )


def _has_ended(job: Job) -> Conflict:
    told = f"This job has {job.state.value}; there is nothing left to cancel."
    if job.kind in _ANSWERED:
        return Conflict(f"{told} DELETE it to have it forgotten.")
    return Conflict(told)


def _end_of(moment: datetime) -> float:
    """The end of the millisecond in which a moment lies, in seconds since the epoch."""
    begin = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    return max(begin.timestamp(), 0.0) + _SHOWN_S

"""`/v1/jobs/{id}`: ask how a job is."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Header, Query
from starlette.requests import Request
from starlette.responses import Response

from api import access, ids, preferences, schemas, views
from api.access import Caller, TheCaller
from api.dependencies import Door, TheDoor
from api.routes import polled, quick
from sightsong.core import errors, jobs
from sightsong.core.tenancy import Scope

_SCOPES = (Scope.JOBS, Scope.LIBRARY)


async def _plain(request: Request) -> Response:
    door, who = await access.let_in(request, *_SCOPES)
    seen = request.headers.get("if-none-match")
    return await read_job(request, door, who, request.path_params["job_id"], if_none_match=seen)


router = APIRouter(
    prefix="/v1/jobs",
    tags=["jobs"],
    dependencies=access.guarded(*_SCOPES),
    route_class=quick.route(_plain),
)

#: Nobody is told to come back later than in so many seconds.
_LONGEST_PAUSE_S = 30


async def until_ended(door: Door, who: Caller, job: jobs.Job, *, wait_s: float) -> jobs.Job:
    """Wait until a job has ended, or the time has; holds no thread and no connection meanwhile."""
    clock = asyncio.get_running_loop().time
    until = clock() + wait_s
    while (
        not job.state.is_final
        and not door.waiting.asked_to_stop()
        and (left_s := until - clock()) > 0
    ):
        await door.waiting.change(job.id, seen=job.state_version, timeout_s=left_s)
        job = (await door.looking.at(job.id, tenant=who.tenant)).job
    return job


@router.get(
    "/{job_id}",
    response_model=schemas.JobView,
    responses={304: {"description": "As is"}},
    openapi_extra={"parameters": [preferences.PARAMETER]},
)
async def read_job(
    request: Request,
    door: TheDoor,
    who: TheCaller,
    job_id: str,
    wait: Annotated[float | None, Query(ge=0, le=preferences.LONGEST_WAIT_S)] = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Ask how a job is. With `wait` (or `Prefer: wait=n`), be answered when it changes.

    The answer is 200 as long as the job exists, however it ended: `state` says that.
    """
    seen = await door.looking.at(checked(job_id), tenant=who.tenant)
    asked = polled.wait_of(request, wait)
    version = seen.job.state_version
    is_known = if_none_match is None or preferences.has_state(if_none_match, version)
    if asked.seconds > 0 and is_known and not seen.job.state.is_final:
        await door.waiting.change(seen.job.id, seen=version, timeout_s=asked.seconds)
        seen = await door.looking.at(seen.job.id, tenant=who.tenant)
    headers = {**headers_of(seen.job, seen.outlook), **asked.headers}
    view = views.job_view(seen.job, seen.outlook)
    return polled.answer(view, headers, if_none_match=if_none_match)


def find(door: Door, who: Caller, job_id: str) -> jobs.Job:
    """Read a job by what may be its id.

    Raises:
        JobNotFound: it is none, or another tenant's.
        JobErased: it was one.
    """
    return door.stores.jobs.get(checked(job_id), tenant=who.tenant)


def checked(job_id: str) -> jobs.JobId:
    """See that something may be the id of a job.

    Raises:
        JobNotFound: it cannot.
    """
    if not ids.can_be(job_id):
        raise errors.JobNotFound
    return jobs.JobId(job_id)


def headers_of(job: jobs.Job, outlook: jobs.Outlook | None) -> dict[str, str]:
    """What the headers of an answer say of a job."""
    position = None if outlook is None else outlook.ahead + 1
    headers = {
        "ETag": preferences.etag(job.state_version, position),
        "Cache-Control": "private, no-cache",
    }
    if not job.state.is_final:
        eta_s = outlook.eta_s if outlook and outlook.eta_s else 0
        headers["Retry-After"] = str(min(max(round(eta_s / 2), 1), _LONGEST_PAUSE_S))
    return headers

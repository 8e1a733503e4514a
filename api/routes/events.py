"""`/v1/jobs/{id}/events`: follow a job."""

import functools
from typing import Annotated, Any

from fastapi import APIRouter, Header
from starlette.responses import Response, StreamingResponse

from api import access, examples, views
from api.access import Caller, TheCaller
from api.dependencies import Door, TheDoor
from api.routes import jobs
from sightsong.core.jobs import JobId
from sightsong.core.tenancy import Scope

router = APIRouter(
    prefix="/v1/jobs",
    tags=["jobs"],
    dependencies=access.guarded(Scope.JOBS, Scope.LIBRARY),
)

_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events `state`, each with the whole job, until its state is final; "
        "`gone` if it is erased meanwhile",
        "content": {
            "text/event-stream": {"schema": {"type": "string"}, "example": examples.JOB_EVENTS}
        },
    },
    204: {"description": "It has ended, and you know that"},
}


@router.get("/{job_id}/events", response_class=StreamingResponse, responses=_ANSWERS)
async def follow_job(
    door: TheDoor,
    who: TheCaller,
    job_id: str,
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """Follow a job: an event whenever its state changes (server-sent events).

    Each event has the `state_version` as its id. Who comes again with `Last-Event-ID` is told
    nothing until that has changed.
    """
    look = functools.partial(_view, door, who, job_id)
    view = await look()
    if view["finished_at"] is not None and str(view["state_version"]) == last_event_id:
        return Response(status_code=204)  # tells a browser not to come again
    change = functools.partial(door.waiting.change, JobId(view["id"]))
    return door.following.answer(door.following.states(view, look, change, seen=last_event_id))


async def _view(door: Door, who: Caller, job_id: str) -> dict[str, Any]:
    seen = await door.looking.at(jobs.checked(job_id), tenant=who.tenant)
    return views.job_view(seen.job, seen.outlook)

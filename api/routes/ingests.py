"""`/v1/ingests`: take music into the library, and see how that goes."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api import access, examples, following, ids, paging, schemas, views
from api.access import TheCaller
from api.dependencies import Door, TheDoor
from api.replies import Reply, accepted
from api.routes import ended, taking_in
from sightsong.core import intake
from sightsong.core.errors import Conflict, JobNotFound
from sightsong.core.ingests import Ingest, Progress
from sightsong.core.jobs import JobId, JobState
from sightsong.core.tenancy import Scope

router = APIRouter(
    prefix="/v1/ingests",
    tags=["library"],
    dependencies=access.guarded(Scope.LIBRARY),
)

_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events `progress`, each with the whole ingest, until it is done",
        "content": {
            "text/event-stream": {"schema": {"type": "string"}, "example": examples.INGEST_EVENTS}
        },
    },
    204: {"description": "It is done, and you know that"},
}


@router.post(
    "", status_code=202, response_model=schemas.IngestView, openapi_extra=taking_in.OPENAPI
)
async def submit_ingest(
    request: Request,
    door: TheDoor,
    who: TheCaller,
    options: Annotated[schemas.UploadQuery, Query()],
) -> Response:
    """Take music in: name what the service can read itself, or send it.

    Send JSON to name folders, audio files, archives or manifests on the service's machine, or an
    address in an object store. Send a form with fields `file`, or one file as the body, to upload
    music; what that file is called, `name` says. Safe to repeat: what is known is not taken twice.
    """
    job = await taking_in.begin(request, door, who, options=options)
    ingest = await run_in_threadpool(door.stores.ingests.get, job.id)
    return accepted(views.ingest_view(ingest, Progress()), f"/v1/ingests/{job.id}")


@router.get("", response_model=schemas.IngestsPage)
def list_ingests(
    door: TheDoor,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query()] = None,
) -> Response:
    """List the ingests, newest first, page by page."""
    after = None if cursor is None else JobId(paging.from_cursor(cursor))
    found = door.stores.ingests.listed(limit=limit + 1, after=after)
    return Reply(
        paging.page(
            found, limit=limit, view=lambda one: _view(door, one), place=lambda one: one.job.id
        )
    )


@router.get("/{ingest_id}", response_model=schemas.IngestView)
def read_ingest(door: TheDoor, ingest_id: str) -> Response:
    """Ask how far an ingest is."""
    return _answer(_view(door, _find(door, ingest_id)))


@router.post("/{ingest_id}/pause", response_model=schemas.IngestView)
def pause_ingest(door: TheDoor, ingest_id: str) -> Response:
    """Let an ingest wait. What is being heard now is heard to its end."""
    before = _find(door, ingest_id)
    try:
        paused = door.stores.ingests.pause(before.job.id)
    except Conflict as error:
        raise ended.refusal(_view(door, _find(door, ingest_id)), "pause") from error
    return _answer(_view(door, paused))


@router.post("/{ingest_id}/resume", response_model=schemas.IngestView)
def resume_ingest(door: TheDoor, ingest_id: str) -> Response:
    """Let a paused ingest go on. One that has ended is refused."""
    before = _view(door, _find(door, ingest_id))
    if before["done"]:
        raise ended.refusal(before, "resume")
    resumed = intake.resume_ingest(door.stores, door.doorbell, JobId(ingest_id))
    return _answer(_view(door, resumed))


@router.post("/{ingest_id}/cancel", response_model=schemas.IngestView)
def cancel_ingest(door: TheDoor, ingest_id: str) -> Response:
    """Give up what is left of an ingest. What was heard stays in the library."""
    before = _find(door, ingest_id)
    try:
        canceled = door.stores.ingests.cancel(before.job.id)
    except Conflict as error:
        raise ended.refusal(_view(door, _find(door, ingest_id)), "cancel") from error
    if before.wish.inbox and before.job.state is JobState.QUEUED:
        door.music.inbox.discard(before.wish.inbox)  # nobody else will: its scan never runs
    return _answer(_view(door, canceled))


@router.post("/{ingest_id}/retry", response_model=schemas.RetriedView)
def retry_ingest(door: TheDoor, ingest_id: str) -> Response:
    """Try the tracks that failed again."""
    before = _find(door, ingest_id)
    retried = intake.retry_ingest(door.stores, door.doorbell, before.job.id)
    return _answer({**_view(door, _find(door, ingest_id)), "retried": retried})


@router.get("/{ingest_id}/problems", response_model=schemas.ProblemsPage)
def list_problems(
    door: TheDoor,
    ingest_id: str,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: Annotated[str | None, Query()] = None,
) -> Response:
    """List what could not be taken in, and why: files first, then tracks."""
    ingest = _find(door, ingest_id)
    after = None if cursor is None else paging.from_cursor(cursor)
    found = door.stores.ingests.problems(ingest.job.id, limit=limit + 1, after=after)
    return Reply(
        paging.page(found, limit=limit, view=views.trouble_view, place=lambda one: one.cursor)
    )


@router.get("/{ingest_id}/events", response_class=StreamingResponse, responses=_EVENTS)
async def follow_ingest(
    door: TheDoor,
    ingest_id: str,
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """Follow an ingest: an event whenever something has changed (server-sent events)."""
    look = _looking(door, ingest_id)
    view = await run_in_threadpool(look)
    if view["done"] and following.event_id(view) == last_event_id:
        return Response(status_code=204)  # tells a browser not to come again
    return door.following.answer(door.following.events(look, seen=last_event_id))


def _looking(door: Door, ingest_id: str) -> Callable[[], dict[str, Any]]:
    return lambda: _view(door, _find(door, ingest_id))


def _find(door: Door, ingest_id: str) -> Ingest:
    try:
        return door.stores.ingests.get(_checked(ingest_id))
    except JobNotFound as error:
        raise JobNotFound("There is no ingest with this id.") from error


def _checked(ingest_id: str) -> JobId:
    if not ids.can_be(ingest_id):
        raise JobNotFound
    return JobId(ingest_id)


def _view(door: Door, ingest: Ingest) -> dict[str, Any]:
    return views.ingest_view(ingest, door.stores.ingests.progress(ingest.job.id))


def _answer(view: dict[str, Any]) -> Response:
    headers = {"Cache-Control": "private, no-cache"}
    if not view["done"]:
        headers["Retry-After"] = "1"
    return Reply(view, headers=headers)

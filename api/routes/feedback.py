"""`/v1/feedback`: what users did with matches."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from api import ids, paging, views
from api.access import TheCaller, guarded
from api.dependencies import Door, TheDoor
from api.examples import people as examples
from api.replies import Reply
from api.routes import bodies, jobs
from api.schemas import people as schemas
from sightsong.core.errors import Conflict, FeedbackNotFound
from sightsong.core.facts import facts_of
from sightsong.core.jobs import JobId, JobKind, JobState
from sightsong.core.people import Action, Feedback, FeedbackId, NewFeedback
from sightsong.core.tenancy import Scope, TenantId
from sightsong.core.tracks import TrackId

router = APIRouter(prefix="/v1/feedback", tags=["memory"], dependencies=guarded(Scope.JOBS))

_MAX_JSON_BYTES = 4 * 1024
_PRIVATE = {"Cache-Control": "private, no-cache"}
_BODY = bodies.described(schemas.FeedbackRequest, example=examples.FEEDBACK_REQUEST)
_GIVEN: dict[int | str, dict[str, Any]] = {
    201: {"content": {"application/json": {"example": examples.FEEDBACK}}},
    200: {"model": schemas.FeedbackView, "description": "The same had been said before"},
}


async def feedback_body(request: Request, door: TheDoor) -> schemas.FeedbackRequest:
    """Read what the user did."""
    return await bodies.read_json(request, door, schemas.FeedbackRequest, max_bytes=_MAX_JSON_BYTES)


@router.post(
    "",
    status_code=201,
    response_model=schemas.FeedbackView,
    responses=_GIVEN,
    openapi_extra=_BODY,
)
def give_feedback(
    door: TheDoor,
    who: TheCaller,
    said: Annotated[schemas.FeedbackRequest, Depends(feedback_body)],
) -> Response:
    """Say what a user did with a match: liked, skipped or played it.

    It has a say in what they are shown next. The same action on the same match counts once. A user
    who does not want to be learnt from is not: 409.
    """
    if not door.stores.people.preferences(who.whose).learn:
        raise Conflict(
            "This user is not learnt from, so nothing was stored; set `learn` to true in "
            "/v1/me/preferences first."
        )
    given = door.stores.people.give(who.whose, _new(door, who.tenant, said))
    shown = feedback_view(given.feedback)
    return Reply(shown, status_code=201 if given.is_new else 200)


@router.get("", response_model=schemas.FeedbackPage)
def list_feedback(
    door: TheDoor, who: TheCaller, asked: Annotated[schemas.PageQuery, Query()]
) -> Response:
    """List what this user did, newest first, page by page."""
    before = None if asked.cursor is None else FeedbackId(paging.from_cursor(asked.cursor))
    try:
        found = door.stores.people.feedback(who.whose, limit=asked.limit + 1, before=before)
    except FeedbackNotFound as error:
        raise paging.no_cursor() from error
    shown = paging.page(found, limit=asked.limit, view=feedback_view, place=lambda one: one.id)
    return Reply(shown, headers=_PRIVATE)


@router.delete("/{feedback_id}", status_code=204)
def withdraw_feedback(door: TheDoor, who: TheCaller, feedback_id: str) -> Response:
    """Take a feedback back: it has no say any more, and is forgotten."""
    if not ids.can_be(feedback_id):  # what no database has to be asked about
        raise FeedbackNotFound
    door.stores.people.withdraw(who.whose, FeedbackId(feedback_id))
    return Response(status_code=204)


def _new(door: Door, tenant: TenantId, said: schemas.FeedbackRequest) -> NewFeedback:
    """See that there is what a feedback is about.

    Raises:
        JobNotFound: there is no such job of this tenant.
        JobErased: there was one.
        Conflict: it has no matches.
        TrackNotFound: there is no such track.
    """
    job_id = _answered(door, tenant, said.job_id)
    track = door.stores.tracks.get(TrackId(said.track_id))
    return NewFeedback(
        job_id=job_id,
        track_id=track.id,
        action=Action(said.action),
        position_s=said.position_s,
        artist=facts_of(track).artist,
    )


def _answered(door: Door, tenant: TenantId, job_id: str) -> JobId:
    job = door.stores.jobs.get(jobs.checked(job_id), tenant=tenant)
    if job.kind not in (JobKind.PHOTO, JobKind.TEXT) or job.state is not JobState.SUCCEEDED:
        raise Conflict("This job has found no tracks; feedback is about its matches.")
    return job.id


def feedback_view(feedback: Feedback) -> dict[str, Any]:
    """Show what somebody did."""
    return {
        "id": feedback.id,
        "job_id": feedback.job_id,
        "track_id": feedback.track_id,
        "action": feedback.action.value,
        "position_s": feedback.position_s,
        "created_at": views.time_view(feedback.created_at),
    }

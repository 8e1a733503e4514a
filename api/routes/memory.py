"""`/v1/me/…`: what is remembered of a user, to be read, changed, taken along and erased."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api import examples, paging, schemas, views
from api.access import Caller, TheCaller, guarded
from api.dependencies import Door, TheDoor
from api.examples import people as people_examples
from api.replies import Reply
from api.routes import bodies, exporting, job_list
from api.schemas import people
from sightsong.core import erasing
from sightsong.core.errors import InvalidRequest
from sightsong.core.jobs import JobFilter, JobId, JobKind
from sightsong.core.people import Preferences
from sightsong.core.tenancy import NOBODY, Scope
from sightsong.core.tracks import TrackId

router = APIRouter(prefix="/v1/me", tags=["memory"], dependencies=guarded(Scope.JOBS))

#: A full list of tracks and artists has 60 kB.
_MAX_JSON_BYTES = 128 * 1024
#: Tracks that are not there: so many are named.
_MOST_UNKNOWN = 20
_PRIVATE = {"Cache-Control": "private, no-cache"}
_BODY = bodies.described(people.Preferences, example=people_examples.PREFERENCES)
_HISTORY: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {"example": examples.JOBS}}}
}
_EXPORT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "One JSON object a line, each with its `type`",
        "content": {
            exporting.MEDIA_TYPE: {
                "schema": {"type": "string"},
                "example": people_examples.EXPORT,
            }
        },
    }
}


async def preferences_body(request: Request, door: TheDoor) -> people.Preferences:
    """Read what a user likes."""
    return await bodies.read_json(request, door, people.Preferences, max_bytes=_MAX_JSON_BYTES)


@router.get("/preferences", response_model=people.Preferences)
def read_preferences(door: TheDoor, who: TheCaller) -> Response:
    """Read what this user likes in general; the defaults where they have said nothing."""
    said = door.stores.people.preferences(who.whose)
    return Reply(exporting.preferences_view(said), headers=_PRIVATE)


@router.put("/preferences", response_model=people.Preferences, openapi_extra=_BODY)
def set_preferences(
    door: TheDoor,
    who: TheCaller,
    said: Annotated[people.Preferences, Depends(preferences_body)],
) -> Response:
    """Say what this user likes in general, in place of what was said before.

    Favourite genres are lifted a little in answers; what is in `never_play` is never found. Tracks
    that are new in it must be in the library.
    """
    preferences = Preferences(
        favourite_genres=tuple(said.favourite_genres),
        never_tracks=tuple(TrackId(one) for one in said.never_play.tracks),
        never_artists=tuple(said.never_play.artists),
        alpha=said.alpha,
        personal=said.personal,
        learn=said.learn,
    )
    _refuse_unknown(door, who, preferences.never_tracks)
    door.stores.people.set_preferences(who.whose, preferences)
    return Reply(exporting.preferences_view(preferences), headers=_PRIVATE)


@router.get("/history", response_model=schemas.JobsPage, responses=_HISTORY)
def list_history(
    door: TheDoor, who: TheCaller, asked: Annotated[people.PageQuery, Query()]
) -> Response:
    """List the photos and texts of this user, newest first, page by page, without results."""
    before = None if asked.cursor is None else JobId(paging.from_cursor(asked.cursor))
    where = JobFilter(
        kinds=(JobKind.PHOTO, JobKind.TEXT), tenant=who.tenant, user=who.user or NOBODY
    )
    found = door.stores.jobs.listed(where, limit=asked.limit + 1, before=before)
    if before is not None and not found:
        job_list.refuse_nowhere(door, who, before)
    shown = paging.page(found, limit=asked.limit, view=views.job_summary, place=lambda one: one.id)
    return Reply(shown, headers=_PRIVATE)


@router.get(
    "/export",
    summary="Export User",
    response_class=StreamingResponse,
    responses=_EXPORT,
)
def export(door: TheDoor, who: TheCaller) -> StreamingResponse:
    """Take along all that there is of this user: one JSON object a line (NDJSON).

    First the `preferences`, then each `feedback`, then each `batch` with the items of it that were
    refused, then each `job` with its params and its result, and after it its `image` as base64
    while that is kept; `end` at last.
    """
    return StreamingResponse(
        exporting.lines(door.stores, who.whose),
        media_type=exporting.MEDIA_TYPE,
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": 'attachment; filename="sightsong-export.ndjson"',
        },
    )


@router.delete("", summary="Erase User", status_code=204)
def erase_me(
    door: TheDoor,
    who: TheCaller,
    everything: Annotated[
        bool,
        Query(description="Without a user: erase all of the tenant, with all of its users."),
    ] = False,
) -> Response:
    """Erase all that there is of this user: photos, texts, answers, feedback, preferences.

    Their jobs end as with `DELETE /v1/jobs/{id}`: from then on there is nothing to ask of them
    (410). Safe to repeat.
    """
    if everything is (who.user is not None):
        raise InvalidRequest(
            "Name the user to erase (Sightsong-User), or say everything=true without one to erase "
            "all of the tenant, with all of its users."
        )
    erasing.erase_user(door.stores, who.tenant, who.user)
    return Response(status_code=204)


def _refuse_unknown(door: Door, who: Caller, never: Sequence[TrackId]) -> None:
    """See that there are the tracks that are newly banned; those of before may be gone by now."""
    before = set(door.stores.people.preferences(who.whose).never_tracks)
    new = [one for one in never if one not in before]
    known = door.stores.tracks.get_many(new)
    place = ("body", "never_play", "tracks")
    if unknown := [one for one in new if one not in known]:
        raise RequestValidationError(
            [
                {"loc": (*place, never.index(one)), "msg": "there is no track with this id"}
                for one in unknown[:_MOST_UNKNOWN]
            ]
        )

"""`/v1/tracks`: the library."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from api import access, ids, paging, schemas, views
from api.dependencies import Door, TheDoor
from api.replies import Reply
from api.routes import bodies
from sightsong.core import terms
from sightsong.core.errors import TrackNotFound
from sightsong.core.tenancy import Scope
from sightsong.core.tracks import Track, TrackFilter, TrackId

router = APIRouter(
    prefix="/v1/tracks",
    tags=["tracks"],
    dependencies=access.guarded(Scope.JOBS, Scope.LIBRARY),
)

_CHANGES = access.guarded(Scope.LIBRARY)


async def edit_body(request: Request, door: TheDoor) -> schemas.TrackEdit:
    """Read the body of an edit."""
    return await bodies.read_json(request, door, schemas.TrackEdit)


@router.get("", response_model=schemas.TracksPage)
def list_tracks(door: TheDoor, asked: Annotated[schemas.TrackQuery, Query()]) -> Response:
    """List the tracks, page by page."""
    if asked.q is not None and not terms.wanted(TrackFilter(text=asked.q)).begun:
        return Reply({"items": [], "next_cursor": None})  # no word is left to search by
    after = None if asked.cursor is None else TrackId(paging.from_cursor(asked.cursor))
    where = TrackFilter(
        state=asked.state,
        genre=asked.genre,
        mood=asked.mood,
        artist=asked.artist,
        label=asked.tag,
        text=asked.q,
        duplicates=asked.duplicates,
    )
    found = door.stores.tracks.page(limit=asked.limit + 1, after=after, where=where)
    return Reply(
        paging.page(found, limit=asked.limit, view=views.track_view, place=lambda one: one.id)
    )


@router.get("/{track_id}", response_model=schemas.TrackDetail)
def read_track(door: TheDoor, track_id: str) -> Response:
    """Look at one track."""
    return _detail(door, find(door, track_id))


@router.patch(
    "/{track_id}",
    response_model=schemas.TrackDetail,
    openapi_extra=bodies.described(schemas.TrackEdit),
    dependencies=_CHANGES,
)
def edit_track(
    door: TheDoor, track_id: str, edit: Annotated[schemas.TrackEdit, Depends(edit_body)]
) -> Response:
    """Say something else of a track. Your words weigh more than its file's, and outlive scans.

    What is left out stays as it is; null takes your word back.
    """
    changes = edit.model_dump(exclude_unset=True)
    if "tags" in changes:
        tags = changes.pop("tags")
        changes["labels"] = None if tags is None else tuple(dict.fromkeys(tags))
    return _detail(door, door.stores.tracks.edit(checked(track_id), changes))


@router.delete("/{track_id}", status_code=204, dependencies=_CHANGES)
def remove_track(door: TheDoor, track_id: str) -> Response:
    """Remove a track from the library. Its files stay; ingests leave them alone from now on."""
    door.stores.tracks.remove(checked(track_id))
    return Response(status_code=204)


def find(door: Door, track_id: str) -> Track:
    """Read a track by what may be its id.

    Raises:
        TrackNotFound: it is none.
    """
    return door.stores.tracks.get(checked(track_id))


def checked(track_id: str) -> TrackId:
    """See that something may be the id of a track.

    Raises:
        TrackNotFound: it cannot.
    """
    if not ids.can_be(track_id):
        raise TrackNotFound
    return TrackId(track_id)


def _detail(door: Door, track: Track) -> Response:
    same = door.stores.tracks.recording(track.recording_id) if track.recording_id else []
    return Reply(views.track_detail(track, same))

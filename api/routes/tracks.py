"""`/v1/tracks`: the library, and its music."""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from starlette.responses import FileResponse, Response

from api import files, paging, preferences, schemas, views
from api.dependencies import Door, TheDoor
from api.replies import Reply
from sightsong.core.errors import TrackNotFound
from sightsong.core.tracks import Track, TrackId, TrackState

router = APIRouter(prefix="/v1/tracks", tags=["tracks"])

_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
_AUDIO: dict[int | str, dict[str, Any]] = {
    200: {"content": {"audio/*": {}}},
    206: {"description": "The range that was asked for"},
    304: {"description": "The client has these bytes already"},
}


@router.get("", response_model=schemas.TracksPage)
def list_tracks(
    door: TheDoor,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: Annotated[str | None, Query()] = None,
    state: Annotated[TrackState | None, Query()] = None,
) -> Response:
    """List the tracks, page by page."""
    after = None if cursor is None else TrackId(paging.from_cursor(cursor))
    found = door.stores.tracks.page(limit=limit + 1, after=after, state=state)
    items = found[:limit]
    has_more = len(found) > limit
    return Reply(
        {
            "items": [views.track_view(track) for track in items],
            "next_cursor": paging.to_cursor(items[-1].id) if has_more else None,
        }
    )


@router.get("/{track_id}", response_model=schemas.TrackView)
def read_track(door: TheDoor, track_id: str) -> Response:
    """Look at one track."""
    return Reply(views.track_view(_find(door, track_id)))


@router.head("/{track_id}/audio", include_in_schema=False)
@router.get("/{track_id}/audio", response_class=FileResponse, responses=_AUDIO)
def play_track(
    door: TheDoor, track_id: str, if_none_match: Annotated[str | None, Header()] = None
) -> Response:
    """Listen to a track, or to a range of its bytes."""
    track = _find(door, track_id)
    paths = door.stores.tracks.paths(track.id)
    path, status = files.playable(paths, root=door.settings.library_root)
    audio = FileResponse(
        path,
        media_type=files.audio_type(path),
        stat_result=status,
        headers={"Cache-Control": "private, no-cache"},
    )
    tag = audio.headers["etag"]
    if preferences.has(if_none_match, tag):
        return Response(status_code=304, headers={"ETag": tag})
    return audio


def _find(door: Door, track_id: str) -> Track:
    if not _ID.fullmatch(track_id):
        raise TrackNotFound
    return door.stores.tracks.get(TrackId(track_id))

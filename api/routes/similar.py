"""`/v1/tracks/{id}/similar`: what sounds like a track."""

from dataclasses import replace
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Query
from numpy.typing import NDArray
from starlette.responses import Response

from api import access, schemas, views
from api.access import TheCaller
from api.dependencies import Door, TheDoor
from api.replies import Reply
from api.routes import tracks
from sightsong.core import choosing, embeddings, ports
from sightsong.core.choosing import Taste
from sightsong.core.errors import TrackNotReady
from sightsong.core.leaning import leaning_of
from sightsong.core.reasons import Asked
from sightsong.core.tenancy import Scope
from sightsong.core.tracks import Track, TrackId, TrackState

router = APIRouter(
    prefix="/v1/tracks",
    tags=["tracks"],
    dependencies=access.guarded(Scope.JOBS, Scope.LIBRARY),
)


@router.get("/{track_id}/similar", response_model=schemas.SimilarView)
def find_similar(
    door: TheDoor,
    who: TheCaller,
    track_id: str,
    asked: Annotated[schemas.SimilarQuery, Query()],
) -> Response:
    """Find the tracks that sound like one, and where they do; it is not among them.

    Each condition narrows; of several words for one of them, one must fit. What the user never
    wants to hear is not found either; what else is remembered of them does not count here.
    """
    track = tracks.find(door, track_id)
    door.library.catch_up()
    view = door.library.view()
    memory = door.stores.people.recall([who.whose]).get(who.whose)
    taste = _taste(asked, without=_encodings(door, track))
    found = choosing.choose(
        view,
        door.stores.tracks,
        _vector(view, track),
        affect=None,
        taste=choosing.remembering(taste, leaning_of(memory).bans),
        asked=Asked.TRACK,
    )
    return Reply(
        {
            "track_id": track.id,
            "items": [views.similar_view(match) for match in found],
            "receipt": views.index_receipt(view),
        }
    )


def _vector(view: ports.LibraryView, track: Track) -> NDArray[np.float32]:
    vector = view.vector(track.id)
    if vector is not None:
        return embeddings.unit(vector)
    if track.state is TrackState.QUARANTINED:
        raise TrackNotReady(f"This track could not be listened to: {track.reason or 'set aside.'}")
    if track.state is TrackState.PENDING:
        raise TrackNotReady("This track has not been listened to yet; try again later.")
    raise TrackNotReady("Searches do not see this track yet; try again in some seconds.")


def _encodings(door: Door, track: Track) -> frozenset[TrackId]:
    """Name a track, and all that is the same recording."""
    if track.recording_id is None:
        return frozenset({track.id})
    return frozenset(
        {track.id, *(one.id for one in door.stores.tracks.recording(track.recording_id))}
    )


def _taste(asked: schemas.SimilarQuery, *, without: frozenset[TrackId]) -> Taste:
    return Taste(
        top_k=asked.limit,
        diversity=asked.diversity,
        per_artist=asked.per_artist,
        duplicates=asked.duplicates,
        where=replace(choosing.filters_of(asked.filters()), without=without),
    )

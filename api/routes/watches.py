"""`/v1/watches`: the folders that are kept in step with the library."""

from fastapi import APIRouter
from starlette.responses import Response

from api import access, ids, schemas, views
from api.dependencies import TheDoor
from api.replies import Reply
from sightsong.core.errors import NotFound
from sightsong.core.tenancy import Scope

router = APIRouter(
    prefix="/v1/watches",
    tags=["library"],
    dependencies=access.guarded(Scope.LIBRARY),
)


@router.get("", response_model=schemas.WatchesView)
def list_watches(door: TheDoor) -> Response:
    """List the folders that are kept in step, the oldest first."""
    watched = door.stores.ingests.watched()
    return Reply({"items": [views.watch_view(one) for one in watched]})


@router.delete("/{watch_id}", status_code=204)
def end_watch(door: TheDoor, watch_id: str) -> Response:
    """Leave a folder alone from now on. Its tracks stay."""
    unknown = NotFound("No watched folder has this id.")
    if not ids.can_be(watch_id):
        raise unknown
    try:
        door.stores.ingests.unwatch(watch_id)
    except NotFound as error:
        raise unknown from error
    return Response(status_code=204)

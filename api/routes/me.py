"""`/v1/me`: who asks, and how much they have submitted."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api import access, schemas, views
from api.access import TheCaller
from api.dependencies import TheDoor
from api.replies import Reply
from sightsong.core.tenancy import Scope

router = APIRouter(prefix="/v1/me", tags=["me"], dependencies=access.guarded(*Scope))

_HEADERS = {"Cache-Control": "private, no-cache"}


@router.get("", summary="Read Caller", response_model=schemas.MeView)
def read_me(door: TheDoor, who: TheCaller, _asked: Annotated[schemas.NoQuery, Query()]) -> Response:
    """Ask who you are to this service: whose your jobs are, and what your key is for."""
    key = door.stores.keys.find(who.key_id) if who.key_id else None
    return Reply(
        {
            "tenant": who.tenant,
            "user": who.user,
            "key": None if key is None else views.key_view(key),
            "scopes": views.scopes_view(who.scopes),
        },
        headers=_HEADERS,
    )


@router.get("/usage", summary="Read Usage", response_model=schemas.UsageView)
def read_usage(
    door: TheDoor, who: TheCaller, asked: Annotated[schemas.UsageQuery, Query()]
) -> Response:
    """Ask how many photos and texts were submitted with your key, day by day (UTC)."""
    found = door.stores.keys.usage(who.tenant, key_id=who.key_id, days=asked.days)
    items = [{"day": one.day, "photos": one.photos, "texts": one.texts} for one in found]
    shown = {"items": items, "today": items[0], "jobs_per_day": who.jobs_per_day}
    return Reply(shown, headers=_HEADERS)

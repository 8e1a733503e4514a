"""`/v1/batches/{id}`: ask how a batch is, have its results, give it up or erase it."""

import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api import access, paging, preferences
from api.access import Caller, TheCaller
from api.dependencies import Door, TheDoor
from api.examples import batches as examples
from api.replies import Reply
from api.routes import batch_views, polled
from api.routes import jobs as job_routes
from api.schemas.batches import BatchesPage, BatchLine, BatchView
from sightsong.core import erasing
from sightsong.core.batches import Batch, BatchId, Item
from sightsong.core.errors import BatchErased, BatchNotFound, JobNotFound
from sightsong.core.tenancy import Scope

router = APIRouter(
    prefix="/v1/batches",
    tags=["batches"],
    dependencies=access.guarded(Scope.JOBS, Scope.LIBRARY),
)

ItemState = Literal["queued", "running", "succeeded", "failed", "canceled", "refused"]

#: Items that are read at a time: a result has about ten kilobytes.
_PAGE = 50
_NDJSON = "application/x-ndjson"
_CANCELED: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {"example": examples.CANCELED_BATCH}}}
}
_RESULTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A line for each item, in order",
        "content": {
            _NDJSON: {
                "schema": BatchLine.model_json_schema(),
                "example": json.dumps(examples.BATCH_LINE),
            }
        },
    }
}


@router.get("", response_model=BatchesPage)
def list_batches(
    door: TheDoor,
    who: TheCaller,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query()] = None,
) -> Response:
    """List the batches, newest first, page by page. What was erased is not among them."""
    before = None if cursor is None else _before(door, who, paging.from_cursor(cursor))
    found = door.stores.batches.listed(who.tenant, limit=limit + 1, before=before)
    shown = paging.page(found, limit=limit, view=batch_views.batch_view, place=lambda one: one.id)
    return Reply(shown, headers={"Cache-Control": "private, no-cache"})


@router.get(
    "/{batch_id}",
    response_model=BatchView,
    responses={304: {"description": "As is"}},
    openapi_extra={"parameters": [preferences.PARAMETER]},
)
async def read_batch(
    request: Request,
    door: TheDoor,
    who: TheCaller,
    batch_id: str,
    wait: Annotated[float | None, Query(ge=0, le=preferences.LONGEST_WAIT_S)] = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Ask how a batch is. With `wait` (or `Prefer: wait=n`), be answered when it changes.

    It changes with each of its jobs: to wait for its end, ask again with the ETag of the last
    answer until `state` is not `running`.
    """
    batch = await run_in_threadpool(find, door, who, batch_id)
    asked = polled.wait_of(request, wait)
    has_seen = if_none_match is None or preferences.has(if_none_match, _etag(batch))
    if asked.seconds > 0 and has_seen and not batch.state.is_final:
        await door.batches_waiting.change(batch.id, seen=batch.version, timeout_s=asked.seconds)
        batch = await run_in_threadpool(find, door, who, batch_id)
    headers = {**_headers(batch), **asked.headers}
    return polled.answer(batch_views.batch_view(batch), headers, if_none_match=if_none_match)


@router.get("/{batch_id}/results", response_class=StreamingResponse, responses=_RESULTS)
def read_results(
    door: TheDoor,
    who: TheCaller,
    batch_id: str,
    state: Annotated[ItemState | None, Query(description="Only items that are so.")] = None,
) -> Response:
    """Have all results: a line of JSON for each item, in order, as they are by now."""
    batch = find(door, who, batch_id)
    lines = _lines(door, batch, state)
    return StreamingResponse(
        lines, media_type=_NDJSON, headers={"Cache-Control": "private, no-cache"}
    )


@router.post("/{batch_id}/cancel", response_model=BatchView, responses=_CANCELED)
def cancel_batch(door: TheDoor, who: TheCaller, batch_id: str) -> Response:
    """Give up all jobs of a batch that have not ended. Safe to repeat; refused once all have."""
    canceled = door.stores.batches.cancel(_checked(batch_id), tenant=who.tenant)
    return Reply(batch_views.batch_view(canceled), headers=_headers(canceled))


@router.delete("/{batch_id}", status_code=204)
def erase_batch(door: TheDoor, who: TheCaller, batch_id: str) -> Response:
    """Erase a batch and all of its jobs, with all that the service knows of them. Safe to repeat.

    From then on there is nothing to ask of it (410).
    """
    erasing.erase_batch(door.stores, _checked(batch_id), tenant=who.tenant)
    return Response(status_code=204)


def find(door: Door, who: Caller, batch_id: str) -> Batch:
    """Read a batch by what may be its id.

    Raises:
        BatchNotFound: it is none.
        BatchErased: it was one.
    """
    return door.stores.batches.get(_checked(batch_id), tenant=who.tenant)


def items(door: Door, batch: Batch) -> Iterator[Item]:
    """Go through the items of a batch, in order; some are read at a time."""
    for first in range(0, batch.total, _PAGE):
        yield from door.stores.batches.items(batch.id, first=first, limit=_PAGE)


def _before(door: Door, who: Caller, last_id: str) -> BatchId:
    """Read whose place a cursor is; that batch may be erased by now."""
    try:
        return find(door, who, last_id).id
    except BatchErased:
        return _checked(last_id)
    except BatchNotFound as error:
        raise paging.no_cursor() from error


def _checked(batch_id: str) -> BatchId:
    """See that something may be the id of a batch.

    Raises:
        BatchNotFound: it cannot.
    """
    try:
        return BatchId(job_routes.checked(batch_id))
    except JobNotFound as error:
        raise BatchNotFound from error


def _lines(door: Door, batch: Batch, state: str | None) -> Iterator[bytes]:
    """Write the results of a batch."""
    for item in items(door, batch):
        view = batch_views.line_view(item)
        if state in (None, view["state"]):
            yield bytes(Reply(view).body) + b"\n"


def _etag(batch: Batch) -> str:
    return preferences.etag(batch.version)


def _headers(batch: Batch) -> dict[str, str]:
    headers = {"ETag": _etag(batch), "Cache-Control": "private, no-cache"}
    if not batch.state.is_final:
        headers["Retry-After"] = "1"
    return headers

"""`/v1/ingests`: take music into the library."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from api import errors, files, schemas, uploads, views
from api.dependencies import TheDoor
from api.replies import Reply, accepted
from api.routes.jobs import find
from sightsong.core import intake
from sightsong.core.errors import JobNotFound
from sightsong.core.jobs import JobKind

router = APIRouter(prefix="/v1/ingests", tags=["library"])

_MAX_BODY_BYTES = 16 * 1024
_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": schemas.IngestRequest.model_json_schema()}},
    }
}


async def ingest_body(request: Request, door: TheDoor) -> schemas.IngestRequest:
    """Read the body of an ingest.

    Strictly `application/json`: a page of another site cannot send that without being asked.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise errors.UnsupportedMediaType("Send application/json.")
    body = await uploads.read_body(
        request,
        max_bytes=_MAX_BODY_BYTES,
        timeout_s=door.settings.upload_timeout_s,
        too_large=errors.BodyTooLarge(),
    )
    try:
        return schemas.IngestRequest.model_validate_json(body)
    except ValidationError as error:
        parts = [{**one, "loc": ("body", *one["loc"])} for one in error.errors()]
        raise RequestValidationError(parts) from error


@router.post("", status_code=202, response_model=schemas.IngestView, openapi_extra=_BODY)
def submit_ingest(
    door: TheDoor, wish: Annotated[schemas.IngestRequest, Depends(ingest_body)]
) -> Response:
    """Take a folder or file of music in. Safe to repeat: what is known is not taken twice."""
    path = files.ingestible(wish.path, root=door.settings.library_root)
    job = intake.submit_ingest(door.stores, door.doorbell, path=str(path))
    return accepted(views.ingest_view(job, {}), f"/v1/ingests/{job.id}")


@router.get("/{ingest_id}", response_model=schemas.IngestView)
def read_ingest(door: TheDoor, ingest_id: str) -> Response:
    """Ask how far an ingest is."""
    job = find(door, ingest_id)
    if job.kind is not JobKind.INGEST:
        raise JobNotFound
    view = views.ingest_view(job, door.stores.jobs.children(job.id))
    headers = {"Cache-Control": "private, no-cache"}
    if not view["done"]:
        headers["Retry-After"] = "1"
    return Reply(view, headers=headers)

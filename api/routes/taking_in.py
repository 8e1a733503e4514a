"""How an ingest begins: what is named is checked, what is sent is put into the inbox."""

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from api import deliveries, errors, files, remote, schemas
from api.access import Caller
from api.dependencies import Door
from api.routes import bodies, form_fields
from sightsong.core import intake
from sightsong.core.errors import PathNotAllowed, SightsongError
from sightsong.core.ingests import Wish
from sightsong.core.jobs import Job

#: A thousand paths of the longest kind.
_MAX_BODY_BYTES = 4 * 1024**2
_BYTES = {"schema": form_fields.FILE}
_FORM = form_fields.form(
    "file",
    {
        "file": form_fields.FILES,
        "dry_run": {"type": "boolean", "default": False},
        "restore": {"type": "boolean", "default": False},
        "library": {"type": "string", "minLength": 1, "maxLength": 80},
    },
)
OPENAPI = {
    "requestBody": {
        "required": True,
        "content": {
            **bodies.described(schemas.IngestRequest)["requestBody"]["content"],
            "multipart/form-data": _FORM,
            "application/zip": _BYTES,
            "application/x-tar": _BYTES,
            "application/gzip": _BYTES,
            "text/csv": _BYTES,
            "application/x-ndjson": _BYTES,
            "audio/*": _BYTES,
            "application/octet-stream": _BYTES,
        },
    },
}


async def begin(request: Request, door: Door, who: Caller, *, options: schemas.UploadQuery) -> Job:
    """Store an ingest of what a request names or holds, and wake the indexer.

    Raises:
        UnsupportedMediaType: neither JSON nor music is announced.
        SightsongError: what is named or sent is refused.
    """
    media_type = bodies.media_type(request)
    if media_type == "application/json":
        return await _named(request, door, who, options)
    errors.note_unread(request, is_unread=True)
    if not deliveries.is_taken(media_type):
        raise errors.UnsupportedMediaType(
            "Send application/json, a multipart/form-data form with fields 'file', or one file as "
            "audio/*, application/zip, application/x-tar, application/gzip, text/csv, "
            "application/x-ndjson or application/octet-stream."
        )
    async with door.deliveries.take(who.turns):
        return await _sent(request, door, who, options)


async def _named(request: Request, door: Door, who: Caller, options: schemas.UploadQuery) -> Job:
    asked = await bodies.read_json(
        request,
        door,
        schemas.IngestRequest,
        max_bytes=_MAX_BODY_BYTES,
        most_values=bodies.MOST_VALUES_OF_MANY,
    )
    return await run_in_threadpool(_begin_named, door, who, asked, options)


def _begin_named(
    door: Door, who: Caller, asked: schemas.IngestRequest, options: schemas.UploadQuery
) -> Job:
    settings = door.settings
    paths = [files.ingestible(path, root=settings.library_root) for path in asked.all_paths]
    if asked.watch and not all(path.is_dir() for path in paths):
        raise PathNotAllowed("Only folders can be watched.")
    url = None if asked.url is None else remote.allowed(asked.url, settings.object_stores)
    wish = Wish(
        paths=tuple(dict.fromkeys(str(path) for path in paths)),
        url=url,
        dry_run=asked.dry_run or options.dry_run,
        remove_missing=asked.remove_missing,
        restore=asked.restore or options.restore,
        library=asked.library or options.library,
    )
    job = intake.submit_ingest(door.stores, door.doorbell, wish, tenant=who.tenant)
    for path in wish.paths if asked.watch else ():
        watched = door.stores.ingests.watch(path)
        door.stores.ingests.note_watched(watched.id, job.id)
    return job


async def _sent(request: Request, door: Door, who: Caller, options: schemas.UploadQuery) -> Job:
    settings, inbox = door.settings, door.music.inbox
    limits = deliveries.Limits(
        max_bytes=settings.max_music_bytes, patience_s=settings.upload_timeout_s
    )
    delivery = await deliveries.receive(request, inbox, name=options.name, limits=limits)
    errors.note_unread(request, is_unread=False)
    return await run_in_threadpool(_begin_sent, door, who, delivery, options)


def _begin_sent(
    door: Door, who: Caller, delivery: deliveries.Delivery, options: schemas.UploadQuery
) -> Job:
    try:
        chosen = _merged(options, delivery.fields)
        wish = Wish(
            inbox=delivery.tray,
            uploads=delivery.files,
            dry_run=chosen.dry_run,
            restore=chosen.restore,
            library=chosen.library,
        )
        return intake.submit_ingest(door.stores, door.doorbell, wish, tenant=who.tenant)
    except (SightsongError, RequestValidationError) as error:
        deliveries.discard(door.music.inbox, delivery, error)
        raise


def _merged(options: schemas.UploadQuery, fields: dict[str, str]) -> schemas.TakeInOptions:
    """Take the form's fields before those of the query."""
    given = options.model_dump(include={"dry_run", "restore", "library"})
    try:
        return schemas.TakeInOptions.model_validate(given | fields)
    except ValidationError as error:
        raise bodies.refused(error, where="form") from error

"""What there is of a user, line by line, so that a large history takes no memory."""

import base64
import contextlib
import json
from collections.abc import Iterator
from typing import Any

from api import views
from api.routes import batch_views
from api.routes.feedback import feedback_view
from sightsong.core import ports, sniff
from sightsong.core.batches import Batch, BatchId
from sightsong.core.errors import (
    BatchErased,
    BatchNotFound,
    BlobNotFound,
    JobErased,
    JobNotFound,
)
from sightsong.core.jobs import Job, JobFilter, JobId, JobKind
from sightsong.core.people import Preferences
from sightsong.core.tenancy import Whose

MEDIA_TYPE = "application/x-ndjson"
#: Rows that are read at once; items of a batch, each with its result.
_PAGE = 200
_ITEMS = 50


def lines(stores: ports.Stores, whose: Whose) -> Iterator[bytes]:
    """Tell all that there is of somebody, one JSON object a line."""
    yield _line("preferences", preferences_view(stores.people.preferences(whose)))
    yield from _feedback(stores, whose)
    yield from _batches(stores, whose)
    for job in _jobs(stores, whose):
        yield from _job(stores, job)
    yield _line("end", {})  # without it, the connection broke


def preferences_view(preferences: Preferences) -> dict[str, Any]:
    """Show what somebody likes in general."""
    return {
        "favourite_genres": list(preferences.favourite_genres),
        "never_play": {
            "tracks": list(preferences.never_tracks),
            "artists": list(preferences.never_artists),
        },
        "alpha": preferences.alpha,
        "personal": preferences.personal,
        "learn": preferences.learn,
    }


def _feedback(stores: ports.Stores, whose: Whose) -> Iterator[bytes]:
    """Tell what they did; what is withdrawn meanwhile takes nothing else with it."""
    last: int | None = None
    while page := stores.people.feedback(whose, limit=_PAGE, below=last):
        for one in page:
            yield _line("feedback", feedback_view(one))
        last = page[-1].sequence


def _batches(stores: ports.Stores, whose: Whose) -> Iterator[bytes]:
    last: BatchId | None = None
    while page := stores.batches.listed(whose.tenant, user=whose.user, limit=_PAGE, before=last):
        for one in page:
            told = batch_views.batch_view(one)
            with contextlib.suppress(BatchNotFound, BatchErased):  # meanwhile
                yield _line("batch", told | {"refused": [*_refused(stores, one)]})
        last = page[-1].id


def _refused(stores: ports.Stores, batch: Batch) -> Iterator[dict[str, Any]]:
    """Tell which of its items could not be taken: of these there are no jobs."""
    if not batch.refused:
        return
    for first in range(0, batch.total, _ITEMS):
        for item in stores.batches.items(batch.id, first=first, limit=_ITEMS):
            if item.error is not None:
                told = {"code": item.error.code, "detail": item.error.detail}
                yield {"position": item.position, "custom_id": item.custom_id, "error": told}


def _jobs(stores: ports.Stores, whose: Whose) -> Iterator[Job]:
    where = JobFilter(kinds=(JobKind.PHOTO, JobKind.TEXT), tenant=whose.tenant, user=whose.user)
    last: JobId | None = None
    while page := stores.jobs.listed(where, limit=_PAGE, before=last):
        yield from page
        last = page[-1].id


def _job(stores: ports.Stores, listed: Job) -> Iterator[bytes]:
    try:
        job = stores.jobs.get(listed.id, tenant=listed.tenant)
    except (JobNotFound, JobErased):  # erased meanwhile
        return
    yield _line("job", views.job_view(job) | {"params": dict(job.params)})
    if job.blob_id is None:
        return
    try:
        with stores.blobs.open(job.blob_id) as file:
            content = file.read()
    except BlobNotFound:
        return
    image = {
        "job_id": job.id,
        "media_type": sniff.media_type(content),
        "base64": base64.b64encode(content).decode(),
    }
    yield _line("image", image)


def _line(name: str, told: dict[str, Any]) -> bytes:
    text = json.dumps({"type": name, **told}, ensure_ascii=False, separators=(",", ":"))
    return f"{text}\n".encode("utf-8", "replace")

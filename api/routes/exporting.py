"""What there is of a user, line by line, so that a large history takes no memory."""

import base64
import json
from collections.abc import Iterator
from typing import Any

from api import views
from api.routes.feedback import feedback_view
from sightsong.core import ports, sniff
from sightsong.core.errors import BlobNotFound, FeedbackNotFound, JobErased, JobNotFound
from sightsong.core.jobs import Job, JobFilter, JobId, JobKind
from sightsong.core.people import FeedbackId, Preferences
from sightsong.core.tenancy import Whose

MEDIA_TYPE = "application/x-ndjson"
#: Rows that are read at once.
_PAGE = 200


def lines(stores: ports.Stores, whose: Whose) -> Iterator[bytes]:
    """Tell all that there is of somebody, one JSON object a line."""
    yield _line("preferences", preferences_view(stores.people.preferences(whose)))
    yield from _feedback(stores, whose)
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
    last: FeedbackId | None = None
    while True:
        try:
            page = stores.people.feedback(whose, limit=_PAGE, before=last)
        except FeedbackNotFound:  # withdrawn or erased meanwhile
            return
        for one in page:
            yield _line("feedback", feedback_view(one))
        if len(page) < _PAGE:
            return
        last = page[-1].id


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

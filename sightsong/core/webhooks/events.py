"""What webhooks are told of, and in which words."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sightsong.core.times import rfc_3339


class Event(StrEnum):
    """What a delivery tells of."""

    JOB_SUCCEEDED = "job.succeeded"
    JOB_FAILED = "job.failed"
    JOB_CANCELED = "job.canceled"
    BATCH_COMPLETED = "batch.completed"  #: Its last item has ended, or it was canceled.
    TEST = "test"  #: Only ever on request.


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A job or a batch that has ended."""

    event: Event
    id: str
    kind: str  #: Of the job; `batch`.
    state: str  #: That it ended in.
    ended_at: float  #: Seconds since the epoch.
    custom_id: str | None = None
    batch_id: str | None = None  #: That the job belongs to.
    webhook_id: str | None = None  #: That was named when it was submitted.


def is_told(events: Collection[Event], webhook_id: str, subject: Subject) -> bool:
    """Whether a webhook with these events is told of something."""
    return subject.event in events or webhook_id == subject.webhook_id


def payload(subject: Subject) -> dict[str, Any]:
    """What is sent of something that has ended: where to ask for more, and nothing personal."""
    place = "batches" if subject.event is Event.BATCH_COMPLETED else "jobs"
    data = {
        "id": subject.id,
        "kind": subject.kind,
        "state": subject.state,
        "custom_id": subject.custom_id,
        "batch_id": subject.batch_id,
        "url": f"/v1/{place}/{subject.id}",
    }
    return _told(subject.event, subject.ended_at, data)


def payload_of_test(webhook_id: str, now: float) -> dict[str, Any]:
    """What is sent to try a webhook out, of the same form."""
    data = {
        "id": webhook_id,
        "kind": "test",
        "state": None,
        "custom_id": None,
        "batch_id": None,
        "url": f"/v1/webhooks/{webhook_id}",
    }
    return _told(Event.TEST, now, data)


def _told(event: Event, at: float, data: dict[str, Any]) -> dict[str, Any]:
    return {"type": str(event), "timestamp": rfc_3339(at), "data": data}

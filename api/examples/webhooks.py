"""Webhooks, and what they were told."""

from pydantic import JsonValue

_WEBHOOK_ID = "e2b8a9f4-0a3d-4c5e-9f61-7d0c2b1a9e55"
_DELIVERY_ID = "msg_4f0c2a7be1d94f5c8a63d9b7e2f10c44"
_JOB_ID = "0b0e6a0e-6e5b-4d53-9b7e-2f1f6f0f3c11"
_SECRET = "whsec_aZ3n1vQxU0mT5yKp8sLdW2eRbC7fGhJ9oIuNkV4tXqE="  # noqa: S105 - of an example

NEW_WEBHOOK: dict[str, JsonValue] = {
    "url": "https://app.example.org/hooks/sightsong",
    "events": ["job.succeeded", "job.failed", "batch.completed"],
    "description": "photo frame in the hall",
}

WEBHOOK: dict[str, JsonValue] = {
    "id": _WEBHOOK_ID,
    "url": "https://app.example.org/hooks/sightsong",
    "events": ["job.succeeded", "job.failed", "batch.completed"],
    "description": "photo frame in the hall",
    "enabled": True,
    "disabled_reason": None,
    "failing_since": None,
    "created_at": "2026-11-21T20:15:00.000Z",
}

MADE_WEBHOOK: dict[str, JsonValue] = WEBHOOK | {"secret": _SECRET}

WEBHOOKS: dict[str, JsonValue] = {"items": [WEBHOOK], "next_cursor": None}

CHANGE_WEBHOOK: dict[str, JsonValue] = {"events": ["job.failed"], "enabled": True}

ROTATE_SECRET: dict[str, JsonValue] = {"overlap_s": 86_400}

SECRET: dict[str, JsonValue] = {"secret": _SECRET}

DELIVERY: dict[str, JsonValue] = {
    "id": _DELIVERY_ID,
    "event": "job.succeeded",
    "subject_id": _JOB_ID,
    "state": "pending",
    "attempt": 1,
    "next_at": "2026-11-21T20:15:07.201Z",
    "created_at": "2026-11-21T20:15:02.014Z",
    "attempts": [{"at": "2026-11-21T20:15:02.120Z", "status": 500, "error": None, "took_ms": 81.4}],
}

TEST_DELIVERY: dict[str, JsonValue] = DELIVERY | {
    "event": "test",
    "subject_id": None,
    "attempt": 0,
    "next_at": "2026-11-21T20:15:02.014Z",
    "attempts": [],
}

REPLAYED_DELIVERY: dict[str, JsonValue] = DELIVERY | {
    "attempt": 0,
    "next_at": "2026-11-21T21:40:12.031Z",
}

DELIVERIES: dict[str, JsonValue] = {"items": [DELIVERY], "next_cursor": None}

"""Ingests as a service tells them."""

from typing import Any

FRESH = {"items": [], "active": "v1", "stale": False}
PROBLEMS = "/v1/ingests/i-1/problems"
TRACKS = {"queued": 0, "running": 0, "succeeded": 1, "failed": 1, "canceled": 0}


def ingest(*, done: bool, **more: object) -> dict[str, Any]:
    """An ingest of three files, of which one is known and one cannot be heard."""
    told: dict[str, Any] = {
        "id": "i-1",
        "status": "done" if done else "scanning",
        "state": "succeeded" if done else "running",
        "created_at": "2026-11-20T23:40:00.000Z",
        "started_at": None,
        "finished_at": None,
        "attempt": 1,
        "error": None,
        "source": {"kind": "paths", "paths": ["/home/me/Music"], "url": None, "files": None},
        "dry_run": False,
        "scan": {"found": 3, "new": 2, "known": 1, "duplicates": 0, "unreadable": 0}
        if done
        else {"found": 0, "new": 0, "known": 0, "duplicates": 0, "unreadable": 0},
        "tracks": TRACKS,
        "problems": 1 if done else 0,
        "failed": {"audio_silent": 1} if done else {},
        "heard_s": 0.0,
        "rates": {"tracks_per_s": None, "hours_per_hour": None},
        "eta_s": None,
        "estimate": None,
        "done": done,
    }
    return {**told, **more}


def trouble(number: int = 1, code: str = "audio_silent") -> dict[str, Any]:
    """A file that could not be taken in."""
    return {
        "file": f"{number} [b]silence\x1b.mp3",
        "code": code,
        "detail": "The audio holds no sound.",
        "track_id": None,
    }


def page(*items: object) -> dict[str, Any]:
    """A list of one page."""
    return {"items": list(items), "next_cursor": None}

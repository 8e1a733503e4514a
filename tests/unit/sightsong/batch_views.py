"""Batches and their playlists, as the service tells of them."""

import json
from typing import Any

import httpx

BATCH = "/v1/batches/b-1"
M3U8 = "#EXTM3U\n#PLAYLIST:trip\n#EXTINF:61,Ours - Kites\nhttp://127.0.0.1:8000/a\n"
COUNTS = {"queued": 0, "running": 0, "succeeded": 0, "failed": 0, "canceled": 0, "refused": 0}
PLAYLIST: dict[str, Any] = {
    "batch_id": "b-1",
    "title": "trip",
    "order": "given",
    "photos": 3,
    "tracks": [
        {
            "position": 1,
            "track_id": "t-1",
            "title": "Paper Kites\x1b[31m",
            "artist": "Ours",
            "duration_s": 61.0,
            "why": "The best match for a.jpg.",
        },
        {
            "position": 2,
            "track_id": "t-2",
            "title": "Nobody's",
            "artist": None,
            "duration_s": None,
            "why": "Match 2 for b.jpg; the better ones play elsewhere.",
        },
    ],
}


def batch(state: str = "completed", **counts: int) -> dict[str, Any]:
    """A batch as the service tells of it."""
    told = {"id": "b-1", "custom_id": None, "state": state, "version": sum(counts.values())}
    times = {"created_at": "2026-11-20T23:42:07.300Z", "finished_at": None}
    rest = {"total": sum(counts.values()), "cancel_requested": state == "canceled"}
    return {**told, **times, **rest, "counts": {**COUNTS, **counts}}


def item(position: int, state: str = "succeeded", **more: object) -> dict[str, Any]:
    """One line of the results of a batch."""
    told = {"position": position, "custom_id": f"{position}.jpg", "job_id": f"j-{position}"}
    return {**told, "state": state, "result": None, "error": None, **more}


def lines(*items: dict[str, Any]) -> httpx.Response:
    """Results as they are sent."""
    body = "".join(json.dumps(one) + "\n" for one in items)
    headers = {"Content-Type": "application/x-ndjson"}
    return httpx.Response(200, content=body.encode(), headers=headers)

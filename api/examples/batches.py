"""Batches, their results, and playlists of them."""

from pydantic import JsonValue

_BATCH_ID = "7d1c2f60-41f9-4a3e-8b61-6a2f9d0f7b33"
_JOB_ID = "0b0e6a0e-6e5b-4d53-9b7e-2f1f6f0f3c11"
_TRACK_ID = "5a0f3b44-2a40-4be1-9d5b-1f6e4c1a7a02"

BATCH_REQUEST: dict[str, JsonValue] = {
    "custom_id": "summer at the sea",
    "top_k": 3,
    "items": [
        {"custom_id": "morning", "text": "calm piano for a walk along the water"},
        {"custom_id": "evening", "text": "warm guitars, slow", "diversity": 0.3},
    ],
}

#: As `application/x-ndjson`.
BATCH_LINES = (
    '{"custom_id":"morning","text":"calm piano for a walk along the water"}\n'
    '{"custom_id":"evening","text":"warm guitars, slow","diversity":0.3}\n'
)

BATCH: dict[str, JsonValue] = {
    "id": _BATCH_ID,
    "custom_id": "summer at the sea",
    "state": "running",
    "version": 12,
    "created_at": "2026-11-21T20:15:00.000Z",
    "finished_at": None,
    "total": 5,
    "counts": {
        "queued": 1,
        "running": 1,
        "succeeded": 2,
        "failed": 0,
        "canceled": 0,
        "refused": 1,
    },
    "cancel_requested": False,
}

NEW_BATCH: dict[str, JsonValue] = BATCH | {
    "version": 4,
    "counts": {
        "queued": 4,
        "running": 0,
        "succeeded": 0,
        "failed": 0,
        "canceled": 0,
        "refused": 1,
    },
}

CANCELED_BATCH: dict[str, JsonValue] = BATCH | {
    "state": "canceled",
    "version": 15,
    "finished_at": "2026-11-21T20:15:03.512Z",
    "counts": {
        "queued": 0,
        "running": 0,
        "succeeded": 2,
        "failed": 0,
        "canceled": 2,
        "refused": 1,
    },
    "cancel_requested": True,
}

BATCHES: dict[str, JsonValue] = {"items": [BATCH], "next_cursor": None}

BATCH_LINE: dict[str, JsonValue] = {
    "position": 1,
    "custom_id": "broken.jpg",
    "job_id": None,
    "state": "refused",
    "result": None,
    "error": {"code": "image_broken", "detail": "The image is truncated or damaged."},
}

#: As `audio/x-mpegurl`, and as `application/jspf+json`.
PLAYLIST_M3U = (
    "#EXTM3U\n"
    "#PLAYLIST:summer at the sea\n"
    "#EXTINF:201,The Example Trio - Morning Light\n"
    f"http://localhost:8000/v1/tracks/{_TRACK_ID}/audio\n"
)
PLAYLIST_JSPF: dict[str, JsonValue] = {
    "playlist": {
        "title": "summer at the sea",
        "track": [
            {
                "location": [f"http://localhost:8000/v1/tracks/{_TRACK_ID}/audio"],
                "title": "Morning Light",
                "creator": "The Example Trio",
                "album": "First Light",
                "duration": 201400,
                "annotation": "The best match for beach.jpg.",
                "extension": {
                    "urn:sightsong:playlist": [
                        {"job_id": _JOB_ID, "valence": 0.41, "arousal": -0.12}
                    ]
                },
            }
        ],
    }
}

PLAYLIST: dict[str, JsonValue] = {
    "batch_id": _BATCH_ID,
    "title": "summer at the sea",
    "order": "path",
    "photos": 2,
    "wanted": 2,
    "note": "1 of 2 tracks: each photo offers its own matches only, and no track comes twice. "
    "Submit the batch with a larger top_k for more.",
    "tracks": [
        {
            "position": 1,
            "track_id": _TRACK_ID,
            "title": "Morning Light",
            "artist": "The Example Trio",
            "album": "First Light",
            "duration_s": 201.4,
            "audio_url": f"/v1/tracks/{_TRACK_ID}/audio",
            "job_id": _JOB_ID,
            "photo": "beach.jpg",
            "rank": 1,
            "score": 0.8123,
            "valence": 0.41,
            "arousal": -0.12,
            "step": None,
            "why": "The best match for beach.jpg.",
            "reason": "Bright and calm, like the photo.",
        }
    ],
}

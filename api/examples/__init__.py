"""Example answers for OpenAPI and `/docs`."""

from pydantic import JsonValue

_JOB_ID = "0b0e6a0e-6e5b-4d53-9b7e-2f1f6f0f3c11"
_TRACK_ID = "5a0f3b44-2a40-4be1-9d5b-1f6e4c1a7a02"
_VERSION = "20261120T234207123456-1f3a9c2e"
_INGEST_ID = "c3a1f0de-58a5-4a19-a0cf-9a5b6f8f7b52"

PHOTO_RESULT: dict[str, JsonValue] = {
    "profile": "full",
    "emotion": {
        "dominant": "joy",
        "confidence": 0.62,
        "distribution": {
            "anger": 0.04,
            "disgust": 0.03,
            "fear": 0.06,
            "joy": 0.62,
            "sadness": 0.1,
            "surprise": 0.15,
        },
        "agreement": {
            "agrees": True,
            "distance": 0.24,
            "scene": {"valence": 0.48, "arousal": 0.06},
            "faces": {"valence": 0.66, "arousal": 0.22},
            "note": "The faces (energetic and bright) feel like the scene (bright).",
        },
    },
    "valence": 0.54,
    "arousal": 0.12,
    "faces": [
        {
            "box": {"x": 0.41, "y": 0.22, "width": 0.12, "height": 0.2},
            "score": 0.93,
            "distribution": {
                "anger": 0.01,
                "disgust": 0.0,
                "fear": 0.01,
                "joy": 0.9,
                "sadness": 0.01,
                "surprise": 0.02,
                "neutral": 0.05,
            },
        }
    ],
    "moods": [
        {"label": "hopeful", "score": 0.61, "similarity": 0.254},
        {"label": "tender", "score": 0.27, "similarity": 0.246},
    ],
    "caption": "a woman standing in a field of flowers",
    "emotional_caption": "a joyful photo of a woman in a field of flowers",
    "query": "This audio is a hopeful piano and strings piece in a major key.",
    "matches": [
        {
            "rank": 1,
            "track_id": _TRACK_ID,
            "title": "Morning Light",
            "artist": "The Example Trio",
            "score": 0.8475,
            "parts": {
                "semantic": 0.74,
                "cosine": 0.41,
                "affect": 0.89,
                "affect_distance": 0.2,
                "memory": 0.0375,
            },
            "reason": "Calm and bright, close to the photo; best from 0:40; you liked this artist.",
            "window_start_s": 40.0,
            "audio_url": f"/v1/tracks/{_TRACK_ID}/audio",
        }
    ],
    "personal": True,
    "receipt": {
        "profile": "full",
        "device": "cpu",
        "models": [
            {"id": "openai/clip-vit-base-patch32", "revision": "3d74acf9", "task": "emotion"}
        ],
        "index_snapshot": _VERSION,
        "index_revision": 4210,
        "prompts_sha256": "3f79bb7b435b05321651daefd374cdc681dc06faa65e374e38337b88ca046dea",
    },
    "timings_ms": {
        "decode": 11.2,
        "emotion": 31.2,
        "faces": 9.8,
        "moods": 1.1,
        "caption": 240.5,
        "query": 12.7,
        "match": 1.4,
        "batch": 1,
    },
}

JOB: dict[str, JsonValue] = {
    "id": _JOB_ID,
    "kind": "photo",
    "state": "succeeded",
    "state_version": 3,
    "custom_id": "holiday-17",
    "user": "alice",
    "batch_id": None,
    "cached_from": None,
    "created_at": "2026-11-20T23:42:07.312Z",
    "started_at": "2026-11-20T23:42:07.340Z",
    "finished_at": "2026-11-20T23:42:07.402Z",
    "attempt": 1,
    "error": None,
    "deadline_at": None,
    "queue_position": None,
    "eta_s": None,
    "result": PHOTO_RESULT,
}

#: What a submit answers.
QUEUED: dict[str, JsonValue] = JOB | {
    "state": "queued",
    "state_version": 1,
    "started_at": None,
    "finished_at": None,
    "attempt": 0,
    "result": None,
}

CANCELED: dict[str, JsonValue] = JOB | {
    "state": "canceled",
    "state_version": 2,
    "started_at": None,
    "attempt": 0,
    "result": None,
}

#: A job as lists show it.
JOB_SUMMARY: dict[str, JsonValue] = {
    name: value for name, value in JOB.items() if name not in {"queue_position", "eta_s", "result"}
}

JOBS: dict[str, JsonValue] = {"items": [JOB_SUMMARY], "next_cursor": None}

#: What a follower of a job is sent; the data of each event is one line.
JOB_EVENTS = (
    "retry: 2000\n\n"
    'event: state\nid: 2\ndata: {"id":"0b0e6a0e-6e5b-4d53-9b7e-2f1f6f0f3c11","kind":"photo",'
    '"state":"running","state_version":2, ...}\n\n'
    ": still here\n\n"
    'event: state\nid: 3\ndata: {"id":"0b0e6a0e-6e5b-4d53-9b7e-2f1f6f0f3c11","kind":"photo",'
    '"state":"succeeded","state_version":3, ...}\n\n'
)

PREDICTION: dict[str, JsonValue] = {
    "status": "success",
    "prediction": {
        "dominant_emotion": "joy",
        "confidence": 0.62,
        "probability_distribution": {
            "anger": 0.04,
            "disgust": 0.03,
            "fear": 0.06,
            "joy": 0.62,
            "sadness": 0.1,
            "surprise": 0.15,
        },
        "all_emotions": [
            {"emotion": "joy", "probability": 0.62},
            {"emotion": "surprise", "probability": 0.15},
            {"emotion": "sadness", "probability": 0.1},
            {"emotion": "fear", "probability": 0.06},
            {"emotion": "anger", "probability": 0.04},
            {"emotion": "disgust", "probability": 0.03},
        ],
    },
}

PREDICTION_LATE: dict[str, JsonValue] = {
    "status": "error",
    "message": "The photo was not done in time; ask for its job.",
    "code": "not_in_time",
    "job_id": _JOB_ID,
}

HELLO: dict[str, JsonValue] = {
    "message": "Hello from Sightsong. Send a photo to POST /predict; read on at /docs."
}

FILTERS: dict[str, JsonValue] = {
    "genre": ["ambient", "jazz"],
    "tempo_bpm": {"max": 100},
    "explicit": False,
}

TEXT_REQUEST: dict[str, JsonValue] = {
    "text": "calm piano for a rainy evening",
    "top_k": 5,
    "filters": FILTERS,
}

REFINE_REQUEST: dict[str, JsonValue] = {"calmer": 0.5, "avoid": ["sad"], "filters": FILTERS}

REFINED: dict[str, JsonValue] = {
    "job_id": _JOB_ID,
    "query": PHOTO_RESULT["query"],
    "valence": 0.54,
    "arousal": -0.38,
    "matches": PHOTO_RESULT["matches"],
    "personal": True,
    "receipt": {
        "index_snapshot": _VERSION,
        "index_revision": 4210,
        "prompts_sha256": "3f79bb7b435b05321651daefd374cdc681dc06faa65e374e38337b88ca046dea",
    },
}

SIMILAR: dict[str, JsonValue] = {
    "track_id": _TRACK_ID,
    "items": [
        {
            "rank": 1,
            "track_id": "9e2d7c41-0f35-4b8e-8a55-66d0c7f1be20",
            "title": "Evening Light",
            "artist": "The Other Example",
            "score": 0.84,
            "cosine": 0.91,
            "window_start_s": 20.0,
            "audio_url": "/v1/tracks/9e2d7c41-0f35-4b8e-8a55-66d0c7f1be20/audio",
        }
    ],
    "receipt": {"index_snapshot": _VERSION, "index_revision": 4210},
}

INDEX: dict[str, JsonValue] = {
    "version": _VERSION,
    "space": "sightsong/affect-space@2",
    "state": "active",
    "is_pinned": False,
    "backend": "faiss",
    "kind": "ivf",
    "tracks": 52000,
    "revision": 4100,
    "recall_at_10": {"library": 0.999, "text": 0.996},
    "bytes": 182000000,
    "built_s": 9.4,
    "created_at": "2026-11-20T23:42:07.312Z",
}

INDEXES: dict[str, JsonValue] = {
    "items": [INDEX],
    "active": _VERSION,
    "stale": False,
    "refused": None,
    "held_back": None,
    "delta": {"tracks": 110, "limit": 10000},
}

TRACK: dict[str, JsonValue] = {
    "id": _TRACK_ID,
    "title": "Morning Light",
    "artist": "The Example Trio",
    "album": "Windows",
    "genre": "Jazz",
    "mood": None,
    "licence": "CC BY 4.0",
    "library": None,
    "explicit": None,
    "tags": ["piano", "morning"],
    "state": "ready",
    "duration_s": 201.4,
    "valence": 0.5,
    "arousal": -0.1,
    "descriptors": {"tempo_bpm": 92.0},
    "reason": None,
    "recording_id": _TRACK_ID,
    "audio_url": f"/v1/tracks/{_TRACK_ID}/audio",
    "cover_url": f"/v1/tracks/{_TRACK_ID}/cover",
}

TRACK_DETAIL: dict[str, JsonValue] = TRACK | {
    "recording": {"id": _TRACK_ID, "tracks": [_TRACK_ID, "9e2d7c41-0f35-4b8e-8a55-66d0c7f1be20"]}
}

TRACKS: dict[str, JsonValue] = {"items": [TRACK], "next_cursor": None}

EDIT: dict[str, JsonValue] = {"title": "Morning Light", "tags": ["piano"], "mood": None}

INGEST_REQUEST: dict[str, JsonValue] = {"path": "/home/me/Music", "dry_run": False}

INGEST: dict[str, JsonValue] = {
    "id": _INGEST_ID,
    "status": "listening",
    "state": "succeeded",
    "created_at": "2026-11-20T23:40:00.000Z",
    "started_at": "2026-11-20T23:40:00.020Z",
    "finished_at": "2026-11-20T23:40:01.250Z",
    "attempt": 1,
    "error": None,
    "source": {"kind": "paths", "paths": ["/home/me/Music"], "url": None, "files": None},
    "dry_run": False,
    "library": "Vinyl",
    "scan": {
        "found": 120,
        "new": 100,
        "known": 17,
        "changed": 0,
        "duplicates": 2,
        "moved": 0,
        "removed": 0,
        "gone": 0,
        "missing": 0,
        "ignored": 31,
        "unreadable": 1,
        "size_bytes": 734003200,
    },
    "tracks": {"queued": 60, "running": 2, "succeeded": 37, "failed": 1, "canceled": 0},
    "problems": 2,
    "failed": {"audio_silent": 1},
    "heard_s": 7421.5,
    "rates": {"tracks_per_s": 3.1, "hours_per_hour": 620.0},
    "overall": None,
    "eta_s": 20.0,
    "estimate": None,
    "done": False,
}

INGESTS: dict[str, JsonValue] = {"items": [INGEST], "next_cursor": None}

RETRIED: dict[str, JsonValue] = INGEST | {"retried": 1}

#: What a follower of an ingest is sent; the data of each event is one line.
INGEST_EVENTS = (
    "retry: 2000\n\n"
    'event: progress\nid: 5c1fa0e7b3d24c68\ndata: {"id":"c3a1f0de-58a5-4a19-a0cf-9a5b6f8f7b52",'
    '"status":"listening","done":false, ...}\n\n'
    ": still here\n\n"
    'event: progress\nid: 90b6d2f41c7e8a35\ndata: {"id":"c3a1f0de-58a5-4a19-a0cf-9a5b6f8f7b52",'
    '"status":"done","done":true, ...}\n\n'
)

TROUBLE: dict[str, JsonValue] = {
    "file": "album.zip/03 silence.mp3",
    "code": "audio_silent",
    "detail": "The audio holds no sound.",
    "track_id": _TRACK_ID,
}

TROUBLES: dict[str, JsonValue] = {"items": [TROUBLE], "next_cursor": None}

WATCH: dict[str, JsonValue] = {
    "id": "7d0a4d5e-4f0b-4c49-9f59-2f8c24c1f0aa",
    "path": "/home/me/Music",
    "added_at": "2026-11-20T23:40:00.000Z",
    "ingest_id": _INGEST_ID,
}

WATCHES: dict[str, JsonValue] = {"items": [WATCH]}

ALIVE = {"status": "ok"}

READINESS: dict[str, JsonValue] = {
    "status": "ready",
    "checks": {
        "database": {"status": "ok", "detail": "answers"},
        "workers": {
            "status": "ok",
            "detail": "1 alive: lite on cpu",
            "processes": [
                {
                    "count": 1,
                    "profile": "lite",
                    "device": "cpu",
                    "space": "sightsong/affect-space@2",
                    "models": ["sightsong/lite-emotion@1"],
                }
            ],
        },
    },
}

PROBLEM: dict[str, JsonValue] = {
    "type": "urn:sightsong:error:unsupported_image",
    "title": "This is not a JPEG, PNG or WebP image",
    "status": 415,
    "detail": "This is not a JPEG, PNG or WebP image.",
    "instance": "/v1/jobs",
    "code": "unsupported_image",
    "request_id": "5f2b1c7d9e3a4c58b6a0d1e2f3a4b5c6",
}

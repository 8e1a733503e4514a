"""What is remembered of users, as the API shows it."""

from pydantic import JsonValue

_TRACK_ID = "4b8e6f6d-6f1e-4b1f-8a7e-0f7c3d9b5a42"
_JOB_ID = "0b0e6a0e-6e5b-4d53-9b7e-2f1f6f0f3c11"

PREFERENCES: dict[str, JsonValue] = {
    "favourite_genres": ["Jazz", "Ambient"],
    "never_play": {"tracks": [_TRACK_ID], "artists": ["The Example Trio"]},
    "alpha": None,
    "personal": True,
    "learn": True,
}

FEEDBACK_REQUEST: dict[str, JsonValue] = {
    "job_id": _JOB_ID,
    "track_id": _TRACK_ID,
    "action": "skip",
    "position_s": 4.2,
}

FEEDBACK: dict[str, JsonValue] = {
    "id": "c1b7a5f4-1d0c-4f0e-9a53-6b1c6f2d7e90",
    **FEEDBACK_REQUEST,
    "created_at": "2026-11-20T23:45:10.120Z",
}

FEEDBACKS: dict[str, JsonValue] = {"items": [FEEDBACK], "next_cursor": None}

#: Lines of an export, shortened.
EXPORT = (
    '{"type":"preferences","favourite_genres":["Jazz"],"never_play":{"tracks":[],"artists":[]},'
    '"alpha":null,"personal":true,"learn":true}\n'
    f'{{"type":"feedback","job_id":"{_JOB_ID}","track_id":"{_TRACK_ID}","action":"like", ...}}\n'
    '{"type":"batch","id":"7d1c0a52-3f0e-4b6e-9d0a-5a9d2f6c7b10","custom_id":"summer","refused":[],'
    " ...}\n"
    f'{{"type":"job","id":"{_JOB_ID}","kind":"photo","params":{{"top_k":5}}, ...}}\n'
    f'{{"type":"image","job_id":"{_JOB_ID}","media_type":"image/jpeg","base64":"/9j/4AAQ ..."}}\n'
    '{"type":"end"}\n'
)

"""Keys, and who asks with them."""

from pydantic import JsonValue

_KEY_ID = "x7k2m9q4tw0a"

KEY: dict[str, JsonValue] = {
    "id": _KEY_ID,
    "name": "photo frame in the hall",
    "tenant": "frames",
    "scopes": ["jobs"],
    "last4": "9fQ8",
    "created_at": "2026-11-21T20:15:00.000Z",
    "expires_at": "2027-11-21T20:15:00.000Z",
    "revoked_at": None,
    "used_at": "2026-11-21T21:40:12.031Z",
    "requests_per_min": 600,
    "jobs_per_day": 2000,
}

NEW_KEY: dict[str, JsonValue] = {
    "name": "photo frame in the hall",
    "scopes": ["jobs"],
    "tenant": "frames",
    "expires_in_s": 31_536_000,
    "requests_per_min": 600,
    "jobs_per_day": 2000,
}

#: The one answer that has all of the key in it.
MADE_KEY: dict[str, JsonValue] = KEY | {
    "used_at": None,
    "key": f"ssk_{_KEY_ID}_Zk3uT1v0S5cB8yqXH2mPwE7rJ4nLdA6gOiUfKxW9fQ8",
}

KEYS: dict[str, JsonValue] = {"items": [KEY], "next_cursor": None}

ROTATE_KEY: dict[str, JsonValue] = {"overlap_s": 3600}

ME: dict[str, JsonValue] = {
    "tenant": "frames",
    "user": "alice",
    "key": KEY,
    "scopes": ["jobs"],
}

USAGE: dict[str, JsonValue] = {
    "items": [
        {"day": "2026-11-21", "photos": 120, "texts": 14},
        {"day": "2026-11-20", "photos": 96, "texts": 3},
    ],
    "today": {"day": "2026-11-21", "photos": 120, "texts": 14},
    "jobs_per_day": 2000,
}

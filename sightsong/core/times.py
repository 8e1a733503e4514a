"""Times as they are told: RFC 3339, in UTC, to the millisecond."""

from datetime import UTC, datetime


def rfc_3339(seconds: float) -> str:
    """Write a time, in seconds since 1970, as in `2026-11-20T23:42:07.300Z`."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

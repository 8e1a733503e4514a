"""What a client asks for in its headers: `If-None-Match` (RFC 9110), `Prefer: wait` (RFC 7240)."""

import re

#: A connection is held back for no longer: proxies between give up at 30 or 60 seconds.
LONGEST_WAIT_S = 25

#: The header that asks for it, as OpenAPI describes parameters: it is read of all its lines.
PARAMETER = {
    "name": "Prefer",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "examples": ["wait=5"]},
    "description": f"`wait=n`: hold the answer back for up to n seconds, {LONGEST_WAIT_S} at most, "
    "as long as there is nothing new to say. `Preference-Applied` tells that it was done.",
}

_TAG = re.compile(r'(?:W/)?("[^"]*")')
_WAIT = re.compile(r'(?:^|,)\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:[;,]|$)', re.IGNORECASE)


def etag(state_version: int, position: int | None = None) -> str:
    """The entity tag of a job in one state, and in one place while it waits in line."""
    return f'"{state_version}"' if position is None else f'W/"{state_version}.{position}"'


def has(if_none_match: str | None, tag: str) -> bool:
    """Whether the client has the entity with this tag already (weak comparison)."""
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or tag.removeprefix("W/") in _TAG.findall(if_none_match)


def has_state(if_none_match: str | None, state_version: int) -> bool:
    """Whether the client has seen a job in this state already, wherever it stood in line."""
    if has(if_none_match, etag(state_version)):
        return True
    return any(tag.startswith(f'"{state_version}.') for tag in _TAG.findall(if_none_match or ""))


def preferred_wait_s(prefer: str | None) -> int | None:
    """How long the client prefers to wait, at most `LONGEST_WAIT_S`; None if it says nothing."""
    found = _WAIT.search(prefer or "")
    return min(int(found[1]), LONGEST_WAIT_S) if found else None

"""What all that is polled has in common: a wait, and an answer for those who know it already."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from api import preferences
from api.replies import Reply


@dataclass(frozen=True, kw_only=True)
class Wait:
    """How long a request is to be held back."""

    seconds: float
    headers: Mapping[str, str] = field(default_factory=dict)  #: That tell that it was done.


def wait_of(request: Request, wait: float | None) -> Wait:
    """Read how long a request wants to wait, by its `wait` or, without one, by its `Prefer`."""
    preferred = preferred_wait_s(request)
    if wait is not None or preferred is None:
        return Wait(seconds=wait or 0)
    return Wait(seconds=preferred, headers=applied(preferred))


def preferred_wait_s(request: Request) -> int | None:
    """How long a request prefers to wait; None if it says nothing."""
    return preferences.preferred_wait_s(", ".join(request.headers.getlist("prefer")))


def applied(preferred_s: int) -> dict[str, str]:
    """Tell that what was preferred was done."""
    return {"Preference-Applied": f"wait={preferred_s}"}


def answer(view: object, headers: Mapping[str, Any], *, if_none_match: str | None) -> Response:
    """Answer with a view, or that the client has it already (304): its ETag tells."""
    if preferences.has(if_none_match, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Reply(view, headers=headers)

"""JSON answers."""

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse


class Reply(JSONResponse):
    """A JSON answer that text from anywhere cannot break.

    A file name need not be UTF-8; what Python then makes of it cannot be encoded, and one such
    title would otherwise turn every answer with it into a crash.
    """

    def render(self, content: object) -> bytes:
        """Encode an answer; what is not Unicode becomes `?`."""
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode("utf-8", "replace")


def of_submit(
    view: Mapping[str, Any], location: str, *, has_ended: bool, applied: Mapping[str, str]
) -> Reply:
    """Answer a submit: what came of it, or that it was queued; `applied` are headers besides."""
    if has_ended:
        headers = {"Location": location, "Cache-Control": "no-store", **applied}
        return Reply(view, headers=headers)
    answer = accepted(view, location)
    answer.headers.update(applied)
    return answer


def accepted(view: Mapping[str, Any], location: str) -> Reply:
    """Answer that something was queued, and where to ask for it."""
    headers = {"Location": location, "Retry-After": "1", "Cache-Control": "no-store"}
    return Reply(view, status_code=202, headers=headers)

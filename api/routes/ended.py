"""Why nothing can be asked of an ingest that has ended, and what to do instead."""

from collections.abc import Mapping
from typing import Any

from sightsong.core.errors import Conflict

#: By the status of the ingest: what it is, and what it may be begun anew for.
_ENDS = {
    "done": ("is done", "For what is new since"),
    "canceled": ("was canceled", "For the rest of it"),
    "failed": ("has failed", "To try it again"),
}
#: By the kind of its source: how to begin anew.
_AGAIN = {
    "paths": "ingest the folder again",
    "url": "ingest the address again",
    "upload": "send the files again",
    "library": "start the service again",
}


def refusal(view: Mapping[str, Any], word: str) -> Conflict:
    """Say in which state an ingest is, and what can be done.

    Args:
        view: of the ingest.
        word: what was asked for: `pause`, `resume` or `cancel`.
    """
    state, reason = _ENDS.get(view["status"], _ENDS["done"])
    told = f"This ingest {state}; nothing of it is left to {word}."
    if word == "cancel":
        return Conflict(f"{told} What it has taken in can be removed track by track.")
    return Conflict(f"{told} {reason}, {_AGAIN[view['source']['kind']]}.")

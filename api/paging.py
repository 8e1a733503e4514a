"""Pages, and opaque cursors: where one ended, in a form that promises nothing."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from fastapi.exceptions import RequestValidationError

T = TypeVar("T")


def to_cursor(last_id: str) -> str:
    """Name the place behind the last item of a page."""
    return base64.urlsafe_b64encode(last_id.encode()).decode().rstrip("=")


def from_cursor(cursor: str) -> str:
    """Read the id of the last item before a cursor.

    Raises:
        RequestValidationError: it is no cursor of ours.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        last_id = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError) as error:
        raise no_cursor() from error
    if not last_id.isprintable() or not 0 < len(last_id) <= 64:  # noqa: PLR2004 - ids are shorter
        raise no_cursor()
    return last_id


def no_cursor() -> RequestValidationError:
    """What to raise where a cursor leads nowhere."""
    message = "not a cursor that this service has given"
    return RequestValidationError([{"loc": ("query", "cursor"), "msg": message}])


def page(
    found: Sequence[T], *, limit: int, view: Callable[[T], object], place: Callable[[T], str]
) -> dict[str, Any]:
    """Show a page of what was found, and the cursor of the next one if there is more.

    Args:
        found: one more than fit on the page, if there are so many.
        limit: that fit on it.
        view: shows one of them.
        place: where one stands in the whole list.
    """
    items = found[:limit]
    has_more = len(found) > limit
    return {
        "items": [view(one) for one in items],
        "next_cursor": to_cursor(place(items[-1])) if has_more else None,
    }

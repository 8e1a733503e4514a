"""What clients ask for in headers and cursors: each line of the input is one such value."""

import contextlib

from fastapi.exceptions import RequestValidationError

from api import idempotency, paging, preferences
from sightsong.core.tenancy import is_user_name
from tests.fuzz.door import Door


def knock(content: bytes) -> bool:
    """Read a value as each of them; refused, or within its bounds."""
    value = content.decode("latin-1")
    wait_s = preferences.preferred_wait_s(value)
    assert wait_s is None or 0 <= wait_s <= preferences.LONGEST_WAIT_S
    for version in (0, 3):
        knows = preferences.has(value, preferences.etag(version))
        assert not knows or preferences.has_state(value, version)
    is_known = _cursor(value) | _key(value) | is_user_name(value)
    return is_known or wait_s is not None or preferences.has_state(value, 3)


def _cursor(value: str) -> bool:
    with contextlib.suppress(RequestValidationError):
        last_id = paging.from_cursor(value)
        assert last_id.isprintable()
        assert paging.from_cursor(paging.to_cursor(last_id)) == last_id
        return True
    return False


def _key(value: str) -> bool:
    with contextlib.suppress(RequestValidationError):
        return idempotency.read_key([value]) is not None
    return False


def seeds() -> dict[str, bytes]:
    """Fair values of each."""
    return {
        "wait": b"respond-async, wait=5; q=1",
        "quoted wait": b'handling=lenient, wait="10"',
        "tags": b'"1", W/"3.7", "x"',
        "any": b"*",
        "cursor": paging.to_cursor("0198c5f2-aaaa").encode(),
        "key": b'"8e03978e-40d5-43dd-bc93-6894a57f9324"',
    }


DOOR = Door(
    knock=knock,
    seeds=seeds,
    longest=512,
    words=(b"wait=", b'W/"3', b'"3.', b'"3"', b", ", b"\xb2", b"=="),
)

"""`Idempotency-Key`: a submit that is sent twice under one key is one submit.

As in draft-ietf-httpapi-idempotency-key-header-07 (expired; a work in progress): the value is a
string of RFC 8941, `"8e03978e"`; bare words are taken as well, since most clients send those.
"""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi.exceptions import RequestValidationError

from api.errors import IdempotencyInFlight

HEADER = "Idempotency-Key"
#: The header, as OpenAPI describes parameters: it is read of all its lines.
PARAMETER = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 130},
    "description": "A string of your own, best random and within double quotes: the same again "
    "within 24 hours is the same submit, and `Idempotent-Replayed` tells so.",
    "example": '"8e03978e-40d5-43dd-bc93-6894a57f9324"',
}
_LONGEST = 128
_STRING = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"')
_ESCAPED = re.compile(r'\\(["\\])')
_BARE = re.compile(r"[!#-~]+")


def read_key(values: list[str]) -> str | None:
    """Read the key of a request from the values of its header.

    Raises:
        RequestValidationError: it is no key, or there are several.
    """
    if not values:
        return None
    if len(values) > 1:
        raise _no_key("must be sent once")
    value = values[0].strip()
    quoted = _STRING.fullmatch(value)
    key = _ESCAPED.sub(r"\1", quoted[1]) if quoted else value
    if not key or len(key) > _LONGEST or not (quoted or _BARE.fullmatch(value)):
        raise _no_key(f"must be 1 to {_LONGEST} printable ASCII characters, best within quotes")
    return key


def _no_key(message: str) -> RequestValidationError:
    return RequestValidationError([{"loc": ("header", HEADER), "msg": message}])


class InFlight:
    """The keys whose submits this process has in hand. Safe from many threads."""

    def __init__(self) -> None:
        self._keys: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    @contextmanager
    def alone(self, key: str | None, tenant: str) -> Iterator[None]:
        """Let one submit of a tenant's key in at a time; those without a key any number.

        Raises:
            IdempotencyInFlight: another one of it is being read or stored.
        """
        if key is None:
            yield
            return
        named = (tenant, key)
        with self._lock:
            if named in self._keys:
                raise IdempotencyInFlight
            self._keys.add(named)
        try:
            yield
        finally:
            with self._lock:
                self._keys.discard(named)

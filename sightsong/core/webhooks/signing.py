"""Signatures of what is sent, as Standard Webhooks has them."""

import base64
import hashlib
import hmac
import json
import secrets
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

_PREFIX = "whsec_"
#: Random bytes of a secret; Standard Webhooks asks for 24 to 64.
_SECRET_BYTES = 32


def new_secret() -> str:
    """Make a secret that only we and the receiver know."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def new_delivery_id() -> str:
    """Make the id of a delivery; the receiver sees the same one at each attempt."""
    return f"msg_{uuid.uuid4().hex}"


def encoded(payload: Mapping[str, Any]) -> bytes:
    """Write a payload as the body that is signed and sent."""
    return json.dumps(payload, separators=(",", ":")).encode()


def sign(secret: str, delivery_id: str, *, timestamp: int, body: bytes) -> str:
    """Sign a body as it is sent at a moment, in seconds since the epoch."""
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    signed = b".".join((delivery_id.encode(), str(timestamp).encode(), body))
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def headers(
    delivery_id: str, *, timestamp: int, body: bytes, secrets: Iterable[str]
) -> dict[str, str]:
    """Make what a body is sent with: signed with each secret, as there are two for a while."""
    signatures = (sign(one, delivery_id, timestamp=timestamp, body=body) for one in secrets)
    return {
        "webhook-id": delivery_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }

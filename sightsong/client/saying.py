"""How wishes are written: as parameters of an address, as JSON, as headers."""

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sightsong.client.wishes import PhotoTaste

#: Filters that are a span, and what each of their ends is called in an address.
_SPANS = ("duration_s", "tempo_bpm")
#: Wishes that are true unless they are said; of all others, False says no more than silence.
_USUALLY = frozenset({"caption", "personal", "cache"})
_LONGEST_KEY = 128


def keyed(key: str | None) -> dict[str, str]:
    """The header that names a submit, the same over all its tries.

    Raises:
        ValueError: the key is not 1 to 128 printable ASCII characters.
    """
    key = str(uuid.uuid4()) if key is None else key
    if not (0 < len(key) <= _LONGEST_KEY and key.isascii() and key.isprintable()):
        raise ValueError(f"a key is 1 to {_LONGEST_KEY} printable ASCII characters")
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return {"Idempotency-Key": f'"{escaped}"'}


def said(wishes: Mapping[str, Any]) -> dict[str, Any]:
    """What a caller has said; the rest is left to the service."""
    unsaid: tuple[object, ...] = (None, "", (), [], {})
    return {
        name: value
        for name, value in wishes.items()
        if (value is not False or name in _USUALLY) and value not in unsaid
    }


def of_photos(taste: PhotoTaste) -> dict[str, Any]:
    """What is wished of photos, as parameters of an address."""
    moods = taste.get("moods", ())
    params = said({**taste, "moods": moods if isinstance(moods, str) else ",".join(moods)})
    if "filters" in params:
        params["filters"] = json.dumps(params["filters"], ensure_ascii=False)
    return params


def flat(filters: Mapping[str, Any]) -> dict[str, str | float | Sequence[str]]:
    """Write filters as parameters of an address."""
    written = {name: value for name, value in filters.items() if name not in _SPANS}
    for name in _SPANS:
        for end, value in filters.get(name, {}).items():
            written[f"{end}_{name}"] = value
    return written

"""What callers may wish of a search, and how wishes are written for the service.

They are typed dictionaries; the service decides the rest. They are written as parameters of an
address, as JSON, as headers.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, TypedDict

#: Filters that are a span, and what each of their ends is called in an address.
_SPANS = ("duration_s", "tempo_bpm")
#: Wishes that are true unless they are said; of all others, False says no more than silence.
_USUALLY = frozenset({"caption", "personal", "cache"})
_LONGEST_KEY = 128
#: How a key of the service begins (`core/keys`): it is no name for a submit, and a secret.
_KEY_OF_SERVICE = "ssk_"


class Span(TypedDict, total=False):
    """From one value to another, both of them included; an end that is left out is open."""

    min: float
    max: float


class Filters(TypedDict, total=False):
    """Which tracks may be found; each condition narrows, of several words one must fit."""

    genre: str | Sequence[str]
    mood: str | Sequence[str]  #: Of their tags.
    artist: str | Sequence[str]
    tag: str | Sequence[str]
    library: str | Sequence[str]
    duration_s: Span
    tempo_bpm: Span
    explicit: bool  #: False leaves explicit tracks out, True finds them alone.


class Choice(TypedDict, total=False):
    """How to choose among the tracks that fit; None leaves it to the service."""

    diversity: float | None  #: How unlike one another they are to be, 0 .. 1.
    per_artist: int | None  #: Most tracks of one artist.
    duplicates: bool  #: Show a recording as often as the library holds it.
    filters: Filters | Mapping[str, Any] | None


class Likeness(Choice, total=False):
    """How to choose among the tracks that sound like one."""

    limit: int | None


class Taste(Choice, total=False):
    """How to choose the answer to words."""

    top_k: int | None  #: How many tracks to find.
    alpha: float | None  #: Weight of meaning against feeling, 0 .. 1.


class Handling(TypedDict, total=False):
    """How a job is to be handled, whatever it asks."""

    priority: int | None  #: 0 goes first, 2 last; 1 unless it is said.
    deadline_s: float | None  #: From now; a job that has not begun by then fails.
    custom_id: str | None  #: What you call it; need not be its only one.
    #: Whether what is remembered of the user has a say in the answer; True unless it is said.
    personal: bool
    webhook: str | None  #: Id of a webhook that is to be told of its end.
    #: Whether an answer to the same that is there already will do; True unless it is said.
    cache: bool


class TextWish(Taste, Handling, total=False):
    """What may be said with words."""


class PhotoTaste(Taste, Handling, total=False):
    """What may be said with a photo."""

    #: Labels to score; none: the profile's own. One text may hold several, with commas.
    moods: str | Sequence[str]
    caption: bool  #: Whether to describe it in words; True unless it is said.
    keep_image_s: float | None  #: How long it is kept after its job has ended; 0: not at all.


class Refinement(Taste, total=False):
    """How the answer of a job is to be nudged. What is left out is as the job had it.

    `filters` take the place of the job's; empty ones take them away.
    """

    calmer: float | None  #: -1 .. 1
    happier: float | None  #: -1 .. 1
    avoid: Sequence[str] | None  #: Moods to keep away from.


def keyed(key: str | None) -> dict[str, str]:
    """The header that names a submit, the same over all its tries.

    Raises:
        ValueError: the key is not 1 to 128 printable ASCII characters, or a key of a service.
    """
    if key is not None and key.startswith(_KEY_OF_SERVICE):
        raise ValueError("this is a key of a service, which the client is made with: Client(key=…)")
    key = str(uuid.uuid4()) if key is None else key
    if not (0 < len(key) <= _LONGEST_KEY and key.isascii() and key.isprintable()):
        raise ValueError(f"an idempotency key is 1 to {_LONGEST_KEY} printable ASCII characters")
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


def of_text(wish: TextWish) -> dict[str, Any]:
    """What is wished of words, as JSON.

    Raises:
        TypeError: there is no such wish.
    """
    _check_known(wish, TextWish.__optional_keys__)
    return said(wish)


def of_photos(taste: PhotoTaste) -> dict[str, Any]:
    """What is wished of photos, as parameters of an address.

    Raises:
        TypeError: there is no such wish.
    """
    _check_known(taste, PhotoTaste.__optional_keys__)
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


def _check_known(wishes: Mapping[str, Any], known: AbstractSet[str]) -> None:
    """Let nothing into an address that is no wish: it may be a secret, such as `key=…`."""
    for name in wishes:
        if name not in known:
            raise TypeError(
                f"there is no wish '{name}'; a key of the service is given to Client(key=…), and "
                "the name of a submit is idempotency_key"
                if name == "key"
                else f"there is no wish '{name}'; there is {', '.join(sorted(known))}"
            )

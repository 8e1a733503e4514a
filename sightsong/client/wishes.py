"""What callers may wish of a search, as typed dictionaries; the service decides the rest."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict


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

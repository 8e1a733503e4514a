"""Searches: how to choose among tracks, and which ones; by words, by a track, by nudges."""

import unicodedata
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from api import examples, ids
from api.schemas import wording
from api.schemas.shared import one_of
from sightsong.core import labels, matching, terms
from sightsong.core.errors import InvalidRequest

#: Values of one condition: enough for a choice of artists.
MOST_VALUES = 50
#: Characters of filters that come as a text beside a photo; a full set has half of that.
LONGEST_FILTERS = 32 * 1024
LONGEST_TEXT = 1000

_LONGEST_PLACE = 200


def _listed(value: object) -> object:
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list | tuple):
        raise PydanticCustomError("words", "must be a word, or a list of words")
    return value


def _plain(text: str) -> str:
    if any(unicodedata.category(char) == "Cc" for char in text):
        raise PydanticCustomError("control", "must not hold control characters")
    return text


Word = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=terms.MAX_LENGTH),
    AfterValidator(_plain),
]
Words = Annotated[
    list[Word],
    BeforeValidator(_listed, json_schema_input_type=list[Word] | Word),
    Field(default=[], max_length=MOST_VALUES),
]
Number = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]


class Between(BaseModel):
    """Values from one to another, both included; either end may be left open."""

    model_config = ConfigDict(extra="forbid", strict=True)

    min: Number | None = None
    max: Number | None = None

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise PydanticCustomError("range", "min must not be above max")
        return self


class FiltersBody(BaseModel):
    """Which tracks may be found. Each condition narrows; of several words one must fit."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [examples.FILTERS]}
    )

    genre: Words
    mood: Words
    artist: Words
    tag: Words
    library: Words
    duration_s: Between | None = None
    tempo_bpm: Between | None = None
    explicit: bool | None = Field(
        default=None,
        description="false leaves out what is known to be explicit; true, all that is not.",
    )

    def said(self) -> dict[str, Any]:
        """What is asked, as it is kept with a job; empty where nothing is."""
        told = self.model_dump(exclude_none=True)
        for name, value in told.items():
            if isinstance(value, list):
                told[name] = list(dict.fromkeys(value))
        return {name: value for name, value in told.items() if value not in ([], {})}


def tidied(value: object) -> list[str]:
    """Make mood labels of what came in; one text may hold several, and there may be several."""
    texts = value if isinstance(value, list | tuple) else [value]
    try:
        return list(labels.tidy(str(text) for text in texts))
    except InvalidRequest as error:
        raise PydanticCustomError("mood", "{detail}", {"detail": error.detail}) from error


def _unwanted(value: object) -> list[str]:
    """Make labels of moods to keep away from; of an empty text nobody knows what is meant."""
    texts = value if isinstance(value, list) else [value]
    if any(not tidied(text) for text in texts):
        raise PydanticCustomError("mood", "an empty text is no mood; leave it out")
    return tidied(texts)


def _asked(text: str) -> str:
    if not text:
        raise PydanticCustomError(
            "words", "must not be empty; say what you want to hear, as in 'calm piano'"
        )
    return _plain(text)


def _read_filters(value: object) -> object:
    """Read filters that come as a text: beside a photo there is no other way."""
    if not isinstance(value, str):
        return value
    if not value.strip():
        return None
    if len(value) > LONGEST_FILTERS:
        raise PydanticCustomError("filters", f"must have at most {LONGEST_FILTERS:,} characters")
    try:
        return FiltersBody.model_validate_json(value.encode("utf-8", "replace"))
    except ValidationError as error:
        raise PydanticCustomError("filters", "{why}", {"why": _first(error)}) from error


def _first(error: ValidationError) -> str:
    """Say what is wrong first; the place is the caller's own word, and may be long."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = "/".join(str(step) for step in first["loc"])[:_LONGEST_PLACE]
    detail = wording.said(first)
    return f"{place}: {detail}" if place else detail


class Mix(BaseModel):
    """How mixed the tracks of an answer are."""

    diversity: float = Field(
        default=matching.DIVERSITY,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="Weight of variety against score; 0: the best ones, alike or not.",
    )
    per_artist: int = Field(
        default=matching.PER_ARTIST,
        ge=1,
        le=50,
        description="Most tracks of one artist, as long as others are left.",
    )
    duplicates: bool = Field(
        default=False,
        description="Show a recording as often as the library holds it, not only once.",
    )


class Choice(Mix):
    """How to choose among the tracks that are near."""

    top_k: int = Field(default=5, ge=1, le=50, description="How many tracks to find.")
    alpha: float | None = Field(
        default=None,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="Weight of meaning against feeling; absent: the tested default.",
    )


#: Seconds of a month: no deadline lies farther off, and no image is kept for longer.
MONTH_S = 30 * 24 * 3600


class Handling(BaseModel):
    """How a job is to be handled, whatever it asks."""

    priority: int = Field(default=1, ge=0, le=2, description="0 goes first, 2 last.")
    deadline_s: float | None = Field(
        default=None,
        gt=0,
        le=MONTH_S,
        allow_inf_nan=False,
        description="From now; a job that has not begun by then fails as `deadline_exceeded`.",
    )
    custom_id: Annotated[
        str | None,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=64),
        AfterValidator(lambda text: text if text is None else _plain(text)),
    ] = Field(default=None, description="What you call it; jobs can be listed by it.")
    keep_image_s: float | None = Field(
        default=None,
        ge=0,
        le=MONTH_S,
        allow_inf_nan=False,
        description="How long a photo is kept after its job has ended; 0: not at all.",
    )
    personal: bool = Field(
        default=True,
        description="Whether what is remembered of the user may have a say in the answer.",
    )
    webhook: str | None = Field(
        default=None,
        pattern=ids.ID,
        description="Id of a webhook that is told of its end, whatever else that is told of.",
    )
    cache: bool = Field(
        default=True,
        description="Whether an answer that was given to the same before will do, as long as "
        "nothing has changed since.",
    )


class JsonRequest(Choice, Handling):
    """Words that ask for music, or a photo: as base64, or where it is."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [examples.TEXT_REQUEST],
            "oneOf": one_of("text", "image", "image_url"),
        },
    )

    text: (
        Annotated[
            str,
            StringConstraints(strip_whitespace=True, max_length=LONGEST_TEXT),
            AfterValidator(_asked),
            WithJsonSchema({"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT}),
        ]
        | None
    ) = Field(default=None, examples=["calm piano for a rainy evening"])
    image: str | None = Field(
        default=None,
        description="JPEG, PNG or WebP as base64 (RFC 4648, with or without padding).",
        json_schema_extra={"contentEncoding": "base64"},
    )
    image_url: str | None = Field(
        default=None,
        min_length=1,
        max_length=2048,
        description="Address of a photo of the open web (https) that the service fetches, where "
        "it is set to (`SIGHTSONG_FETCH_URLS`).",
        examples=["https://photos.example.org/beach.jpg"],
    )
    moods: Annotated[list[str], BeforeValidator(tidied)] = Field(
        default=[], max_length=labels.MOST_LABELS, description="With an image: labels to score."
    )
    caption: bool = Field(default=True, description="With an image: whether to describe it.")
    filters: FiltersBody | None = None

    @model_validator(mode="after")
    def _is_one_of_them(self) -> Self:
        if [self.text, self.image, self.image_url].count(None) != 2:  # noqa: PLR2004 - of three
            raise PydanticCustomError("either", "must hold one of text, image and image_url")
        if self.text is not None and self.model_fields_set & {"moods", "caption", "keep_image_s"}:
            raise PydanticCustomError("photo", "moods, caption and keep_image_s go with an image")
        return self


class RefineRequest(BaseModel):
    """How an answer is to be turned. What is left out of the choice stays as the job had it."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [examples.REFINE_REQUEST]}
    )

    calmer: float = Field(
        default=0, ge=-1, le=1, allow_inf_nan=False, description="-1 livelier .. 1 calmer."
    )
    happier: float = Field(
        default=0, ge=-1, le=1, allow_inf_nan=False, description="-1 sadder .. 1 happier."
    )
    avoid: Annotated[list[str], AfterValidator(_unwanted)] = Field(
        default=[], max_length=labels.MOST_LABELS, description="Moods to keep away from."
    )
    filters: FiltersBody | None = Field(
        default=None, description="In place of those of the job; {} takes them away."
    )
    top_k: int | None = Field(default=None, ge=1, le=50)
    alpha: float | None = Field(default=None, ge=0, le=1, allow_inf_nan=False)
    diversity: float | None = Field(default=None, ge=0, le=1, allow_inf_nan=False)
    per_artist: int | None = Field(default=None, ge=1, le=50)
    duplicates: bool | None = None

    def choice(self) -> dict[str, Any]:
        """What is said of the choice, as the params of a job."""
        left_out = {"calmer", "happier", "avoid", "filters"}
        said = self.model_dump(exclude_none=True, exclude=left_out)
        if self.filters is not None:
            said["filters"] = self.filters.said()
        return said


class SimilarQuery(Mix):
    """Which tracks that sound like one to show."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=10, ge=1, le=50)
    genre: Words
    mood: Words
    artist: Words
    tag: Words
    library: Words
    min_duration_s: Number | None = None
    max_duration_s: Number | None = None
    min_tempo_bpm: Number | None = None
    max_tempo_bpm: Number | None = None
    explicit: bool | None = Field(
        default=None,
        description="false leaves out what is known to be explicit; true, all that is not.",
    )

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        for least, most in (
            (self.min_duration_s, self.max_duration_s),
            (self.min_tempo_bpm, self.max_tempo_bpm),
        ):
            if least is not None and most is not None and least > most:
                raise PydanticCustomError("range", "the least must not be above the most")
        return self

    def filters(self) -> dict[str, Any]:
        """What is asked of the tracks, as the params of a job."""
        said = self.model_dump(include={"genre", "mood", "artist", "tag", "library", "explicit"})
        return FiltersBody(
            **said,
            duration_s=Between(min=self.min_duration_s, max=self.max_duration_s),
            tempo_bpm=Between(min=self.min_tempo_bpm, max=self.max_tempo_bpm),
        ).said()


FiltersText = Annotated[
    FiltersBody | None, BeforeValidator(_read_filters, json_schema_input_type=str | None)
]


class IndexReceipt(BaseModel):
    """What of the index an answer depends on."""

    index_snapshot: str | None
    index_revision: int = Field(description="Grows with every change that searches see.")


class SimilarMatch(BaseModel):
    """A track that sounds like another."""

    rank: int
    track_id: str
    title: str
    artist: str | None
    score: float
    cosine: float = Field(description="Of the two tracks, -1 to 1.")
    window_start_s: float = Field(description="Where the ten seconds that are most alike begin.")
    audio_url: str


class SimilarView(BaseModel):
    """The tracks that sound like one."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.SIMILAR]})

    track_id: str
    items: list[SimilarMatch] = Field(description="Best first.")
    receipt: IndexReceipt

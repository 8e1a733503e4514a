"""What is remembered of users: what they like, and what they did with matches."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from api import ids
from api.examples import people as examples
from api.schemas.searches import Word
from api.schemas.shared import Time
from sightsong.core import terms

_MOST_GENRES = 20
_MOST_TRACKS = 1000
_MOST_ARTISTS = 200
#: No piece of music is longer: a day and a half, in seconds.
_LONGEST_S = 131072

_Id = Annotated[str, StringConstraints(pattern=ids.ID)]


def _once(values: list[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _once_folded(values: list[str]) -> list[str]:
    """Keep the first of those that searches take for the same."""
    first: dict[str, str] = {}
    for value in values:
        first.setdefault(terms.whole("word", value), value)
    return list(first.values())


class NeverPlay(BaseModel):
    """What is never to be among the matches."""

    model_config = ConfigDict(extra="forbid", strict=True)

    tracks: Annotated[list[_Id], AfterValidator(_once)] = Field(
        default=[],
        max_length=_MOST_TRACKS,
        description="Ids; other encodings of these recordings are left out as well.",
    )
    artists: Annotated[list[Word], AfterValidator(_once_folded)] = Field(
        default=[], max_length=_MOST_ARTISTS, description="Names; case does not matter."
    )


class Preferences(BaseModel):
    """What a user likes in general. What is left out is set to its default."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [examples.PREFERENCES]}
    )

    favourite_genres: Annotated[list[Word], AfterValidator(_once_folded)] = Field(
        default=[], max_length=_MOST_GENRES, description="Case does not matter."
    )
    never_play: NeverPlay = Field(default_factory=NeverPlay)
    alpha: float | None = Field(
        default=None,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="Weight of meaning against feeling, where a request says none.",
    )
    personal: bool = Field(
        default=True, description="Whether anything that is remembered has a say in answers."
    )
    learn: bool = Field(
        default=True,
        description="Whether feedback is taken, and what was given has a say in answers.",
    )


class FeedbackRequest(BaseModel):
    """What the user did with a match."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [examples.FEEDBACK_REQUEST]}
    )

    job_id: _Id = Field(description="Of the photo or text that it was found for.")
    track_id: _Id
    action: Literal["like", "skip", "played"]
    position_s: float | None = Field(
        default=None,
        ge=0,
        le=_LONGEST_S,
        allow_inf_nan=False,
        description="Where in the track; a skip before 10 seconds weighs more.",
    )


class FeedbackView(FeedbackRequest):
    """A feedback that is remembered."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.FEEDBACK]})

    id: str
    created_at: Time


class FeedbackPage(BaseModel):
    """A page of feedback, newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.FEEDBACKS]})

    items: list[FeedbackView]
    next_cursor: str | None = Field(description="For the next page; null on the last.")


class PageQuery(BaseModel):
    """Which page of a list to show."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=20, ge=1, le=100)
    cursor: str | None = None

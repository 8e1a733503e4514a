"""What is remembered of a user, as typed dictionaries."""

from collections.abc import Sequence
from typing import Literal, TypedDict

#: What a user did with a match.
Action = Literal["like", "skip", "played"]


class NeverPlay(TypedDict, total=False):
    """What is never to be found for a user."""

    tracks: Sequence[str]  #: Ids.
    artists: Sequence[str]


class Preferences(TypedDict, total=False):
    """What a user likes, as it is said; what is left out is as for one who has said nothing."""

    favourite_genres: Sequence[str]
    never_play: NeverPlay
    alpha: float | None  #: Weight of meaning against feeling, where a request says none.
    personal: bool  #: Whether any of this has a say in answers.
    learn: bool  #: Whether feedback is taken, and has a say.


class NeverPlayView(TypedDict):
    """What is never found for a user."""

    tracks: list[str]
    artists: list[str]


class PreferencesView(TypedDict):
    """What a user likes."""

    favourite_genres: list[str]
    never_play: NeverPlayView
    alpha: float | None
    personal: bool
    learn: bool


class FeedbackView(TypedDict):
    """What a user did with a match."""

    id: str
    job_id: str
    track_id: str
    action: str  #: `like`, `skip` or `played`.
    position_s: float | None  #: Where in the track.
    created_at: str

"""People: what is remembered of the users that tenants name: their preferences and feedback."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

from sightsong.core.jobs import Job, JobId
from sightsong.core.tenancy import NOBODY, Whose
from sightsong.core.tracks import TrackId

FeedbackId = NewType("FeedbackId", str)

#: Of one user, so many of the newest feedbacks have a say: each answer waits until they are read
#: (some 5 ms on SQLite, and 1 to weigh them).
MOST_RECALLED = 500


class Action(StrEnum):
    """What a user did with a match."""

    LIKE = "like"
    SKIP = "skip"
    PLAYED = "played"


@dataclass(frozen=True, kw_only=True)
class Preferences:
    """What a user likes in general."""

    favourite_genres: tuple[str, ...] = ()
    never_tracks: tuple[TrackId, ...] = ()  #: Never to be found for them.
    never_artists: tuple[str, ...] = ()  #: As they were named.
    alpha: float | None = None  #: Where a request says none; None: the default of `core.matching`.
    personal: bool = True  #: Whether anything of this, and of the feedback, has a say in answers.
    learn: bool = True  #: Whether feedback is taken, and has a say.


@dataclass(frozen=True, kw_only=True)
class NewFeedback:
    """What a user did, about to be stored."""

    job_id: JobId
    track_id: TrackId
    action: Action
    position_s: float | None = None  #: Where in the track, in seconds from its start.
    artist: str | None = None  #: The term of the track's artist, as `core.facts` has it.


@dataclass(frozen=True, kw_only=True)
class Feedback(NewFeedback):
    """What a user did with a match."""

    id: FeedbackId
    created_at: float  #: Seconds since the epoch by the database's clock.
    sequence: int = 0  #: Newer ones have larger ones.


@dataclass(frozen=True, kw_only=True)
class Given:
    """What became of a feedback."""

    feedback: Feedback
    is_new: bool  #: False: the same had been said before, and nothing was stored.


@dataclass(frozen=True, kw_only=True)
class Memory:
    """What is remembered of a user, at one moment."""

    preferences: Preferences = field(default_factory=Preferences)
    feedback: tuple[Feedback, ...] = ()  #: Newest first, `MOST_RECALLED` at most.
    #: Which recording the tracks in it are encodings of, where that is known; of a track that was
    #: taken out of the library, the recording of which other encodings are left.
    recordings: Mapping[TrackId, TrackId] = field(default_factory=dict)
    #: All encodings in the library of what is never to be played.
    never_encodings: frozenset[TrackId] = frozenset()
    at: float = 0.0  #: When it was read, in seconds since the epoch by the database's clock.


def remembered_for(job: Job) -> Whose | None:
    """Whose memory has a say in the answer to a job; None where its sender wanted none to."""
    if job.params.get("personal") is False:
        return None
    return Whose(tenant=job.tenant, user=job.user or NOBODY)

"""What a playlist is made of, and what it becomes."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sightsong.core.affect import Affect


class Order(StrEnum):
    """In which order the photos are gone through."""

    GIVEN = "given"  #: As they were handed in.
    PATH = "path"  #: Along the shortest path through their points on the affect plane.


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A track that fits a photo."""

    track_id: str
    recording: str  #: Alike for all encodings of one recording; none of them is played twice.
    artist: str | None  #: None where nobody is named; that is no artist of whom there are several.
    score: float  #: How well it fits, about 0 .. 1.
    affect: Affect | None = None  #: Of the track; None where it could not be measured.
    rank: int = 1  #: Among all matches of its photo: 1 is the best one.
    reason: str = ""  #: Why it is one of them.


@dataclass(frozen=True, kw_only=True)
class Stop:
    """A photo (or words) on the way, with the tracks that fit it."""

    name: str  #: Its own; of the job.
    affect: Affect | None  #: None where words have no feeling that was understood.
    offers: Sequence[Offer]  #: Best first.


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A track of the playlist, and what it is there for."""

    stop: int  #: Index of the stop that it is for.
    place: int  #: Of the offer among those of its stop, from 0.
    offer: Offer
    step: float | None  #: How far it lies from the track before on the plane; None: unknown.
    why: str  #: One sentence on why it is this one.


@dataclass(frozen=True, kw_only=True)
class Written:
    """A track as files of playlists have it."""

    url: str  #: Absolute, of its audio.
    title: str
    artist: str | None
    album: str | None
    duration_s: float | None
    job_id: str  #: Of the photo that it is for.
    note: str  #: Why it is there.
    affect: Affect | None  #: Of the track.


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A whole playlist as files have it."""

    title: str
    tracks: Sequence[Written]

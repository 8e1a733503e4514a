"""Leaning: how what is remembered of a user moves scores, a little and no further.

    change = LIMIT * (track + 0.5 * artist + 0.3 * genre), cut off at -LIMIT and LIMIT

`track` and `artist` are what the user did with the very track, and with all tracks of its artist:
`sum(w) / (sum(|w|) + k)`, between -1 and 1, so that little evidence says little. `genre` is 1 for a
favourite genre. Each `w` halves with every 90 days of its age.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from sightsong.core import terms
from sightsong.core.matching import Because, Lean
from sightsong.core.people import Action, Feedback, Memory
from sightsong.core.tracks import TrackId

#: A score is never moved farther. A track that is worse by more than this never passes one of which
#: nothing is remembered; one that is worse by more than twice this never passes any.
LIMIT = 0.15
#: Days in which a feedback loses half of its weight.
HALF_LIFE_DAYS = 90.0
#: What each action says, on its first day.
WEIGHTS: Mapping[Action, float] = {Action.LIKE: 1.0, Action.SKIP: -1.0, Action.PLAYED: 0.2}
#: A skip before this second is one of the track, not of the moment …
EARLY_S = 10.0
#: … and weighs so many times as much.
EARLY_FACTOR = 1.5
#: Weight of evidence at which half of it is believed: of a track, and of an artist, whom one track
#: must neither make nor break.
TRACK_PRIOR = 1.0
ARTIST_PRIOR = 3.0
#: What the artist and a favourite genre count for, where the very track counts for 1.
ARTIST_SHARE = 0.5
GENRE_SHARE = 0.3

_DAY_S = 24 * 3600.0


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What a user did with a track, or with the tracks of an artist."""

    toll: float = 0.0  #: Sum of the signed weights.
    weight: float = 0.0  #: Sum of their sizes.
    is_liked: bool = False  #: Whether a like is among them.

    def with_one(self, weight: float, *, is_liked: bool) -> "Heard":
        """Count one feedback more."""
        return Heard(
            toll=self.toll + weight,
            weight=self.weight + abs(weight),
            is_liked=self.is_liked or is_liked,
        )

    def believed(self, prior: float) -> float:
        """How far it speaks for or against, -1 .. 1: the less there is, the nearer to 0."""
        return self.toll / (self.weight + prior)


@dataclass(frozen=True, kw_only=True)
class Leaning:
    """What answers to a user lean to, and what they leave out."""

    tracks: Mapping[TrackId, Heard] = field(default_factory=dict)  #: By track and by recording.
    artists: Mapping[str, Heard] = field(default_factory=dict)  #: By the terms of their names.
    genres: frozenset[str] = frozenset()  #: Favourite ones, as terms.
    alpha: float | None = None
    never_tracks: frozenset[TrackId] = frozenset()
    never_artists: frozenset[str] = frozenset()  #: As terms.

    @property
    def is_empty(self) -> bool:
        """Whether nothing leans."""
        return self == Leaning()

    @property
    def bans(self) -> "Leaning":
        """What is left out alone."""
        return Leaning(never_tracks=self.never_tracks, never_artists=self.never_artists)

    def lean(self, ids: Iterable[TrackId], *, artist: str | None, genre: str | None) -> Lean:
        """Say how a candidate's score is to move.

        Args:
            ids: of its recording where that is known, and of the track; the first that is
                remembered counts. What was done with one encoding counts for the recording.
            artist: its term; None where none is named.
            genre: its term; None where none is named.
        """
        track = next((self.tracks[one] for one in ids if one in self.tracks), Heard())
        singer = self.artists.get(artist, Heard()) if artist is not None else Heard()
        parts = {
            _because(track, _OF_TRACK): track.believed(TRACK_PRIOR),
            _because(singer, _OF_ARTIST): ARTIST_SHARE * singer.believed(ARTIST_PRIOR),
            Because.GENRE: GENRE_SHARE if genre in self.genres else 0.0,
        }
        total = sum(parts.values())
        if total == 0.0:
            return Lean()
        sign = 1.0 if total > 0.0 else -1.0
        change = LIMIT * max(-1.0, min(total, 1.0))
        return Lean(change=change, because=max(parts, key=lambda one: sign * parts[one]))


def leaning_of(memory: Memory | None) -> Leaning:
    """Make of what is remembered of a user what their answers lean to; None: nothing is."""
    if memory is None or not memory.preferences.personal:
        return Leaning()
    said = memory.preferences
    plain = Leaning(
        genres=frozenset(terms.whole("genre", genre) for genre in said.favourite_genres),
        alpha=said.alpha,
        never_tracks=memory.never_encodings,
        never_artists=frozenset(terms.whole("artist", artist) for artist in said.never_artists),
    )
    return _with_feedback(plain, memory) if said.learn else plain


def weight_of(feedback: Feedback, *, at: float) -> float:
    """Weigh a feedback at a time, in seconds since the epoch.

    Ages count in whole days, so that an answer asked for twice in an hour seldom changes.
    """
    weight = WEIGHTS[feedback.action]
    position_s = feedback.position_s
    if feedback.action is Action.SKIP and position_s is not None and position_s < EARLY_S:
        weight *= EARLY_FACTOR
    days = max(at - feedback.created_at, 0.0) // _DAY_S
    return float(weight * 0.5 ** (days / HALF_LIFE_DAYS))


def _with_feedback(plain: Leaning, memory: Memory) -> Leaning:
    tracks: dict[TrackId, Heard] = defaultdict(Heard)
    artists: dict[str, Heard] = defaultdict(Heard)
    for one in memory.feedback:
        weight, is_liked = weight_of(one, at=memory.at), one.action is Action.LIKE
        recording = memory.recordings.get(one.track_id, one.track_id)
        for name in {one.track_id, recording}:
            tracks[name] = tracks[name].with_one(weight, is_liked=is_liked)
        if one.artist is not None:
            artists[one.artist] = artists[one.artist].with_one(weight, is_liked=is_liked)
    return replace(plain, tracks=dict(tracks), artists=dict(artists))


#: Of a track and of an artist: what speaks against it, for it, and for it without a like.
_OF_TRACK = (Because.SKIPPED, Because.LIKED, Because.PLAYED)
_OF_ARTIST = (Because.ARTIST_SKIPPED, Because.ARTIST_LIKED, Because.ARTIST_PLAYED)


def _because(heard: Heard, words: tuple[Because, Because, Because]) -> Because:
    against, liked, played = words
    if heard.toll < 0.0:
        return against
    return liked if heard.is_liked else played

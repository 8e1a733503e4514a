"""Facts: what searches ask of a track besides its sound, and the filters that ask it."""

import math
from dataclasses import dataclass, field

from sightsong.core import terms
from sightsong.core.affect import Affect
from sightsong.core.tracks import Track, TrackId

#: The descriptor that a track's tempo is kept as.
_TEMPO = "tempo_bpm"


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What an index knows of a track besides its vector; None where nothing is known."""

    terms: tuple[str, ...] = ()  #: As `sightsong.core.terms` makes them; no words.
    artist: str | None = None  #: The term of its artist: tracks of one artist share it.
    recording_id: TrackId | None = None  #: The track that stands for it among its encodings.
    affect: Affect | None = None
    duration_s: float | None = None
    tempo_bpm: float | None = None
    explicit: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Range:
    """Values from one to another, both of them included; None leaves an end open."""

    least: float | None = None
    most: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether any value fits, a missing one as well."""
        return self.least is None and self.most is None

    def fits(self, value: float | None) -> bool:
        """Whether a value lies within; one that is missing fits an open range only."""
        if self.is_open:
            return True
        if value is None or math.isnan(value):
            return False
        is_below = self.least is not None and value < self.least
        is_above = self.most is not None and value > self.most
        return not (is_below or is_above)


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Which tracks a search may find. Each condition narrows; of several words one must fit."""

    genres: tuple[str, ...] = ()
    moods: tuple[str, ...] = ()
    artists: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()  #: Tags, as the HTTP interface calls them.
    libraries: tuple[str, ...] = ()
    duration_s: Range = field(default_factory=Range)
    tempo_bpm: Range = field(default_factory=Range)
    #: False leaves out what is known to be explicit, True what is not; None takes both.
    explicit: bool | None = None
    without: frozenset[TrackId] = frozenset()  #: Never these.
    without_artists: frozenset[str] = frozenset()  #: Never those of these artists, by their terms.

    @property
    def is_empty(self) -> bool:
        """Whether every track fits."""
        return self == Filters()

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """The terms asked for: a track must have one of each group."""
        said = {
            "genre": self.genres,
            "mood": self.moods,
            "artist": self.artists,
            "label": self.labels,
            "library": self.libraries,
        }
        return tuple(
            tuple(dict.fromkeys(terms.whole(name, value) for value in values))
            for name, values in said.items()
            if values
        )

    def fits(self, track_id: TrackId, facts: Facts) -> bool:
        """Whether a track may be found."""
        if track_id in self.without or facts.artist in self.without_artists:
            return False
        if not self._fits_explicit(facts):
            return False
        if not (self.duration_s.fits(facts.duration_s) and self.tempo_bpm.fits(facts.tempo_bpm)):
            return False
        return all(any(term in facts.terms for term in group) for group in self.groups)

    def _fits_explicit(self, facts: Facts) -> bool:
        if self.explicit is None:
            return True
        return (facts.explicit is True) is self.explicit


def facts_of(track: Track) -> Facts:
    """Gather what searches ask of a track."""
    tags = track.tags
    return Facts(
        terms=terms.whole_terms(tags),
        artist=terms.whole("artist", tags.artist) if tags.artist else None,
        recording_id=track.recording_id,
        affect=track.affect,
        duration_s=track.duration_s,
        tempo_bpm=_known(track.descriptors.get(_TEMPO)),
        explicit=tags.explicit,
    )


def _known(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else float(value)

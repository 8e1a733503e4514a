"""Tracks: pieces of music in the user's library."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import NewType

from sightsong.core.affect import Affect
from sightsong.core.errors import (
    AudioProtected,
    AudioTooLong,
    AudioTooShort,
    BrokenAudio,
    SilentAudio,
    UnsupportedAudio,
)
from sightsong.core.fingerprints import Fingerprint

TrackId = NewType("TrackId", str)

#: Length of a window in seconds: what CLAP was trained on, and what we play of a match.
WINDOW_S = 10.0

#: Codes of the errors that lie in a file's own bytes: as long as those stay, so does the error.
_OF_THE_BYTES = frozenset(
    error.code
    for error in (
        AudioProtected,
        AudioTooLong,
        AudioTooShort,
        BrokenAudio,
        SilentAudio,
        UnsupportedAudio,
    )
)


class TrackState(StrEnum):
    """Whether a track can be found."""

    PENDING = "pending"  #: Known, not embedded yet.
    READY = "ready"  #: Embedded: found by searches within two seconds.
    QUARANTINED = "quarantined"  #: Could not be embedded; has a reason.


@dataclass(frozen=True, kw_only=True)
class Tags:
    """What is said of a track; None where nothing is."""

    title: str | None = None
    artist: str | None = None
    album: str | None = None
    genre: str | None = None
    mood: str | None = None
    licence: str | None = None
    library: str | None = None  #: The part of the collection that it belongs to, by name.
    explicit: bool | None = None  #: Whether its words are not for every ear.
    labels: tuple[str, ...] = ()  #: Any other words, as a manifest or a person gave them.

    def over(self, other: "Tags") -> "Tags":
        """Say what these tags say, and what `other` says where these say nothing."""
        mine = {field.name: getattr(self, field.name) for field in fields(self)}
        said = {name: value for name, value in mine.items() if value not in (None, ())}
        return replace(other, **said)

    def instead_of(self, before: "Tags") -> "Tags":
        """What a manifest or an ingest gives from now on, where `before` was given so far.

        The name of a library stays until another is given, and by itself it takes no word away.
        """
        if replace(self, library=None) == Tags():
            return self.over(before)
        return replace(self, library=self.library or before.library)


class Verdict(StrEnum):
    """What a scan found a file to be."""

    NEW = "new"  #: Bytes that were not known: a new track.
    KNOWN = "known"  #: As it was.
    CHANGED = "changed"  #: Known, with other bytes or other tags than before: the same track.
    DUPLICATE = "duplicate"  #: Another file with the bytes of a known track.
    MOVED = "moved"  #: The same, and one of that track's files is gone.
    REMOVED = "removed"  #: Bytes of a track that a person has removed; left alone.


@dataclass(frozen=True, kw_only=True)
class FoundFile:
    """An audio file as a scan found it."""

    path: str  #: Absolute, symlinks resolved; or its address in an object store.
    size_bytes: int
    mtime_ns: int
    sha256: str  #: Hex digest of the bytes.
    tags: Tags  #: Its own.
    given: Tags = field(default_factory=Tags)  #: What a manifest says of it; weighs more.


@dataclass(frozen=True, kw_only=True)
class Track:
    """One recording of the library (a content hash), wherever its files lie."""

    id: TrackId
    sha256: str
    path: str  #: One place where its bytes lie.
    state: TrackState
    tags: Tags  #: As it shows: a person's edits over a manifest's words over the file's own.
    added_at: float  #: Seconds since the epoch.
    duration_s: float | None = None
    affect: Affect | None = None
    descriptors: Mapping[str, float] = field(default_factory=dict)
    reason_code: str | None = None
    reason: str | None = None
    #: The track that stands for this recording, where the library holds it in several encodings;
    #: its own id for that one, None where there is only one.
    recording_id: TrackId | None = None

    @property
    def title(self) -> str:
        """The tagged title, or else the file name without its ending."""
        return self.tags.title or self.path.rpartition("/")[2].rpartition(".")[0] or self.path

    @property
    def file_name(self) -> str:
        """What its file is called; on the shelf, where that is its content, its title instead."""
        name = self.path.rpartition("/")[2]
        stem, _, ending = name.rpartition(".")
        is_shelved = stem == self.sha256 and self.tags.title is not None
        return f"{self.tags.title}.{ending}" if is_shelved else name


@dataclass(frozen=True, kw_only=True)
class FileStamp:
    """What tells, by a stat alone, that a file is as it was."""

    size_bytes: int
    mtime_ns: int


@dataclass(frozen=True, kw_only=True)
class KnownFile:
    """A file that is registered and needs nothing."""

    stamp: FileStamp
    verdict: Verdict  #: What it was found to be by the ingest that asks, earlier; else `known`.
    given: Tags = field(default_factory=Tags)  #: What was given of its track so far.


@dataclass(frozen=True, kw_only=True)
class Forgotten:
    """What became of the tracks whose files are gone."""

    moved: int = 0  #: Lie elsewhere now.
    removed: int = 0  #: Had no other file, and were removed.
    missing: int = 0  #: Have no other file, and were kept.


@dataclass(frozen=True, kw_only=True)
class TrackFilter:
    """Which tracks to list; each condition narrows. Words are compared without regard to case."""

    state: TrackState | None = None
    genre: str | None = None
    mood: str | None = None
    artist: str | None = None
    label: str | None = None
    text: str | None = None  #: Words; each begins a word of the title, artist, album or labels.
    duplicates: bool = False  #: Only those that are one of several encodings of a recording.


@dataclass(frozen=True, kw_only=True)
class SoundPrint:
    """What two encodings of one recording share: how long they last, and their fingerprint."""

    track_id: TrackId
    duration_s: float
    fingerprint: Fingerprint  #: Empty where it was embedded by a release that made none.
    recording_id: TrackId | None


def needs_embedding(
    state: TrackState, reason_code: str | None, *, is_embedded: bool, is_asked: bool
) -> bool:
    """Whether a track gets an `embed` job when a file of it is registered (again).

    What set a track aside may have passed by then (its folder was not mounted, a worker died),
    unless it lies in the bytes of the file.

    Args:
        state: of the track.
        reason_code: why it is quarantined; a code of `sightsong.core.errors`.
        is_embedded: whether it has an embedding in the wanted space.
        is_asked: whether an `embed` job of it is queued or running.
    """
    if is_asked:
        return False
    if state is TrackState.QUARANTINED:
        return reason_code not in _OF_THE_BYTES
    return not is_embedded


def is_remote(location: str) -> bool:
    """Whether a file lies in an object store: its place is an address, and no path."""
    return "://" in location

"""Tracks: pieces of music in the user's library."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

from sightsong.core.affect import Affect
from sightsong.core.errors import AudioTooLong, BrokenAudio, SilentAudio, UnsupportedAudio

TrackId = NewType("TrackId", str)

#: Length of a window in seconds: what CLAP was trained on, and what we play of a match.
WINDOW_S = 10.0

#: Codes of the errors that lie in a file's own bytes: as long as those stay, so does the error.
_OF_THE_BYTES = frozenset(
    error.code for error in (AudioTooLong, BrokenAudio, SilentAudio, UnsupportedAudio)
)


class TrackState(StrEnum):
    """Whether a track can be found."""

    PENDING = "pending"  #: Known, not embedded yet.
    READY = "ready"  #: Embedded: searchable from the next snapshot on.
    QUARANTINED = "quarantined"  #: Could not be embedded; has a reason.


@dataclass(frozen=True, kw_only=True)
class Tags:
    """What the file says of itself; None where it says nothing."""

    title: str | None = None
    artist: str | None = None
    album: str | None = None
    genre: str | None = None
    mood: str | None = None


@dataclass(frozen=True, kw_only=True)
class FoundFile:
    """An audio file as a scan found it."""

    path: str  #: Absolute, symlinks resolved.
    size_bytes: int
    mtime_ns: int
    sha256: str  #: Hex digest of the bytes.
    tags: Tags


@dataclass(frozen=True, kw_only=True)
class Track:
    """One recording of the library (a content hash), wherever its files lie."""

    id: TrackId
    sha256: str
    path: str  #: One place where its bytes lie.
    state: TrackState
    tags: Tags
    added_at: float  #: Seconds since the epoch.
    duration_s: float | None = None
    affect: Affect | None = None
    descriptors: Mapping[str, float] = field(default_factory=dict)
    reason_code: str | None = None
    reason: str | None = None

    @property
    def title(self) -> str:
        """The tagged title, or else the file name without its ending."""
        return self.tags.title or self.path.rpartition("/")[2].rpartition(".")[0] or self.path


@dataclass(frozen=True, kw_only=True)
class Registered:
    """What registering a handful of found files did."""

    new: int = 0  #: Tracks that did not exist; each got an `embed` job.
    known: int = 0  #: Files that were registered before with the same bytes.
    duplicates: int = 0  #: Other files with the bytes of a known track.


@dataclass(frozen=True, kw_only=True)
class FileStamp:
    """What tells, by a stat alone, that a file is as it was."""

    size_bytes: int
    mtime_ns: int


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

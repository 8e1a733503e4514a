"""Ingests: music on its way into the library, and how far it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, Self

from sightsong.core.jobs import Job, JobId, JobState
from sightsong.core.tracks import TrackId, Verdict


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What an ingest is to take in, and how: one of `paths`, `url`, `inbox`, `unheard`."""

    paths: tuple[str, ...] = ()  #: Folders, audio files, archives and manifests, absolute.
    url: str | None = None  #: A prefix in an object store, e.g. `s3://bucket/music`.
    inbox: str | None = None  #: A tray of uploads (`ports.Inbox`).
    uploads: int = 0  #: How many files were put into that tray; only ever shown.
    unheard: bool = False  #: The library's own tracks that the service's music model never heard.
    dry_run: bool = False  #: Only tell what would be done.
    remove_missing: bool = False  #: Remove tracks whose files are gone from the folders.
    root: str | None = None  #: The watched folder that the paths lie in, if they do.
    restore: bool = False  #: Take in again what a person has removed.
    library: str | None = None  #: What its tracks belong to from now on, unless a manifest says.

    def params(self) -> dict[str, Any]:
        """The params of its job, as JSON values; what is not asked for is left out."""
        said = {one.name: getattr(self, one.name) for one in fields(self)}
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in said.items()
            if value
        }

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Self:
        """Read the params of a job; those of the first release had one `path`."""
        names = {one.name for one in fields(cls)}
        said = {name: value for name, value in params.items() if name in names}
        paths = params.get("paths") or [params[name] for name in ("path",) if name in params]
        return cls(**said | {"paths": tuple(paths)})


@dataclass(frozen=True, kw_only=True)
class Scan:
    """How far the scan of an ingest is: counts of files."""

    found: int = 0  #: Audio files that were looked at.
    new: int = 0
    known: int = 0
    changed: int = 0
    duplicates: int = 0
    moved: int = 0
    removed: int = 0  #: Left alone, because a person has removed their tracks.
    gone: int = 0  #: Files that are not there any more, and whose tracks were removed.
    missing: int = 0  #: Files that are not there any more, and whose tracks were kept.
    ignored: int = 0  #: Other files: no audio by their ending.
    unreadable: int = 0  #: Could not be taken in; listed as problems.
    size_bytes: int = 0  #: Of the files found.

    def counted(self) -> dict[str, int]:
        """The counts by name."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


#: Where each verdict is counted.
COUNT_OF: Mapping[Verdict, str] = {
    Verdict.NEW: "new",
    Verdict.KNOWN: "known",
    Verdict.CHANGED: "changed",
    Verdict.DUPLICATE: "duplicates",
    Verdict.MOVED: "moved",
    Verdict.REMOVED: "removed",
}


class Order(StrEnum):
    """What the scan of an ingest is told to do."""

    GO_ON = "go_on"
    PAUSE = "pause"  #: Give the job back; it waits until it is resumed.
    STOP = "stop"  #: It was canceled, or another attempt owns it now.


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A file that an ingest could not take in, or a track that could not be embedded."""

    file: str  #: Its name, or its place in an archive or a manifest; never a path of the server.
    code: str
    detail: str
    track_id: TrackId | None = None
    cursor: str = ""  #: Its place in the list; set by the store.


@dataclass(frozen=True, kw_only=True)
class Ingest:
    """An ingest: its job, and what was asked of it since."""

    job: Job
    wish: Wish
    scan: Scan  #: So far.
    is_paused: bool = False
    is_canceled: bool = False  #: Also one whose scan had ended: what was left of its tracks.


@dataclass(frozen=True, kw_only=True)
class Progress:
    """What has become of the tracks of an ingest."""

    tracks: Mapping[JobState, int] = field(default_factory=dict)  #: By the state of their jobs.
    failed: Mapping[str, int] = field(default_factory=dict)  #: By the code of the error.
    heard_s: float = 0.0  #: Seconds of audio that were embedded.
    recent_tracks: int = 0  #: That ended within the last `recent_span_s` seconds of work.
    recent_heard_s: float = 0.0  #: Seconds of audio in those.
    recent_span_s: float = 0.0
    ended_at: float | None = None  #: When the last ended that was not canceled; since the epoch.

    @property
    def open_tracks(self) -> int:
        """Tracks that wait or are being embedded."""
        return sum(count for state, count in self.tracks.items() if not state.is_final)

    @property
    def tracks_per_s(self) -> float | None:
        """How many tracks end in a second, of late; None while that is not known."""
        return self.recent_tracks / self.recent_span_s if self.recent_tracks else None

    @property
    def hours_per_hour(self) -> float | None:
        """Hours of audio that are heard in an hour, of late; None while that is not known."""
        return self.recent_heard_s / self.recent_span_s if self.recent_tracks else None


@dataclass(frozen=True, kw_only=True)
class Watched:
    """A folder that is kept in step with the library."""

    id: str
    path: str
    added_at: float  #: Seconds since the epoch.
    ingest_id: JobId | None = None  #: The last ingest that was begun for it.

"""Ingests, their problems and watched folders, as typed dictionaries."""

from typing import Any, NotRequired, TypedDict

from sightsong.client.views.jobs import ErrorView


class SourceView(TypedDict):
    """What an ingest takes in."""

    kind: str  #: `paths`, `url` or `upload`.
    paths: list[str]
    url: str | None
    files: int | None  #: How many were uploaded.


class RatesView(TypedDict):
    """How fast an ingest goes, of late."""

    tracks_per_s: float | None
    hours_per_hour: float | None  #: Hours of audio heard in an hour.


class OverallView(TypedDict):
    """How fast a whole ingest was, pauses included."""

    took_s: float
    tracks_per_s: float
    hours_per_hour: float  #: Hours of audio heard in an hour.


class IngestView(TypedDict):
    """An ingest: the scan, and how far its tracks are."""

    id: str
    #: `waiting`, `scanning`, `listening`, `paused`, `done`, `failed` or `canceled`.
    status: str
    state: str  #: Of the scan alone, as of any job.
    created_at: str
    started_at: str | None
    finished_at: str | None
    attempt: int
    error: ErrorView | None
    source: SourceView
    dry_run: bool
    library: NotRequired[str | None]  #: What its tracks belong to from now on, if it was said.
    scan: dict[str, int]  #: Counts of files, so far.
    tracks: dict[str, int]  #: `embed` jobs by state.
    problems: int  #: Files and tracks that could not be taken in.
    failed: dict[str, int]  #: Tracks that failed, by the code of the error.
    heard_s: float
    rates: RatesView
    overall: NotRequired[OverallView | None]  #: Of the whole, once it is done.
    eta_s: float | None  #: None while unknown.
    estimate: dict[str, Any] | None  #: What a dry run has found.
    done: bool  #: Whether the scan and every track are final.


class RetriedView(IngestView):
    """An ingest whose failed tracks are tried again."""

    retried: int  #: How many.


class IngestsPage(TypedDict):
    """One page of ingests, newest first."""

    items: list[IngestView]
    next_cursor: str | None


class TroubleView(TypedDict):
    """A file that could not be taken in, or a track that could not be heard."""

    file: str
    code: str
    detail: str
    track_id: str | None


class ProblemsPage(TypedDict):
    """One page of those."""

    items: list[TroubleView]
    next_cursor: str | None


class WatchView(TypedDict):
    """A folder that is kept in step with the library."""

    id: str
    path: str
    added_at: str
    ingest_id: str | None  #: The last ingest that was begun for it.

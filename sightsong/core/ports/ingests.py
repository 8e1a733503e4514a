"""Ingests, and the folders that are watched."""

from collections.abc import Sequence
from typing import Protocol

from sightsong.core.embeddings import Space
from sightsong.core.ingests import Ingest, Order, Problem, Progress, Scan, Watched, Wish
from sightsong.core.jobs import (
    Job,
    JobId,
)
from sightsong.core.tenancy import DEFAULT_TENANT, TenantId


class Ingests(Protocol):
    """The ingests: jobs of kind `ingest`, how far they are, and what was asked of them since."""

    def submit(self, wish: Wish, *, tenant: TenantId = DEFAULT_TENANT) -> Job:
        """Store a queued ingest in one transaction; its job is of the tenant that asked for it.

        Raises:
            StoreUnavailable: the database does not answer (503).
        """
        ...

    def get(self, ingest_id: JobId) -> Ingest:
        """Read an ingest.

        Raises:
            JobNotFound: there is none.
        """
        ...

    def listed(self, *, limit: int, after: JobId | None = None) -> list[Ingest]:
        """Read ingests, newest first, those older than the given one."""
        ...

    def unfinished(self) -> list[Ingest]:
        """Read all ingests whose scans wait or run, oldest first."""
        ...

    def note(self, job: Job, scan: Scan, problems: Sequence[Problem] = ()) -> Order:
        """Store how far a scan is, and say whether to go on.

        Written only while this attempt holds the job; if it does not, the order is `stop`. The
        problems of earlier attempts are dropped by the first note of an attempt (`scan.found` 0).
        What gets further than any attempt before has its failures and crashes forgiven: a scan of
        hours fails by what befalls it in one place, not by what befell it on its long way.
        """
        ...

    def progress(self, ingest_id: JobId) -> Progress:
        """Read what has become of the tracks of an ingest."""
        ...

    def problems(self, ingest_id: JobId, *, limit: int, after: str | None = None) -> list[Problem]:
        """Read what could not be taken in: files first, then tracks; after the given cursor."""
        ...

    def pause(self, ingest_id: JobId) -> Ingest:
        """Let the scan and the tracks of an ingest wait; what runs ends. Safe to repeat.

        Raises:
            JobNotFound: there is none.
            Conflict: nothing of it is left to do, and it was not paused.
        """
        ...

    def resume(self, ingest_id: JobId) -> Ingest:
        """Let a paused ingest go on. Safe to repeat.

        Raises:
            JobNotFound: there is none.
        """
        ...

    def cancel(self, ingest_id: JobId) -> Ingest:
        """Give up what is left of an ingest; what is embedded stays. Safe to repeat.

        The scan and its tracks' jobs become `canceled`, also those that run: their attempts are
        fenced.

        Raises:
            JobNotFound: there is none.
            Conflict: nothing of it was left to do, and it was neither paused nor canceled.
        """
        ...

    def retry(self, ingest_id: JobId) -> int:
        """Make a new job for each track of an ingest that failed; how many.

        The failed ones no longer count for the ingest.

        Raises:
            JobNotFound: there is none.
        """
        ...

    def heard_per_s(self, space: Space) -> float | None:
        """Seconds of audio embedded in a second by the whole service, over the last tracks.

        None while fewer than three were.
        """
        ...

    def watch(self, path: str) -> Watched:
        """Keep a folder in step from now on. Safe to repeat."""
        ...

    def unwatch(self, watched_id: str) -> None:
        """Leave a folder alone from now on.

        Raises:
            NotFound: it is not watched.
        """
        ...

    def watched(self) -> list[Watched]:
        """Read the folders that are kept in step, the oldest first."""
        ...

    def note_watched(self, watched_id: str, ingest_id: JobId) -> None:
        """Note the last ingest that was begun for a folder."""
        ...

"""The ingests in memory."""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from sightsong.adapters.memory import registering
from sightsong.adapters.memory.jobs import held, insert
from sightsong.adapters.memory.state import IngestRow, Row, State
from sightsong.core import transitions
from sightsong.core.embeddings import Space
from sightsong.core.errors import Conflict, JobNotFound, NotFound
from sightsong.core.ingests import Ingest, Order, Problem, Progress, Scan, Watched, Wish
from sightsong.core.jobs import Job, JobError, JobId, JobKind, JobState, NewJob
from sightsong.core.rates import heard_rate
from sightsong.core.tenancy import DEFAULT_TENANT, TenantId
from sightsong.core.tracks import TrackId, TrackState

_RECENT_S = 60.0
_LAST_JOBS = 200
_LAST_S = 24 * 3600.0


class MemoryIngests:
    """The `Ingests` port over dictionaries."""

    def __init__(self, state: State) -> None:
        self._state = state

    def submit(self, wish: Wish, *, tenant: TenantId = DEFAULT_TENANT) -> Job:
        """Store a queued ingest; its job is of the tenant that asked for it."""
        new = NewJob(kind=JobKind.INGEST, params=wish.params(), tenant=tenant)
        with self._state.lock:
            return insert(self._state, new)

    def get(self, ingest_id: JobId) -> Ingest:
        """Read an ingest.

        Raises:
            JobNotFound: there is none.
        """
        with self._state.lock:
            row, job = self._row(ingest_id), self._state.rows[ingest_id].job
            return Ingest(
                job=job,
                wish=Wish.of(job.params),
                scan=row.scan,
                is_paused=row.is_paused,
                is_canceled=row.is_canceled,
            )

    def listed(self, *, limit: int, after: JobId | None = None) -> list[Ingest]:
        """Read ingests, newest first, those older than the given one."""
        with self._state.lock:
            ids = list(reversed(self._state.ingests))
            start = 0 if after is None else len(ids)
            start = ids.index(after) + 1 if after in ids else start
            return [self.get(one) for one in ids[start : start + limit]]

    def unfinished(self) -> list[Ingest]:
        """Read all ingests whose scans wait or run, oldest first."""
        with self._state.lock:
            read = map(self.get, self._state.ingests)
            return [one for one in read if not one.job.state.is_final]

    def note(self, job: Job, scan: Scan, problems: Sequence[Problem] = ()) -> Order:
        """Store how far a scan is, and say whether to go on."""
        with self._state.lock:
            row = self._state.ingests.get(job.id)
            attempt = held(self._state, job, self._state.clock())
            if row is None or attempt is None:
                return Order.STOP
            if scan.found > row.furthest:
                attempt.job = transitions.forgiven(attempt.job)
            row.scan, row.furthest = scan, max(scan.found, row.furthest)
            if scan.found == 0:
                row.problems = [one for one in row.problems if one[1] == job.state_version]
            row.problems += [
                (next(self._state.sequence), job.state_version, one) for one in problems
            ]
            return Order.PAUSE if row.is_paused else Order.GO_ON

    def progress(self, ingest_id: JobId) -> Progress:
        """Read what has become of the tracks of an ingest."""
        with self._state.lock:
            rows, begun = self._state.children(ingest_id), self._state.clock() - _RECENT_S
            ended = [row for row in rows if row.job.state in (JobState.SUCCEEDED, JobState.FAILED)]
            recent = [row for row in ended if (row.job.finished_at or 0) > begun]
            errors = [row.job.error for row in rows if row.job.state is JobState.FAILED]
            return Progress(
                tracks=dict(Counter(row.job.state for row in rows)),
                failed=dict(Counter(error.code for error in errors if error)),
                heard_s=sum(row.heard_s or 0.0 for row in rows),
                recent_tracks=len(recent),
                recent_heard_s=sum(row.heard_s or 0.0 for row in recent),
                recent_span_s=self._span(rows, recent),
                ended_at=max((row.job.finished_at or 0.0 for row in ended), default=None),
            )

    def problems(self, ingest_id: JobId, *, limit: int, after: str | None = None) -> list[Problem]:
        """Read what could not be taken in: files first, then tracks; after the given cursor."""
        with self._state.lock:
            row = self._state.ingests.get(ingest_id, IngestRow())
            found = [replace(one, cursor=f"file:{place}") for place, _, one in row.problems]
            found += [
                self._of_track(child)
                for child in self._state.children(ingest_id)
                if child.job.state is JobState.FAILED
            ]
        later = [one for one in found if after is None or _rank(one.cursor) > _rank(after)]
        return later[:limit]

    def pause(self, ingest_id: JobId) -> Ingest:
        """Let the scan and the tracks of an ingest wait; what runs ends. Safe to repeat.

        Raises:
            JobNotFound: there is none.
            Conflict: nothing of it is left to do, and it was not paused.
        """
        with self._state.lock:
            row, waiting = self._row(ingest_id), self._open(ingest_id)
            if not waiting and not row.is_paused:
                raise Conflict
            row.is_paused = True
            for one in waiting:
                one.is_held = True
            return self.get(ingest_id)

    def resume(self, ingest_id: JobId) -> Ingest:
        """Let a paused ingest go on. Safe to repeat.

        Raises:
            JobNotFound: there is none.
        """
        with self._state.lock:
            self._row(ingest_id).is_paused = False
            for one in self._open(ingest_id):
                one.is_held = False
            return self.get(ingest_id)

    def cancel(self, ingest_id: JobId) -> Ingest:
        """Give up what is left of an ingest; what is embedded stays. Safe to repeat.

        Raises:
            JobNotFound: there is none.
            Conflict: nothing of it was left to do, and it was neither paused nor canceled.
        """
        with self._state.lock:
            row, waiting = self._row(ingest_id), self._open(ingest_id)
            if not waiting and not (row.is_canceled or row.is_paused):
                raise Conflict
            row.is_canceled, row.is_paused = True, False
            for one in waiting:
                self._state.cancel(one)
            return self.get(ingest_id)

    def retry(self, ingest_id: JobId) -> int:
        """Make a new job for each track of an ingest that failed; how many.

        Raises:
            JobNotFound: there is none.
        """
        with self._state.lock:
            self._row(ingest_id)
            aside: dict[TrackId, None] = {}
            for child in self._state.children(ingest_id):
                track_id = TrackId(child.job.params.get("track_id", ""))
                track = self._state.there(track_id)
                is_aside = track is not None and track.state is TrackState.QUARANTINED
                if child.job.state is JobState.FAILED and is_aside:
                    child.job = replace(child.job, parent_id=None)
                    aside[track_id] = None
            for track_id in aside:
                registering.ask(self._state, track_id, ingest_id)
            return len(aside)

    def heard_per_s(self, space: Space) -> float | None:
        """Seconds of audio embedded in a second by the whole service, over the last tracks."""
        with self._state.lock:
            since = self._state.clock() - _LAST_S
            ended = [
                (row.job.finished_at, row.job.started_at, row.heard_s, row.job.params)
                for row in self._state.rows.values()
                if row.heard_s is not None and (row.job.finished_at or 0) > since
            ]
            last = sorted(ended, key=lambda one: one[0] or 0, reverse=True)[:_LAST_JOBS]
            return heard_rate(
                (start, end, heard)
                for end, start, heard, params in last
                if start is not None
                and end is not None
                and heard is not None
                and (space, params.get("track_id")) in self._state.vectors
            )

    def watch(self, path: str) -> Watched:
        """Keep a folder in step from now on. Safe to repeat."""
        with self._state.lock:
            there = next((one for one in self._state.watched.values() if one.path == path), None)
            if there is None:
                there = Watched(id=str(uuid.uuid4()), path=path, added_at=self._state.clock())
                self._state.watched[there.id] = there
            return there

    def unwatch(self, watched_id: str) -> None:
        """Leave a folder alone from now on.

        Raises:
            NotFound: it is not watched.
        """
        with self._state.lock:
            if self._state.watched.pop(watched_id, None) is None:
                raise NotFound

    def watched(self) -> list[Watched]:
        """Read the folders that are kept in step, the oldest first."""
        with self._state.lock:
            rows = list(self._state.watched.values())
        return sorted(rows, key=lambda one: (one.added_at, one.id))

    def note_watched(self, watched_id: str, ingest_id: JobId) -> None:
        """Note the last ingest that was begun for a folder."""
        with self._state.lock:
            row = self._state.watched.get(watched_id)
            if row is not None:
                self._state.watched[watched_id] = replace(row, ingest_id=ingest_id)

    def _row(self, ingest_id: JobId) -> IngestRow:
        row = self._state.ingests.get(ingest_id)
        if row is None:
            raise JobNotFound
        return row

    def _open(self, ingest_id: JobId) -> list[Row]:
        rows = [self._state.rows[ingest_id], *self._state.children(ingest_id)]
        return [row for row in rows if not row.job.state.is_final]

    def _span(self, rows: Sequence[Row], recent: Sequence[Row]) -> float:
        """Seconds of work that the recent ones ended in."""
        if not recent:
            return 0.0
        now = self._state.clock()
        if any((row.job.finished_at or now) <= now - _RECENT_S for row in rows):
            return _RECENT_S
        first = min(now if row.job.started_at is None else row.job.started_at for row in recent)
        return min(_RECENT_S, now - first)

    def _of_track(self, row: Row) -> Problem:
        track_id = row.job.params.get("track_id")
        error = row.job.error or JobError(code="", detail="")
        track = self._state.tracks.get(track_id) if track_id else None
        return Problem(
            file=track.file_name if track else "",
            code=error.code,
            detail=error.detail,
            track_id=track_id,
            cursor=f"track:{row.sequence}",
        )


def _rank(cursor: str) -> tuple[str, int]:
    """Files come before tracks, as their names do."""
    kind, _, place = cursor.partition(":")
    return kind, int(place) if place.isdecimal() else 0

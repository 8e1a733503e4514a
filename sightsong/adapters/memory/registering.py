"""Registering found files in memory. The caller holds the lock."""

import uuid
from dataclasses import dataclass, replace

from sightsong.adapters.memory import removing
from sightsong.adapters.memory.jobs import insert
from sightsong.adapters.memory.state import FileRow, IngestRow, Row, State, Words
from sightsong.core.embeddings import Space
from sightsong.core.jobs import JobId, JobKind, JobState, NewJob
from sightsong.core.tracks import (
    FileStamp,
    FoundFile,
    Tags,
    Track,
    TrackId,
    TrackState,
    Verdict,
    needs_embedding,
)


@dataclass(frozen=True, kw_only=True)
class Registration:
    """On whose behalf files are registered."""

    state: State
    space: Space
    parent_id: JobId
    restore: bool

    def register(self, file: FoundFile) -> Verdict:
        """Store a found file, with an `embed` job if its track needs one."""
        here = self.state.files.get(file.path)
        track = next((t for t in self.state.tracks.values() if t.sha256 == file.sha256), None)
        if track is None:
            verdict, track_id = self._new_bytes(file, here)
        elif track.id in self.state.removed:
            verdict, track_id = self._removed_bytes(file, track)
        else:
            verdict, track_id = self._known_bytes(file, here, track)
        self._put_file(file, here, track_id, verdict)
        if here is not None and here.track_id != track_id:
            self._leave(here.track_id)
        if verdict is Verdict.DUPLICATE:
            removing.rename(self.state, track_id)
        if verdict is not Verdict.REMOVED:
            self._ask_if_wanting(track_id)
        return verdict

    def _new_bytes(self, file: FoundFile, here: FileRow | None) -> tuple[Verdict, TrackId]:
        if (
            here is not None
            and here.track_id not in self.state.removed
            and self.state.files_of(here.track_id) == [file.path]
        ):
            self._change(here.track_id, file)
            return Verdict.CHANGED, here.track_id
        if here is not None:
            self._fence(here.track_id)
        track_id = TrackId(str(uuid.uuid4()))
        self.state.words[track_id] = Words(own=file.tags, given=file.given)
        self.state.tracks[track_id] = Track(
            id=track_id,
            sha256=file.sha256,
            path=file.path,
            state=TrackState.PENDING,
            tags=self.state.words[track_id].shown,
            added_at=self.state.clock(),
        )
        return Verdict.NEW, track_id

    def _removed_bytes(self, file: FoundFile, track: Track) -> tuple[Verdict, TrackId]:
        if not self.restore:
            return Verdict.REMOVED, track.id
        self.state.removed.discard(track.id)
        self.state.tracks[track.id] = replace(track, path=file.path)
        self._say(track.id, own=file.tags, given=self._given_anew(track.id, file))
        return Verdict.NEW, track.id

    def _known_bytes(
        self, file: FoundFile, here: FileRow | None, track: Track
    ) -> tuple[Verdict, TrackId]:
        before = self.state.words[track.id].given
        given = self._given(file, track, before)
        self._say(track.id, own=file.tags, given=given)
        if here is None or here.track_id != track.id:
            if here is not None:
                self._fence(here.track_id)
            return Verdict.DUPLICATE, track.id
        return (Verdict.KNOWN if given == before else Verdict.CHANGED), track.id

    def _given(self, file: FoundFile, track: Track, before: Tags) -> Tags:
        is_main = before == Tags() or track.path == file.path
        return file.given.instead_of(before) if is_main else before

    def _change(self, track_id: TrackId, file: FoundFile) -> None:
        self._fence(track_id)
        self.state.doubt(track_id)
        track = self.state.tracks[track_id]
        is_aside = track.state is TrackState.QUARANTINED
        self.state.tracks[track_id] = replace(
            track,
            sha256=file.sha256,
            state=TrackState.PENDING if is_aside else track.state,
            reason_code=None,
            reason=None,
        )
        given = self._given_anew(track_id, file)
        self._say(track_id, own=file.tags, given=given)

    def _given_anew(self, track_id: TrackId, file: FoundFile) -> Tags:
        return file.given.instead_of(self.state.words[track_id].given)

    def _fence(self, track_id: TrackId) -> None:
        """Cancel a running job: it may have read bytes which are no more."""
        job_id = self.state.embed_jobs.get(track_id)
        if job_id is not None and self.state.rows[job_id].job.state is JobState.RUNNING:
            self.state.cancel(self.state.rows[job_id])

    def _say(self, track_id: TrackId, *, own: Tags, given: Tags) -> None:
        words = self.state.words[track_id]
        words.own, words.given = own, given
        self.state.put(replace(self.state.tracks[track_id], tags=words.shown))

    def _put_file(
        self, file: FoundFile, here: FileRow | None, track_id: TrackId, verdict: Verdict
    ) -> None:
        if verdict is Verdict.KNOWN and here is not None and here.ingest_id == self.parent_id:
            verdict = here.verdict
        self.state.files[file.path] = FileRow(
            track_id=track_id,
            stamp=FileStamp(size_bytes=file.size_bytes, mtime_ns=file.mtime_ns),
            ingest_id=self.parent_id,
            verdict=verdict,
        )

    def _leave(self, track_id: TrackId) -> None:
        """See to the track that a path belonged to."""
        if track_id in self.state.removed:
            return
        if removing.rename(self.state, track_id):
            self.state.doubt(track_id)
            self._ask_if_wanting(track_id)
        else:
            removing.drop(self.state, self.state.tracks[track_id])

    def _ask_if_wanting(self, track_id: TrackId) -> None:
        ingest = self.state.ingests.get(self.parent_id, IngestRow())
        wants = wants_embedding(self.state, track_id, self.space, asking=self.parent_id)
        if ingest.is_canceled or not wants:
            return
        asked = _open_job(self.state, track_id)
        if asked is None:
            ask(self.state, track_id, self.parent_id)
        elif not ingest.is_paused:  # it would wait for another ingest, which is paused
            asked.job = replace(asked.job, parent_id=self.parent_id)
            asked.is_held = False


def ask(state: State, track_id: TrackId, parent_id: JobId) -> None:
    """Make an `embed` job for a track; it is pending again if it was set aside."""
    ingest = state.ingests.get(parent_id, IngestRow())
    new = NewJob(kind=JobKind.EMBED, params={"track_id": track_id}, parent_id=parent_id)
    state.embed_jobs[track_id] = insert(state, new, is_held=ingest.is_paused).id
    track = state.tracks[track_id]
    if track.state is TrackState.QUARANTINED:
        again = replace(track, state=TrackState.PENDING, reason_code=None, reason=None)
        state.tracks[track_id] = again


def wants_embedding(state: State, track_id: TrackId, space: Space, *, asking: JobId) -> bool:
    """Whether a track needs an `embed` job, or that the ingest `asking` takes its job over."""
    track, key = state.tracks[track_id], (space, track_id)
    return needs_embedding(
        track.state,
        track.reason_code,
        is_embedded=key in state.vectors and key not in state.outdated,
        is_asked=_is_asked(state, track_id, asking),
    )


def _is_asked(state: State, track_id: TrackId, asking: JobId) -> bool:
    row = _open_job(state, track_id)
    if row is None:
        return False
    parent = state.ingests.get(row.job.parent_id) if row.job.parent_id else None
    return parent is None or not parent.is_paused or row.job.parent_id == asking


def has_open_job(state: State, track_id: TrackId) -> bool:
    """Whether an `embed` job of a track waits or runs, for whichever ingest."""
    return _open_job(state, track_id) is not None


def _open_job(state: State, track_id: TrackId) -> Row | None:
    job_id = state.embed_jobs.get(track_id)
    row = None if job_id is None else state.rows[job_id]
    return None if row is None or row.job.state.is_final else row

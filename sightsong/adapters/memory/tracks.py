"""The library's rows in memory."""

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from sightsong.adapters.memory.jobs import insert
from sightsong.adapters.memory.state import FileRow, State
from sightsong.core.embeddings import Space
from sightsong.core.errors import TrackNotFound
from sightsong.core.jobs import JobId, JobKind, NewJob
from sightsong.core.snapshots import TrackVectors
from sightsong.core.tracks import (
    FileStamp,
    FoundFile,
    Registered,
    Track,
    TrackId,
    TrackState,
    needs_embedding,
)


class MemoryTracks:
    """The `Tracks` port over dictionaries."""

    def __init__(self, state: State) -> None:
        self._state = state

    def stamps(self, paths: Sequence[str], *, space: Space) -> Mapping[str, FileStamp]:
        """Read the stamps of those `paths` whose files need not be registered again."""
        with self._state.lock:
            known = {path: row for path in paths if (row := self._state.files.get(path))}
            return {
                path: row.stamp
                for path, row in known.items()
                if not self._needs_embedding(self._state.tracks[row.track_id], space)
            }

    def register(self, files: Sequence[FoundFile], *, space: Space, parent_id: JobId) -> Registered:
        """Store found files in one transaction, with an `embed` job for each new track."""
        with self._state.lock:
            told = Counter(self._register(file, space, parent_id) for file in files)
        return Registered(new=told["new"], known=told["known"], duplicates=told["duplicates"])

    def get(self, track_id: TrackId) -> Track:
        """Read a track.

        Raises:
            TrackNotFound: there is none.
        """
        found = self.get_many([track_id])
        if track_id not in found:
            raise TrackNotFound
        return found[track_id]

    def get_many(self, track_ids: Iterable[TrackId]) -> Mapping[TrackId, Track]:
        """Read many tracks; unknown ids are left out."""
        with self._state.lock:
            tracks = self._state.tracks
            return {track_id: tracks[track_id] for track_id in track_ids if track_id in tracks}

    def paths(self, track_id: TrackId) -> tuple[str, ...]:
        """Read where the files of a track lie: its main path first, then by name.

        Raises:
            TrackNotFound: there is none.
        """
        main = self.get(track_id).path
        with self._state.lock:
            found = [path for path, row in self._state.files.items() if row.track_id == track_id]
        return tuple(sorted(found, key=lambda path: (path != main, path)))

    def page(
        self, *, limit: int, after: TrackId | None = None, state: TrackState | None = None
    ) -> list[Track]:
        """Read tracks in the order of their ids, after the given one."""
        with self._state.lock:
            rows = [t for t in self._state.tracks.values() if state in (None, t.state)]
        later = [row for row in rows if after is None or row.id > after]
        return sorted(later, key=lambda row: row.id)[:limit]

    def count(self) -> Mapping[TrackState, int]:
        """Count the tracks by state."""
        with self._state.lock:
            return dict(Counter(track.state for track in self._state.tracks.values()))

    def vectors(self, space: Space) -> Iterator[TrackVectors]:
        """Stream the embeddings of a space in the order of track ids."""
        with self._state.lock:
            rows = [row for (where, _), row in self._state.vectors.items() if where == space]
        yield from sorted(rows, key=lambda row: row.track_id)

    def revision(self, space: Space) -> int:
        """A number that grows whenever the embeddings of a space change; 0 when there are none."""
        with self._state.lock:
            return self._state.revisions[space]

    def _register(self, file: FoundFile, space: Space, parent_id: JobId) -> str:
        track = next((t for t in self._state.tracks.values() if t.sha256 == file.sha256), None)
        before = self._state.files.get(file.path)
        told = "duplicates"
        if track is None:
            track, told = self._add(file), "new"
        elif before is not None and before.track_id == track.id:
            told = "known"
        stamp = FileStamp(size_bytes=file.size_bytes, mtime_ns=file.mtime_ns)
        self._state.files[file.path] = FileRow(track_id=track.id, stamp=stamp)
        if before is not None and before.track_id != track.id:
            self._move_away(before.track_id)
        if self._needs_embedding(track, space):
            self._ask(track, parent_id)
        return told

    def _ask(self, track: Track, parent_id: JobId) -> None:
        new = NewJob(kind=JobKind.EMBED, params={"track_id": track.id}, parent_id=parent_id)
        self._state.embed_jobs[track.id] = insert(self._state, new).id
        if track.state is TrackState.QUARANTINED:
            again = replace(track, state=TrackState.PENDING, reason_code=None, reason=None)
            self._state.tracks[track.id] = again

    def _add(self, file: FoundFile) -> Track:
        track = Track(
            id=TrackId(str(uuid.uuid4())),
            sha256=file.sha256,
            path=file.path,
            state=TrackState.PENDING,
            tags=file.tags,
            added_at=self._state.clock(),
        )
        self._state.tracks[track.id] = track
        return track

    def _move_away(self, track_id: TrackId) -> None:
        """Name another file of a track after one of its files became something else."""
        left = [path for path, row in self._state.files.items() if row.track_id == track_id]
        if left:
            track = self._state.tracks[track_id]
            self._state.tracks[track_id] = replace(track, path=min(left))

    def _needs_embedding(self, track: Track, space: Space) -> bool:
        job_id = self._state.embed_jobs.get(track.id)
        return needs_embedding(
            track.state,
            track.reason_code,
            is_embedded=(space, track.id) in self._state.vectors,
            is_asked=job_id is not None and not self._state.rows[job_id].job.state.is_final,
        )

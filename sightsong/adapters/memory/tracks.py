"""The library's rows in memory."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from sightsong.adapters.memory import removing
from sightsong.adapters.memory.registering import Registration, has_open_job, wants_embedding
from sightsong.adapters.memory.state import FileRow, State, Vectors
from sightsong.core import terms
from sightsong.core.embeddings import Space
from sightsong.core.errors import TrackNotFound
from sightsong.core.facts import facts_of
from sightsong.core.jobs import JobId
from sightsong.core.snapshots import Changes, Entry, Extent, IndexedTrack, Windows
from sightsong.core.tracks import (
    Forgotten,
    FoundFile,
    KnownFile,
    SoundPrint,
    Tags,
    Track,
    TrackFilter,
    TrackId,
    TrackState,
    Verdict,
)


class MemoryTracks:
    """The `Tracks` port over dictionaries."""

    def __init__(self, state: State) -> None:
        self._state = state

    def known(
        self, paths: Sequence[str], *, space: Space, ingest_id: JobId, restore: bool = False
    ) -> Mapping[str, KnownFile]:
        """Read those of `paths` whose files need not be registered again if their stamps hold."""
        with self._state.lock:
            there = {path: row for path in paths if (row := self._state.files.get(path))}
            return {
                path: KnownFile(
                    stamp=row.stamp,
                    verdict=self._verdict(row, ingest_id),
                    given=self._state.words[row.track_id].given,
                )
                for path, row in there.items()
                if not self._is_wanting(row.track_id, space, ingest_id, restore=restore)
            }

    def register(
        self,
        files: Sequence[FoundFile],
        *,
        space: Space,
        parent_id: JobId,
        restore: bool = False,
    ) -> list[Verdict]:
        """Store found files in one transaction, with an `embed` job for each new track."""
        with self._state.lock:
            now = Registration(state=self._state, space=space, parent_id=parent_id, restore=restore)
            return [now.register(file) for file in files]

    def sizes(self, sizes_bytes: Iterable[int]) -> frozenset[int]:
        """Find which of some sizes registered files have."""
        with self._state.lock:
            known = {row.stamp.size_bytes for row in self._state.files.values()}
        return frozenset(known.intersection(sizes_bytes))

    def of_bytes(self, sha256s: Iterable[str]) -> frozenset[str]:
        """Find which of some digests are those of tracks, of removed ones as well."""
        with self._state.lock:
            known = frozenset(
                track.sha256
                for track in self._state.tracks.values()
                if track.state is not TrackState.PENDING
            )
        return known.intersection(sha256s)

    def held(self, paths: Iterable[str]) -> frozenset[str]:
        """Find which of some files belong to tracks that are not removed."""
        with self._state.lock:
            there = {path for path, row in self._state.files.items() if self._is_there(row)}
        return frozenset(there.intersection(paths))

    def _is_there(self, row: FileRow) -> bool:
        return row.track_id not in self._state.removed

    def paths_under(self, folder: str) -> list[str]:
        """List the registered files below a folder, those of removed tracks as well."""
        below = f"{folder.rstrip('/')}/"
        with self._state.lock:
            return sorted(path for path in self._state.files if path.startswith(below))

    def forget(self, paths: Sequence[str], *, ingest_id: JobId, remove: bool) -> Forgotten:
        """Drop files that are gone, in one transaction."""
        with self._state.lock:
            return removing.forget(self._state, paths, ingest_id=ingest_id, remove=remove)

    def edit(self, track_id: TrackId, changes: Mapping[str, Any]) -> Track:
        """Change what a person says of a track; these edits outlive scans.

        Raises:
            TrackNotFound: there is none.
        """
        with self._state.lock:
            track, words = self.get(track_id), self._state.words[track_id]
            said = asdict(words.edits) | dict(changes)
            words.edits = Tags(**said | {"labels": tuple(said["labels"] or ())})
            self._state.put(replace(track, tags=words.shown))
            return self._state.tracks[track_id]

    def remove(self, track_id: TrackId) -> None:
        """Remove a track and its embeddings; its bytes are not taken in again unless asked for.

        Raises:
            TrackNotFound: there is none.
        """
        with self._state.lock:
            removing.mark(self._state, self.get(track_id))

    def digest(self, track_id: TrackId, *, space: Space) -> str | None:
        """Read the digest of the sound that a track's embedding in a space was made of, if any."""
        with self._state.lock:
            found = self._state.vectors.get((space, track_id))
        return None if found is None else found.digest

    def prints(self, space: Space, *, since: int = 0) -> Iterator[tuple[SoundPrint, bool]]:
        """Stream the embedded tracks in the order of their duration, then id."""
        with self._state.lock:
            found = [
                (self._print(track_id, row), row.revision > since)
                for track_id, row in self._embedded(space).items()
            ]
        yield from sorted(found, key=lambda one: (one[0].duration_s, one[0].track_id))

    def group(self, recordings: Mapping[TrackId, TrackId | None]) -> None:
        """Note which track stands for the recording of each."""
        with self._state.lock:
            for track_id, stands in recordings.items():
                track = self._state.there(track_id)
                if track is not None:
                    self._state.put(replace(track, recording_id=stands))

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
            return {one: track for one in track_ids if (track := self._state.there(one))}

    def paths(self, track_id: TrackId) -> tuple[str, ...]:
        """Read where the files of a track lie: its main path first, then by name.

        Raises:
            TrackNotFound: there is none.
        """
        main = self.get(track_id).path
        with self._state.lock:
            found = self._state.files_of(track_id)
        return tuple(sorted(found, key=lambda path: (path != main, path)))

    def page(
        self, *, limit: int, after: TrackId | None = None, where: TrackFilter | None = None
    ) -> list[Track]:
        """Read tracks in the order of their ids, after the given one."""
        narrow = where or TrackFilter()
        wanted = terms.wanted(narrow)
        rows = [
            track
            for track in self._all()
            if narrow.state in (None, track.state)
            and (after is None or track.id > after)
            and (track.recording_id is not None or not narrow.duplicates)
            and wanted.fits(terms.terms_of(track.tags, title=track.title))
        ]
        return rows[:limit]

    def recording(self, recording_id: TrackId) -> list[Track]:
        """Read all tracks of a recording, the one that stands for it first."""
        found = [track for track in self._all() if track.recording_id == recording_id]
        return sorted(found, key=lambda track: (track.id != recording_id, track.id))

    def count(self) -> Mapping[TrackState, int]:
        """Count the tracks by state."""
        return dict(Counter(track.state for track in self._all()))

    def unheard(self, space: Space) -> Iterator[str]:
        """Stream where ready tracks lie that only another model has heard, by their ids."""
        with self._state.lock:
            heard = self._embedded(space)
            paths = [
                track.path
                for track in self._all()
                if track.state is TrackState.READY
                and track.id not in heard
                and not has_open_job(self._state, track.id)
            ]
        yield from paths

    def indexed(self, space: Space) -> Iterator[IndexedTrack]:
        """Stream what a snapshot of a space is made of, in the order of track ids."""
        with self._state.lock:
            found = [
                IndexedTrack(entry=self._entry(track_id, row), windows=row.windows)
                for track_id, row in self._embedded(space).items()
            ]
        yield from found

    def extent(self, space: Space) -> Extent:
        """Count what `indexed` would stream."""
        with self._state.lock:
            found = self._embedded(space).values()
            return Extent(
                tracks=len(found), window_bytes=sum(row.windows.vectors.nbytes for row in found)
            )

    def changes(self, space: Space, *, since: int) -> Changes:
        """Read what has become of a space's tracks after revision `since`."""
        with self._state.lock:
            now = self._state.revisions[space]
            if since and not self._state.forgotten_up_to[space] <= since <= now:
                return Changes(revision=now, is_whole=False)
            return Changes(
                revision=now,
                entries=tuple(
                    self._entry(track_id, row)
                    for track_id, row in self._embedded(space).items()
                    if row.revision > since
                ),
                gone=self._gone(space, since),
            )

    def count_changes(self, space: Space, *, since: int, limit: int) -> int:
        """Count the tracks that `changes` would tell of, at most `limit`."""
        with self._state.lock:
            new = sum(row.revision > since for row in self._embedded(space).values())
            return min(limit, new + len(self._gone(space, since)))

    def windows(self, space: Space, track_ids: Iterable[TrackId]) -> Mapping[TrackId, Windows]:
        """Read the windows of some tracks; those without any in the space are left out."""
        with self._state.lock:
            rows = self._state.vectors
            return {one: rows[space, one].windows for one in track_ids if (space, one) in rows}

    def revision(self, space: Space) -> int:
        """A number that grows whenever what a space's searches see changes; 0 when it is empty."""
        with self._state.lock:
            return self._state.revisions[space]

    def _embedded(self, space: Space) -> dict[TrackId, Vectors]:
        rows = self._state.vectors
        return {one: rows[where, one] for where, one in sorted(rows) if where == space}

    def _entry(self, track_id: TrackId, row: Vectors) -> Entry:
        facts = facts_of(self._state.tracks[track_id])
        return Entry(track_id=track_id, vector=row.vector, facts=facts)

    def _gone(self, space: Space, since: int) -> frozenset[TrackId]:
        gone = self._state.gone.items()
        return frozenset(one for (where, one), at in gone if where == space and at > since)

    def _all(self) -> list[Track]:
        with self._state.lock:
            found = [t for t in self._state.tracks.values() if t.id not in self._state.removed]
        return sorted(found, key=lambda track: track.id)

    def _print(self, track_id: TrackId, row: Vectors) -> SoundPrint:
        track = self._state.tracks[track_id]
        return SoundPrint(
            track_id=track.id,
            duration_s=track.duration_s or 0.0,
            fingerprint=row.fingerprint,
            recording_id=track.recording_id,
        )

    def _verdict(self, row: FileRow, ingest_id: JobId) -> Verdict:
        if row.track_id in self._state.removed:
            return Verdict.REMOVED
        return row.verdict if row.ingest_id == ingest_id else Verdict.KNOWN

    def _is_wanting(
        self, track_id: TrackId, space: Space, ingest_id: JobId, *, restore: bool
    ) -> bool:
        if track_id in self._state.removed:
            return restore
        return wants_embedding(self._state, track_id, space, asking=ingest_id)

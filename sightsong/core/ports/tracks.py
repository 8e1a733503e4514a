"""The library's rows: tracks, the files they lie in, their embeddings."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from sightsong.core.embeddings import Space
from sightsong.core.jobs import (
    JobId,
)
from sightsong.core.snapshots import Changes, Extent, IndexedTrack, Windows
from sightsong.core.tracks import (
    Forgotten,
    FoundFile,
    KnownFile,
    SoundPrint,
    Track,
    TrackFilter,
    TrackId,
    TrackState,
    Verdict,
)


class Tracks(Protocol):
    """The library's rows: tracks, the files they lie in, their embeddings."""

    def known(
        self, paths: Sequence[str], *, space: Space, ingest_id: JobId, restore: bool = False
    ) -> Mapping[str, KnownFile]:
        """Read those of `paths` whose files need not be registered again if their stamps hold.

        Left out is what is not registered, and what would get an `embed` job or have its job taken
        over: as `register` says. With `restore`, the files of removed tracks are left out too.
        """
        ...

    def register(
        self,
        files: Sequence[FoundFile],
        *,
        space: Space,
        parent_id: JobId,
        restore: bool = False,
    ) -> list[Verdict]:
        """Store found files in one transaction, with an `embed` job for each new track.

        Safe to repeat: bytes that are known make no second track and no second job. A file that
        has other bytes than before keeps its track if that has no other file (its embedding is
        made anew unless its sound is the same); if the new bytes are those of another track, it
        becomes a file of that one. A track that so loses one of its files has its embedding looked
        at again: it may have been made of that file's new bytes. A track whose embedding is of
        another space gets a job too, and so does one that was quarantined for something else than
        its bytes; it is pending again.
        A job that would wait for another ingest, which is paused, becomes one of `parent_id`.
        The `embed` job's params are `{"track_id": …}`. Each file is noted with the ingest that
        registered it (`parent_id`) and its verdict. Tracks that a person has removed stay so
        unless `restore`.

        Returns:
            One verdict for each file; never `moved`, which `forget` finds out.
        """
        ...

    def sizes(self, sizes_bytes: Iterable[int]) -> frozenset[int]:
        """Find which of some sizes registered files have."""
        ...

    def of_bytes(self, sha256s: Iterable[str]) -> frozenset[str]:
        """Find which of some digests are those of tracks, but for tracks that are pending."""
        ...

    def held(self, paths: Iterable[str]) -> frozenset[str]:
        """Find which of some files belong to tracks that are not removed."""
        ...

    def paths_under(self, folder: str) -> list[str]:
        """List the registered files below a folder (a path or an address, without a slash)."""
        ...

    def forget(self, paths: Sequence[str], *, ingest_id: JobId, remove: bool) -> Forgotten:
        """Drop files that are gone, in one transaction.

        A track that has another file lives on there; if this ingest registered that one as a
        duplicate, it has moved, and that file's verdict becomes so; else the next scan that meets
        the track has its embedding looked at again. A track without another is removed for good if
        `remove`, else it keeps its file and counts as missing.
        """
        ...

    def edit(self, track_id: TrackId, changes: Mapping[str, Any]) -> Track:
        """Change what a person says of a track; these edits outlive scans.

        Args:
            track_id: of a track.
            changes: fields of `Tags` by name; None takes an edit back.

        Raises:
            TrackNotFound: there is none.
        """
        ...

    def remove(self, track_id: TrackId) -> None:
        """Remove a track and its embeddings; its bytes are not taken in again unless asked for.

        Its row stays as a mark; for every other method here it is gone.

        Raises:
            TrackNotFound: there is none.
        """
        ...

    def digest(self, track_id: TrackId, *, space: Space) -> str | None:
        """Read the digest of the sound that a track's embedding in a space was made of, if any."""
        ...

    def prints(self, space: Space, *, since: int = 0) -> Iterator[tuple[SoundPrint, bool]]:
        """Stream the embedded tracks in the order of their duration, then id.

        Each comes with whether its embedding is newer than revision `since`.
        """
        ...

    def group(self, recordings: Mapping[TrackId, TrackId | None]) -> None:
        """Note which track stands for the recording of each."""
        ...

    def get(self, track_id: TrackId) -> Track:
        """Read a track.

        Raises:
            TrackNotFound: there is none.
        """
        ...

    def get_many(self, track_ids: Iterable[TrackId]) -> Mapping[TrackId, Track]:
        """Read many tracks in one query; unknown ids are left out."""
        ...

    def paths(self, track_id: TrackId) -> tuple[str, ...]:
        """Read where the files of a track lie, as registered: its main path first, then by name.

        A file that moved has its old path and its new one. None are left when other bytes were
        found at each of them.

        Raises:
            TrackNotFound: there is none.
        """
        ...

    def page(
        self, *, limit: int, after: TrackId | None = None, where: TrackFilter | None = None
    ) -> list[Track]:
        """Read tracks in the order of their ids, after the given one."""
        ...

    def recording(self, recording_id: TrackId) -> list[Track]:
        """Read all tracks of a recording, the one that stands for it first."""
        ...

    def count(self) -> Mapping[TrackState, int]:
        """Count the tracks by state."""
        ...

    def unheard(self, space: Space) -> Iterator[str]:
        """Stream where ready tracks lie that only another model has heard, by their ids.

        They have no embedding in the space, and no job that would make one. What is embedded or
        asked for meanwhile may or may not be among them.
        """
        ...

    def indexed(self, space: Space) -> Iterator[IndexedTrack]:
        """Stream what a snapshot of a space is made of, in the order of track ids."""
        ...

    def extent(self, space: Space) -> Extent:
        """Count what `indexed` would stream."""
        ...

    def changes(self, space: Space, *, since: int) -> Changes:
        """Read what has become of a space's tracks after revision `since`.

        It tells of nothing, and is not whole, where some of it is forgotten, or where the space is
        not that far: as after the database was put back to an older copy. After 0, it is whole.
        """
        ...

    def count_changes(self, space: Space, *, since: int, limit: int) -> int:
        """Count the tracks that `changes` would tell of, at most `limit`."""
        ...

    def windows(self, space: Space, track_ids: Iterable[TrackId]) -> Mapping[TrackId, Windows]:
        """Read the windows of some tracks; those without any in the space are left out."""
        ...

    def revision(self, space: Space) -> int:
        """A number that grows whenever what a space's searches see changes; 0 when it is empty.

        That is: an embedding, or what is said of an embedded track (its tags, its recording), or
        its removal.
        """
        ...

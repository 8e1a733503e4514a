"""The read side of the index in memory: looks at every track, and so is right by construction."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from sightsong.core import embeddings, ports
from sightsong.core.embeddings import Space
from sightsong.core.facts import Filters
from sightsong.core.ports import Health, Neighbour
from sightsong.core.snapshots import Entry, IndexedTrack, Snapshot
from sightsong.core.tracks import TrackId


class MemoryLibrary:
    """The `Library` port over the rows of any stores; needs no snapshot."""

    def __init__(self, stores: ports.Stores, space: Space) -> None:
        self._stores = stores
        self._space = space

    def view(self) -> "MemoryView":
        """Look at the library as it is now."""
        revision = self._stores.tracks.revision(self._space)
        tracks = tuple(self._stores.tracks.indexed(self._space))
        return MemoryView(tracks, snapshot=self._version(), revision=revision)

    def catch_up(self) -> None:
        """Do nothing: each view is as new as can be."""

    def examine(self, snapshot: Snapshot) -> None:
        """Find nothing wrong: snapshots are not looked at."""

    def health(self) -> Health:
        """Say what is served: it refuses nothing."""
        return Health(serving=self._version())

    def _version(self) -> str | None:
        active = self._stores.snapshots.active(self._space)
        return None if active is None else active.version


class MemoryView:
    """All tracks of a space at one moment."""

    def __init__(
        self, tracks: Sequence[IndexedTrack], *, snapshot: str | None, revision: int
    ) -> None:
        self._tracks = {track.entry.track_id: track for track in tracks}
        self._snapshot = snapshot
        self._revision = revision

    @property
    def snapshot(self) -> str | None:
        """Version of the active snapshot; None where there is none. It is not looked at."""
        return self._snapshot

    @property
    def revision(self) -> int:
        """Up to which revision of the space changes are in it."""
        return self._revision

    def search(
        self,
        query: NDArray[np.float32],
        *,
        k: int,
        where: Filters | None = None,
        duplicates: bool = False,
        per_artist: int | None = None,
    ) -> tuple[Neighbour, ...]:
        """Find the tracks nearest to a unit vector, nearest first, of equals the smaller id."""
        narrow = where or Filters()
        fitting = [
            track.entry
            for track in self._tracks.values()
            if narrow.fits(track.entry.track_id, track.entry.facts)
            and _is_searchable(track.entry, query)
        ]
        found = _nearest_first(query, fitting)
        picked = _picked(found, duplicates=duplicates, per_artist=per_artist)
        return tuple(islice(picked, k))

    def vector(self, track_id: TrackId) -> NDArray[np.float32] | None:
        """Read the vector of a track, (d,); None where it is not in the library."""
        track = self._tracks.get(track_id)
        return None if track is None else track.entry.vector.astype(np.float32)

    def best_windows(
        self, query: NDArray[np.float32], track_ids: Iterable[TrackId]
    ) -> Mapping[TrackId, float]:
        """Find where the window nearest to a query begins in each track, in seconds."""
        asked = {one: self._tracks[one].windows for one in track_ids if one in self._tracks}
        return {
            track_id: windows.starts_s[int(np.argmax(embeddings.cosine(query, windows.vectors)))]
            for track_id, windows in asked.items()
            if windows.starts_s
        }


def _is_searchable(entry: Entry, query: NDArray[np.float32]) -> bool:
    """Whether a track has a vector that can be compared with a query."""
    return entry.vector.shape == query.shape and bool(np.isfinite(entry.vector).all())


def _nearest_first(query: NDArray[np.float32], entries: Sequence[Entry]) -> list[Neighbour]:
    if not entries:
        return []
    vectors = np.stack([entry.vector for entry in entries]).astype(np.float32)  # (n, d)
    found = [
        Neighbour(track_id=entry.track_id, cosine=float(cosine), vector=vector, facts=entry.facts)
        for entry, cosine, vector in zip(
            entries, embeddings.cosine(query, vectors), vectors, strict=True
        )
    ]
    return sorted(found, key=lambda one: (-round(one.cosine, 9), one.track_id))


def _picked(
    found: Iterable[Neighbour], *, duplicates: bool, per_artist: int | None
) -> Iterator[Neighbour]:
    recordings: set[TrackId] = set()
    artists: Counter[str] = Counter()
    for one in found:
        recording, artist = one.facts.recording_id, one.facts.artist
        if recording in recordings:
            continue
        if artist is not None and per_artist is not None and artists[artist] >= per_artist:
            continue
        if recording is not None and not duplicates:
            recordings.add(recording)
        if artist is not None:
            artists[artist] += 1
        yield one

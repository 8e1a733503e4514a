"""The columns of a snapshot on their way to disk: read once, in order, never all in memory."""

import contextlib
import hashlib
import itertools
import os
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from indexer import steps
from sightsong.adapters import disk
from sightsong.adapters.library import layout
from sightsong.core.errors import SnapshotRefused, StorageFull
from sightsong.core.facts import Facts
from sightsong.core.snapshots import IndexedTrack
from sightsong.core.tracks import TrackId

#: Tracks that are written at once, or fewer where their windows are more bytes than this.
_BATCH = 512
_BATCH_BYTES = 32 * 1024 * 1024


class WrittenFile:
    """A new file that is digested while it is written, and lies on the disk once it is closed."""

    def __init__(self, path: Path, *, reserve_bytes: int) -> None:
        self.path = path
        self._file = disk.RoomyFile(path, reserve_bytes=reserve_bytes)
        self._digest = hashlib.sha256()
        self.size = 0  #: Bytes so far.

    def __enter__(self) -> Self:
        """Go on."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it, whole or not; what `close` did not see to the disk is of no use anyway."""
        with contextlib.suppress(OSError, StorageFull):
            self._file.close()

    def take(self, content: bytes | NDArray[Any]) -> None:
        """Write some more.

        Raises:
            StorageFull: the disk took no more.
        """
        raw = content if isinstance(content, bytes) else np.ascontiguousarray(content).tobytes()
        self._file.write(raw)
        self._digest.update(raw)
        self.size += len(raw)

    def close(self) -> str:
        """See it to the disk; its SHA-256, in hex.

        Raises:
            StorageFull: the disk took no more.
        """
        with disk.full_is_told():
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
        return self._digest.hexdigest()


@dataclass(frozen=True, kw_only=True)
class Written:
    """What was written."""

    tracks: int
    windows: int
    dimension: int
    sha256: Mapping[str, str]  #: By file.


def write_columns(
    tracks: Iterable[IndexedTrack],
    folder: Path,
    *,
    dimension: int,
    reserve_bytes: int,
    go_on: Callable[[], bool],
) -> Written:
    """Write all columns of a snapshot.

    Args:
        tracks: in the order of their ids.
        folder: where they are to lie.
        dimension: of all vectors and windows.
        reserve_bytes: what is to be left free on the disk.
        go_on: asked all the while.

    Raises:
        SnapshotRefused: an id is not of a form that a snapshot can hold.
        StorageFull: there is not enough room.
        Stopped: it is to stop.
    """
    with _Columns(folder, dimension=dimension, reserve_bytes=reserve_bytes) as columns:
        for batch in _batches(tracks):
            steps.step(go_on)
            columns.take(batch)
        return columns.finish()


class _Columns:
    """The open files of all columns."""

    def __init__(self, folder: Path, *, dimension: int, reserve_bytes: int) -> None:
        self._dimension = dimension
        self._files: dict[str, WrittenFile] = {}
        self._terms = _Terms()
        self._last = b""
        self._tracks = self._windows = 0
        try:
            for name in layout.COLUMNS:
                path = folder / layout.column_file(name)
                self._files[name] = WrittenFile(path, reserve_bytes=reserve_bytes)
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files.values():
            file.__exit__()

    def take(self, batch: Sequence[IndexedTrack]) -> None:
        """Write some tracks."""
        columns = _facts_of(batch) | self._ids_of(batch) | self._vectors_of(batch)
        for name, rows in columns.items():
            self._files[name].take(rows.astype(layout.COLUMNS[name], copy=False))
        for track in batch:
            self._terms.take(track.entry.facts)
        self._tracks += len(batch)

    def finish(self) -> Written:
        """Write what could only be known at the end, and see everything to the disk."""
        for name, rows in self._terms.columns():
            self._files[name].take(rows.astype(layout.COLUMNS[name], copy=False))
        return Written(
            tracks=self._tracks,
            windows=self._windows,
            dimension=self._dimension,
            sha256={file.path.name: file.close() for file in self._files.values()},
        )

    def _ids_of(self, batch: Sequence[IndexedTrack]) -> dict[str, NDArray[Any]]:
        ids = [_id_of(track.entry.track_id) for track in batch]
        for before, after in itertools.pairwise([self._last, *ids]):
            if before >= after:
                raise SnapshotRefused(f"track {after.decode()} is not in the order of ids")
        self._last = ids[-1]
        recordings = [
            _id_of(track.entry.facts.recording_id) if track.entry.facts.recording_id else b""
            for track in batch
        ]
        return {"ids": _padded(ids), "recordings": _padded(recordings)}

    def _vectors_of(self, batch: Sequence[IndexedTrack]) -> dict[str, NDArray[Any]]:
        counts = np.array([len(track.windows.starts_s) for track in batch])
        ends = self._windows + np.cumsum(counts)
        self._windows = int(ends[-1])
        windows = [track.windows.vectors for track in batch if track.windows.starts_s]
        return {
            "vectors": np.stack([track.entry.vector for track in batch]),
            "windows": np.concatenate(windows) if windows else np.empty((0, self._dimension)),
            "starts": np.array([start for track in batch for start in track.windows.starts_s]),
            "window_ends": ends,
        }


class _Terms:
    """Which tracks have which term: 4 bytes for each, so that all are held until the end."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}  # in the order that they are met
        self._rows: list[array[int]] = []
        self._artists = array("i")
        self._tracks = 0

    def take(self, facts: Facts) -> None:
        for term in dict.fromkeys(facts.terms):
            self._rows[self._number(term)].append(self._tracks)
        self._artists.append(self._number(facts.artist) if facts.artist else -1)
        self._tracks += 1

    def columns(self) -> Iterator[tuple[str, NDArray[Any]]]:
        """The columns of terms; those that are long in parts."""
        names = sorted(self._numbers)
        order = [self._numbers[name] for name in names]
        places = np.empty(len(order) + 1, np.int32)
        places[order], places[-1] = np.arange(len(order)), -1  # the last one is met by -1
        yield "artists", places[np.frombuffer(self._artists, np.int32)]
        yield "terms", np.frombuffer(b"".join(names), np.uint8)
        yield "term_ends", np.cumsum([len(name) for name in names])
        for start in range(0, len(order), _BATCH):
            some = [self._rows[number] for number in order[start : start + _BATCH]]
            yield "term_rows", np.concatenate([np.frombuffer(rows, np.int32) for rows in some])
        yield "term_row_ends", np.cumsum([len(self._rows[number]) for number in order])

    def _number(self, term: str) -> int:
        number = self._numbers.setdefault(term.encode("utf-8", "replace"), len(self._rows))
        if number == len(self._rows):
            self._rows.append(array("i"))
        return number


def _facts_of(batch: Sequence[IndexedTrack]) -> dict[str, NDArray[Any]]:
    facts = [track.entry.facts for track in batch]
    felt = [
        (one.affect.valence, one.affect.arousal) if one.affect else (None, None) for one in facts
    ]
    explicit = [-1 if one.explicit is None else int(one.explicit) for one in facts]
    return {
        "durations": _numbers(one.duration_s for one in facts),
        "tempos": _numbers(one.tempo_bpm for one in facts),
        "valences": _numbers(valence for valence, _ in felt),
        "arousals": _numbers(arousal for _, arousal in felt),
        "explicit": np.array(explicit),
    }


def _numbers(values: Iterable[float | None]) -> NDArray[np.float64]:
    return np.array([np.nan if value is None else value for value in values])


def _padded(ids: Sequence[bytes]) -> NDArray[np.bytes_]:
    return np.array(ids, dtype=f"S{layout.ID_BYTES}")


def _id_of(track_id: TrackId) -> bytes:
    """The bytes of an id; what would not come back from a column as it was is refused."""
    try:
        raw = track_id.encode("ascii")
    except UnicodeEncodeError:
        raw = b""
    if not 0 < len(raw) <= layout.ID_BYTES or b"\0" in raw:
        raise SnapshotRefused(f"the track id {track_id[:80]!r} cannot be indexed")
    return raw


def _batches(tracks: Iterable[IndexedTrack]) -> Iterator[list[IndexedTrack]]:
    batch: list[IndexedTrack] = []
    size = 0
    for track in tracks:
        batch.append(track)
        size += track.windows.vectors.nbytes
        if len(batch) >= _BATCH or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch

"""Snapshots: immutable, versioned indexes of a library, and what they are built from."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsong.core.embeddings import Space
from sightsong.core.facts import Facts
from sightsong.core.tracks import TrackId


class SnapshotState(StrEnum):
    """Where a snapshot is in its life."""

    READY = "ready"  #: Built and verified, not served yet.
    ACTIVE = "active"  #: The one that readers of its space serve.
    RETIRED = "retired"  #: Was active; kept for a roll back.


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A snapshot's row."""

    version: str  #: Sorts by age: `20261120T234207123456-1f3a9c2e`.
    space: Space
    path: str  #: Folder, relative to the library folder.
    revision: int  #: Of the embeddings that it was built from.
    manifest: Mapping[str, Any]  #: As in `manifest.json`.
    state: SnapshotState = SnapshotState.READY
    #: Chosen by a person: none is built by itself until one is asked for.
    is_pinned: bool = False
    created_at: float = 0.0  #: Seconds since the epoch; set by the store.


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A track as searches see it."""

    track_id: TrackId
    vector: NDArray[np.float16]  #: (d,), of unit norm up to rounding.
    facts: Facts


@dataclass(frozen=True, kw_only=True)
class Windows:
    """The windows of one track."""

    vectors: NDArray[np.float16]  #: (n, d)
    starts_s: tuple[float, ...]  #: Where each begins.


@dataclass(frozen=True, kw_only=True)
class IndexedTrack:
    """One track's part in a snapshot."""

    entry: Entry
    windows: Windows


@dataclass(frozen=True, kw_only=True)
class Extent:
    """How much there is to index."""

    tracks: int
    window_bytes: int  #: Of all window vectors together.


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What has become of a space's tracks since one of its revisions."""

    revision: int  #: Up to which it is all told.
    entries: tuple[Entry, ...] = ()  #: Embedded, or told other facts of, since; as they are now.
    gone: frozenset[TrackId] = frozenset()  #: Taken out since, and not there now.
    #: False: what was taken out since then is not known any more, or that revision never was. Who
    #: asked begins again from their base, or from nothing.
    is_whole: bool = True

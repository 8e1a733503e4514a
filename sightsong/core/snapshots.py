"""Snapshots: immutable, versioned indexes of a library, and what they are built from."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsong.core.embeddings import Space
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
    created_at: float = 0.0  #: Seconds since the epoch; set by the store.


@dataclass(frozen=True, kw_only=True)
class TrackVectors:
    """One track's part in a snapshot."""

    track_id: TrackId
    vector: NDArray[np.float32]  #: (d,), unit norm.
    windows: NDArray[np.float16]  #: (n, d)
    window_starts_s: tuple[float, ...]

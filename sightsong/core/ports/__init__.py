"""What the centre needs from the outside world. Every port is synchronous.

`sightsong.adapters` holds the real things, `sightsong.adapters.memory` every port in memory.
"""

from dataclasses import dataclass

from sightsong.core.ports.files import Blobs, Inbox, Objects, RemoteFile, Shelf, Upload
from sightsong.core.ports.index import (
    Health,
    Library,
    LibraryView,
    Neighbour,
    Phrases,
    Snapshots,
)
from sightsong.core.ports.ingests import Ingests
from sightsong.core.ports.jobs import Doorbell, Jobs
from sightsong.core.ports.tracks import Tracks

__all__ = [
    "Blobs",
    "Doorbell",
    "Health",
    "Inbox",
    "Ingests",
    "Jobs",
    "Library",
    "LibraryView",
    "Neighbour",
    "Objects",
    "Phrases",
    "RemoteFile",
    "Shelf",
    "Snapshots",
    "Stores",
    "Tracks",
    "Upload",
]


@dataclass(frozen=True, kw_only=True)
class Stores:
    """Everything that keeps something, as one process holds it."""

    jobs: Jobs
    tracks: Tracks
    ingests: Ingests
    snapshots: Snapshots
    phrases: Phrases
    blobs: Blobs

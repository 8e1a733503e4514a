"""What the centre needs from the outside world. Every port is synchronous.

`sightsong.adapters` holds the real things, `sightsong.adapters.memory` every port in memory.
"""

from dataclasses import dataclass

from sightsong.core.ports.batches import Batches
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
from sightsong.core.ports.keys import Keys
from sightsong.core.ports.people import People
from sightsong.core.ports.tracks import Tracks
from sightsong.core.ports.webhooks import Webhooks

__all__ = [
    "Batches",
    "Blobs",
    "Doorbell",
    "Health",
    "Inbox",
    "Ingests",
    "Jobs",
    "Keys",
    "Library",
    "LibraryView",
    "Neighbour",
    "Objects",
    "People",
    "Phrases",
    "RemoteFile",
    "Shelf",
    "Snapshots",
    "Stores",
    "Tracks",
    "Upload",
    "Webhooks",
]


@dataclass(frozen=True, kw_only=True)
class Stores:
    """Everything that keeps something, as one process holds it."""

    jobs: Jobs
    keys: Keys
    batches: Batches
    tracks: Tracks
    ingests: Ingests
    snapshots: Snapshots
    phrases: Phrases
    people: People
    webhooks: Webhooks
    blobs: Blobs

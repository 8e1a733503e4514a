"""Tidying: throws away what an ingest, a job or a removed track has left behind."""

import itertools
import shutil
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import structlog

from sightsong.adapters.inbox import FolderInbox
from sightsong.adapters.shelf import FolderShelf
from sightsong.core import ports
from sightsong.core.errors import SightsongError
from sightsong.core.ingests import Ingest
from sightsong.core.jobs import BlobId, Expired, JobState

log = structlog.get_logger()

#: Ingests whose trays are thrown away at once; those of older ones have become stale.
_RECENT = 200
#: What no ingest needs for so long was never submitted, or its ingest has failed.
_STALE_S = 24 * 3600.0
#: A tray that no ingest names, and in which nothing was written for so long, is of an upload that
#: broke off with its process.
_BROKEN_S = 3600.0
_SHELF_S = 3600.0
#: Files of the shelf, or blobs, that are asked for at once.
_CHUNK = 500
#: What is erased in one transaction: it must not hold up those who hand photos in.
_EXPIRED_AT_ONCE = 500
#: So often in one round at most, so that a process can stop.
_MOST_AT_ONCE = 20
#: A blob is stored a moment before its row; one without a row for so long will never get it.
_ORPHAN_S = 3600.0
#: All blobs are gone through so often: a photo that was erased must not wait for long to be gone.
_ORPHANS_EVERY_S = 600.0
_THROUGH = (JobState.SUCCEEDED, JobState.CANCELED)


class Tidier:
    """Discards the trays of ingests that have ended, and what was left by processes that died."""

    def __init__(
        self, stores: ports.Stores, inbox: FolderInbox, shelf: FolderShelf, scratch_dir: Path
    ) -> None:
        self._stores = stores
        self._inbox = inbox
        self._shelf = shelf
        self._scratch_dir = scratch_dir
        self._shelf_seen = float("-inf")

    def tidy(self) -> None:
        """Go through it once; through the shelf, which is large, every hour."""
        self._discard_trays()
        self._clear_scratch()
        if time.monotonic() - self._shelf_seen >= _SHELF_S:
            self._shelf_seen = time.monotonic()
            self.clear_shelf()

    def clear_shelf(self, *, older_than_s: float = _STALE_S) -> None:
        """Throw away files that belong to no track any more, and came to the shelf long ago."""
        old = (path for path in self._shelf.listing() if _came_before(path, older_than_s))
        while chunk := list(itertools.islice(old, _CHUNK)):
            held = self._stores.tracks.held(str(path) for path in chunk)
            for path in chunk:
                if str(path) not in held:
                    self._shelf.discard(path)

    def _discard_trays(self) -> None:
        ingests = self._stores.ingests
        needed = {one.wish.inbox for one in ingests.unfinished()}
        recent = ingests.listed(limit=_RECENT)
        ended = {one.wish.inbox for one in recent if _is_through(one)}
        broken = set(self._inbox.stale(_BROKEN_S)) - {one.wish.inbox for one in recent}
        if len(recent) == _RECENT:  # one that failed earlier may need its tray still
            broken = set()
        for tray in {*ended, *broken, *self._inbox.stale(_STALE_S)} - needed:
            self._inbox.discard(tray or "")

    def _clear_scratch(self) -> None:
        if not self._scratch_dir.is_dir():
            return
        for left in self._scratch_dir.iterdir():
            if not _is_stale(left):
                continue
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)


class Retention:
    """Erases what has been kept long enough, and the bytes of photos that nobody knows any more."""

    def __init__(
        self,
        stores: ports.Stores,
        *,
        job_keep_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Look over some stores.

        Args:
            stores: of the jobs and blobs.
            job_keep_s: how long jobs of photos and words are kept after their end.
            clock: seconds, by which it knows when to go through all blobs again.
        """
        self._stores = stores
        self._job_keep_s = job_keep_s
        self._clock = clock
        self._orphans_seen = float("-inf")

    def tidy(self) -> None:
        """Go through it once; through all blobs, which are many, less often."""
        for _ in range(_MOST_AT_ONCE):
            expired = self._expired()
            self._delete(expired.blobs)
            if not expired.changed:
                break
        if self._clock() - self._orphans_seen >= _ORPHANS_EVERY_S:
            self._orphans_seen = self._clock()
            self.clear_orphans()

    def clear_orphans(self, *, older_than_s: float = _ORPHAN_S) -> None:
        """Delete blobs that no job knows: of submits that broke off, or that would not go."""
        old = self._stores.blobs.listing(older_than_s=older_than_s)
        while chunk := list(itertools.islice(old, _CHUNK)):
            self._delete(set(chunk) - self._stores.jobs.blobs_held(chunk))

    def _expired(self) -> Expired:
        return self._stores.jobs.expired(limit=_EXPIRED_AT_ONCE, job_keep_s=self._job_keep_s)

    def _delete(self, blob_ids: Iterable[BlobId]) -> None:
        """Delete bytes; those that will not go are tried again as orphans."""
        for blob_id in blob_ids:
            try:
                self._stores.blobs.delete(blob_id)
            except (OSError, SightsongError) as error:
                log.warning("blob.stuck", blob=blob_id, reason=type(error).__name__)


def _is_through(ingest: Ingest) -> bool:
    """Whether nobody will ask for the uploads of an ingest again; after a failure somebody may."""
    return ingest.wish.inbox is not None and ingest.job.state in _THROUGH


def _is_stale(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime >= _STALE_S
    except OSError:
        return False


def _came_before(path: Path, older_than_s: float) -> bool:
    """Whether a file got its name long ago, whenever its bytes were written."""
    try:
        return time.time() - path.stat().st_ctime >= older_than_s
    except OSError:
        return False

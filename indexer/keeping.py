"""Keeping watched folders in step: new, changed, moved and deleted files, without being asked."""

import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import structlog
import watchfiles

from indexer import scan
from indexer.pieces import is_text, nearest
from sightsong.core import errors, intake, ports
from sightsong.core.ingests import Watched, Wish

log = structlog.get_logger()

#: With more folders changed than this, the whole is looked through.
_MOST_FOLDERS = 64
_LOOK_S = 1.0
#: Changes that follow each other within this time are one: a file that is being copied.
_SETTLE_S = 1.6


class Keeper:
    """Begins an ingest for what has changed in a watched folder, one at a time for each.

    Args:
        stores: where the folders and the ingests are.
        doorbell: wakes the indexer.
        every_s: each folder is looked through this often, changes or not: the system does not tell
            of all (a folder on another machine, a queue that ran over).
        clock: seconds, never going back.
    """

    def __init__(
        self,
        stores: ports.Stores,
        doorbell: ports.Doorbell,
        *,
        every_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stores = stores
        self._doorbell = doorbell
        self._every_s = every_s
        self._clock = clock
        self._changed: dict[str, set[Path]] = {}
        self._looked: dict[str, float] = {}

    def folders(self) -> list[Path]:
        """The watched folders that are there."""
        paths = [Path(watched.path) for watched in self._stores.ingests.watched()]
        return [path for path in paths if path.is_dir()]

    def note(self, changes: Iterable[Path]) -> None:
        """Note that files or folders have changed; what can be no music is passed over."""
        heard = [path for path in changes if _may_be_music(path)]
        if not heard:
            return
        for watched in self._stores.ingests.watched():
            root = Path(watched.path)
            inside = {
                _nameable(nearest(path.parent, root), root)
                for path in heard
                if path.is_relative_to(root)
            }
            self._changed.setdefault(watched.id, set()).update(inside)

    def look(self) -> None:
        """Begin what is due."""
        for watched in self._stores.ingests.watched():
            if Path(watched.path).is_dir() and not self._is_busy(watched):
                self._begin(watched)

    def _begin(self, watched: Watched) -> None:
        now = self._clock()
        is_due = now - self._looked.get(watched.id, float("-inf")) >= self._every_s
        changed = self._changed.get(watched.id, set())
        if not (is_due or changed):
            return
        whole = {Path(watched.path)}
        paths = whole if is_due or len(changed) > _MOST_FOLDERS else _outermost(changed)
        names = tuple(sorted(str(path) for path in paths))
        wish = Wish(paths=names, root=watched.path, remove_missing=True)
        job = intake.submit_ingest(self._stores, self._doorbell, wish)
        self._changed.pop(watched.id, None)  # not before: a database that is away loses nothing
        if paths == whole:
            self._looked[watched.id] = now
        self._stores.ingests.note_watched(watched.id, job.id)
        log.info("watch.ingest", ingest_id=job.id, folders=len(paths))

    def _is_busy(self, watched: Watched) -> bool:
        """Whether the last ingest of a folder still scans; what changes meanwhile waits."""
        if watched.ingest_id is None:
            return False
        try:
            return not self._stores.jobs.get(watched.ingest_id).state.is_final
        except errors.JobNotFound:
            return False


class Watcher:
    """A thread that hears of changes from the system, and tells a keeper."""

    def __init__(self, keeper: Keeper, *, settle_s: float = _SETTLE_S) -> None:
        self._keeper = keeper
        self._settle_ms = round(settle_s * 1000)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=_LOOK_S * 3)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._watch(self._keeper.folders())
            except errors.Unavailable as error:
                log.warning("watch.missed", reason=error.detail)
            except Exception:
                # The system may have no watch left to give: then folders are looked through now and
                # then only. Without this thread they would not even be that.
                log.exception("watch.failed")
                self._look()
            self._stopping.wait(_LOOK_S)

    def _look(self) -> None:
        try:
            self._keeper.look()
        except Exception:
            log.exception("watch.failed")

    def _watch(self, folders: list[Path]) -> None:
        """Watch some folders until there are others."""
        if not folders:
            self._keeper.look()
            return
        for changes in watchfiles.watch(
            *folders,
            watch_filter=None,
            debounce=self._settle_ms,
            step=min(self._settle_ms, 200),
            rust_timeout=round(_LOOK_S * 1000),
            yield_on_timeout=True,
            stop_event=self._stopping,
            ignore_permission_denied=True,
        ):
            self._keeper.note(Path(path) for _, path in changes)
            self._keeper.look()
            if self._keeper.folders() != folders:
                return


def _may_be_music(path: Path) -> bool:
    """Whether a change may concern music; a name without an ending may be that of a folder."""
    return not path.suffix or scan.is_audio(path.name) or path.is_dir()


def _nameable(folder: Path, root: Path) -> Path:
    """The folder, or the nearest above it whose name is text and can be stored."""
    while folder != root and not is_text(str(folder)):
        folder = folder.parent
    return folder


def _outermost(folders: Iterable[Path]) -> set[Path]:
    """Those folders that lie in no other of them."""
    found: set[Path] = set()
    for folder in sorted(folders, key=lambda path: len(path.parts)):
        if not found.intersection(folder.parents):
            found.add(folder)
    return found

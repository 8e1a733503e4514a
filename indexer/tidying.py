"""Tidying: throws away what an ingest has left behind and nobody needs any more."""

import contextlib
import shutil
import time
from pathlib import Path

from sightsong.adapters.inbox import FolderInbox
from sightsong.core import ports

#: Ingests that are looked at; older ones ended long ago.
_RECENT = 200
#: What belongs to no ingest for so long was never submitted, or its process died.
_STALE_S = 24 * 3600.0


class Tidier:
    """Discards the trays of ingests that have ended, and what was left by processes that died."""

    def __init__(self, ingests: ports.Ingests, inbox: FolderInbox, scratch_dir: Path) -> None:
        self._ingests = ingests
        self._inbox = inbox
        self._scratch_dir = scratch_dir

    def tidy(self) -> None:
        """Go through it once."""
        recent = [one for one in self._ingests.listed(limit=_RECENT) if one.wish.inbox]
        needed = {one.wish.inbox for one in recent if not one.job.state.is_final}
        ended = {one.wish.inbox for one in recent} - needed
        for tray in {*ended, *self._inbox.stale(_STALE_S)} - needed:
            self._inbox.discard(tray or "")
        self._clear_scratch()

    def _clear_scratch(self) -> None:
        if not self._scratch_dir.is_dir():
            return
        for left in self._scratch_dir.iterdir():
            with contextlib.suppress(OSError):
                if time.time() - left.stat().st_mtime < _STALE_S:
                    continue
                if left.is_dir():
                    shutil.rmtree(left, ignore_errors=True)
                else:
                    left.unlink()

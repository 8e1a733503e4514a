"""What is told while an ingest is followed: that it is paused, and where no bar is, how it goes."""

import time
from collections.abc import Callable

from sightsong.cli import report
from sightsong.cli.screen import Screen
from sightsong.client import IngestView

#: Seconds between two lines where no bar is shown: in a log of a night, not too many.
EVERY_S = 30.0


class Telling:
    """Tells in lines how one ingest goes."""

    def __init__(self, screen: Screen, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._screen = screen
        self._clock = clock
        self._told_at = clock()
        self._was_paused = False

    def note(self, ingest: IngestView) -> None:
        """Take notice of how it is now; tell it if it is time to."""
        is_paused = ingest["status"] == "paused"
        if is_paused and not self._was_paused:
            self._screen.say(
                f"the ingest is paused; it goes on with: sightsong ingest resume {ingest['id']}"
            )
        self._was_paused = is_paused
        is_shown = self._screen.notes.is_terminal or is_paused or ingest["done"]
        now = self._clock()
        if not is_shown and now - self._told_at >= EVERY_S:
            self._told_at = now
            self._screen.say(report.so_far(ingest))

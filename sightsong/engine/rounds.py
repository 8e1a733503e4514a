"""Rounds: a thread that does something every so often, and outlives whatever that raises."""

import threading
from collections.abc import Callable

import structlog

from sightsong.core import errors

log = structlog.get_logger()

#: Seconds that a stop waits for the round in hand: rounds are killed with their process at any
#: moment as it is, and what runs a service in containers has ten seconds for all of a stop.
_PATIENCE_S = 5.0


class Rounds:
    """Calls a function again and again until stopped.

    The process's life signs, its sweeps and its watch over the index hang on such threads: one that
    ended on an error nobody foresaw would leave a process that looks well and does nothing. So
    everything is caught and reported here, and the next round comes.
    """

    def __init__(
        self,
        name: str,
        do: Callable[[], object],
        *,
        every_s: float,
        patience_s: float = _PATIENCE_S,
    ) -> None:
        """Take what is done in a round.

        Args:
            name: of the thread, for logs.
            do: a round; whatever it raises is reported, and the next one comes.
            every_s: seconds between two rounds.
            patience_s: seconds that a stop waits for a round at most.
        """
        self._name = name
        self._do = do
        self._every_s = every_s
        self._patience_s = patience_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin with a first round at once."""
        self._thread.start()

    def stop(self) -> None:
        """End after the round in hand, which is waited for a moment."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=self._patience_s)

    def _run(self) -> None:
        while True:
            self._round()
            if self._stopping.wait(self._every_s):
                return

    def _round(self) -> None:
        try:
            self._do()
        except errors.Unavailable as error:
            log.warning("round.missed", round=self._name, reason=error.detail)
        except BaseException:
            log.exception("round.failed", round=self._name)

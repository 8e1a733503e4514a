"""Interludes: how a long batch lets more urgent work run in its midst."""

from collections.abc import Callable


def _nothing() -> None:
    """Nobody plays."""


class Interlude:
    """Called by a handler between two steps of a long batch; the engine says what happens then.

    Photos are ready beside a batch of tracks that takes seconds: they run here, in the thread that
    the handler runs in, and the batch goes on behind them.
    """

    def __init__(self) -> None:
        self._play: Callable[[], None] = _nothing

    def bind(self, play: Callable[[], None]) -> None:
        """Say what happens; an engine does so when it is made."""
        self._play = play

    def __call__(self) -> None:
        """Let what is more urgent run."""
        self._play()

"""A worker waits for its library before it claims, but not for long."""

import time

from sightsong.core.errors import IndexUnavailable
from workers import app


class Late:
    """A library that nobody has looked at until it was asked for a few times."""

    def __init__(self, *, after: float) -> None:
        self._after = after
        self.asked = 0

    def view(self) -> None:
        self.asked += 1
        if self.asked <= self._after:
            raise IndexUnavailable


def test_it_waits_until_the_library_has_been_looked_at():
    library = Late(after=2)
    app.wait_for(library, at_most_s=60)
    assert library.asked == 3


def test_it_goes_on_without_a_library_that_stays_away():
    library = Late(after=float("inf"))
    began = time.monotonic()
    app.wait_for(library, at_most_s=0.3)
    assert 0.3 <= time.monotonic() - began < 30
    assert library.asked > 1

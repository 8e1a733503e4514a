"""Calls that outlive a restart of the service."""

import time
from collections.abc import Callable
from typing import TypeVar

from sightsong.client.errors import ServiceUnreachable

_Answer = TypeVar("_Answer")

#: How long a service may be away while something is waited for: a restart takes a few seconds.
_AWAY_S = 30.0
_PAUSE_S = 1.0


def patiently(
    call: Callable[[], _Answer], *, pause: Callable[[float], None], away_s: float = _AWAY_S
) -> _Answer:
    """Make a call again and again while nothing answers.

    Raises:
        ServiceUnreachable: nothing answered for `away_s` seconds.
    """
    end = time.monotonic() + away_s
    while True:
        try:
            return call()
        except ServiceUnreachable:
            if time.monotonic() >= end:
                raise
            pause(_PAUSE_S)

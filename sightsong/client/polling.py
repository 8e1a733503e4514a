"""Calls that outlive a restart of the service, and calls that wait for work to end."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from sightsong.client.errors import ServiceUnreachable, WaitedTooLong
from sightsong.client.steps import Pause, Request, Steps
from sightsong.client.wire import Wire, retry_after_s

_T = TypeVar("_T")

#: How long a service may be away while something is waited for: a restart takes a few seconds.
_AWAY_S = 30.0
_PAUSE_S = 1.0
#: The longest that the service holds a poll back; asking for more gains nothing.
_LONGEST_POLL_S = 25.0
#: A poll answered sooner than this without news was not held back: pause before the next.
_HELD_BACK_S = 1.0


def patiently(call: Callable[[], Steps[_T]], *, away_s: float = _AWAY_S) -> Steps[_T]:
    """Make a call again and again while nothing answers.

    Raises:
        ServiceUnreachable: nothing answered for `away_s` seconds.
    """
    end = time.monotonic() + away_s
    while True:
        try:
            return (yield from call())
        except ServiceUnreachable:
            if time.monotonic() >= end:
                raise
        yield Pause(_PAUSE_S)


def held_back(path: str, wait_s: float) -> Request:
    """Ask for work; with `wait_s`, not before it changes or that time has passed."""
    params = {"wait": math.ceil(wait_s)} if wait_s > 0 else None
    return Request(method="GET", path=path, params=params, extra_s=wait_s)


@dataclass(frozen=True, kw_only=True)
class Awaited:
    """Something that is worked at in the service, and how to see how far it is."""

    what: str  #: One word for it.
    id: str
    path: str
    version: str  #: The field that grows with each change.
    is_over: Callable[[Any], bool]

    def ended(self, wire: Wire, *, timeout_s: float) -> Steps[Any]:
        """Poll until it has ended, and return it as it is then.

        Raises:
            WaitedTooLong: it had not ended in time.
            ServiceUnreachable: the service was away for longer than a restart takes.
        """
        end = time.monotonic() + timeout_s
        version = -1
        while True:
            asked = time.monotonic()
            left_s = max(end - asked, 0)
            poll = held_back(self.path, min(_LONGEST_POLL_S, left_s))
            view, headers = yield from patiently(lambda poll=poll: wire.call(poll))  # type: ignore[misc]
            if self.is_over(view):
                return view
            if time.monotonic() >= end:
                raise WaitedTooLong(self.id, timeout_s=timeout_s, what=self.what)
            has_news = view[self.version] != version
            version = view[self.version]
            if not has_news and time.monotonic() - asked < _HELD_BACK_S:
                yield Pause(min(retry_after_s(headers, default=_HELD_BACK_S), left_s))

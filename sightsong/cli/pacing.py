"""Photos on their way to a service: as many at a time as it takes, and no more than a few."""

import math
import time
import uuid
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sightsong.cli import asking, show
from sightsong.cli.screen import Screen
from sightsong.client import (
    Client,
    ClientError,
    JobView,
    PhotoTaste,
    ProblemResponse,
    WaitedTooLong,
    is_final,
)

#: Photos that are sent and not answered yet: enough for several batches of the workers.
MOST_OPEN = 32
#: How long the service may be away while photos are sent: a restart takes a few seconds.
_AWAY_S = 30.0
#: How long it may take nothing while nothing is open: what fills its queue is not ours.
FULL_S = 60.0
#: Between two tries at a full service that does not say when, or says "now".
_LEAST_PAUSE_S = 1.0
#: Refusals that every photo would meet alike: what is wrong was said for all of them.
_OF_ALL = frozenset(
    {
        *("invalid_request", "unknown_mood", "not_found", "method_not_allowed"),
        *("unauthorized", "missing_scope", "webhook_unknown"),
    }
)
#: A key that has had its jobs of today is not worth waiting for.
_OF_TODAY = "quota_exceeded"
_BUSY = frozenset({429, 503})


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A photo, and what has become of it so far."""

    photo: Path
    job: JobView | None = None  #: None: it was not even taken.
    code: str = ""
    problem: str = ""  #: Why it has no answer.

    @property
    def has_answer(self) -> bool:
        """Whether it was answered."""
        return self.job is not None and self.job["state"] == "succeeded"

    @property
    def goes_on(self) -> bool:
        """Whether the service still works at it."""
        return self.job is not None and not is_final(self.job)

    def view(self) -> dict[str, Any]:
        """The same for programs."""
        told: dict[str, Any] = {"photo": str(self.photo), "job": self.job}
        if self.problem:
            told["error"] = {"code": self.code, "detail": self.problem}
        return told


class Tour:
    """Photos of which a few are on their way at a time.

    A service that is full says so: then nothing is sent until the time that it asks for has passed,
    and the answers that come meanwhile are taken.
    """

    def __init__(
        self, client: Client, screen: Screen, photos: Sequence[Path], taste: PhotoTaste
    ) -> None:
        self.done: list[Asked] = []
        self.under_way: deque[Asked] = deque()
        self.left: deque[Path] = deque(photos)
        self._client = client
        self._screen = screen
        self._taste = taste
        self._key = _new_key()  # of the photo that is sent next, the same over its tries
        self._was_there = False  # whether the service has taken one
        self._closed_until = 0.0  # on the monotonic clock
        self._has_said = False  # that it waits
        self._spent: ProblemResponse | None = None  # the key takes no more today
        self._full_s = 0.0  # paused since the service took one, with nothing open

    def answers(self) -> Iterator[Asked]:
        """What becomes of each photo, in their order.

        Raises:
            ClientError: the service is away or stays full, or refuses what was said for all photos.
        """
        while self.left or self.under_way:
            self._send_some()
            if self.under_way:
                self.done.append(_answer(self._client, self.under_way[0]))
                self.under_way.popleft()
                yield self.done[-1]

    def _send_some(self) -> None:
        """Send until enough are open, or the service takes no more."""
        if not self.under_way:
            self._rest()
        while self.left and len(self.under_way) < MOST_OPEN and self._closed_for_s() <= 0:
            try:
                sent = self._send(self.left[0])
            except ProblemResponse as refusal:
                if refusal.status not in _BUSY:
                    raise
                self._put_off(refusal)
                return
            self.under_way.append(sent)
            self.left.popleft()
            self._key = _new_key()
            if sent.job is not None:
                self._was_there, self._full_s = True, 0.0

    def _send(self, photo: Path) -> Asked:
        """Send one photo; whether anybody is there at all, the first ones find out at once."""
        is_first = not self._was_there
        content = b""
        try:
            content = photo.read_bytes()
            job = self._client.submit_photo(
                content,
                idempotency_key=self._key,
                away_s=0 if is_first else _AWAY_S,
                is_patient=False,
                **self._taste,
            )
        except ProblemResponse as refusal:
            of_all = is_first and refusal.code in _OF_ALL and content
            if of_all or refusal.status in _BUSY:
                raise
            return Asked(photo=photo, code=refusal.code, problem=refusal.detail)
        except OSError as error:
            why = f"cannot read it: {error.strerror}"
            return Asked(photo=photo, code="unreadable_file", problem=why)
        return Asked(photo=photo, job=job)

    def _put_off(self, refusal: ProblemResponse) -> None:
        """Note until when a full service is to be left alone.

        Raises:
            ProblemResponse: it has been full for long, and no answer is to come.
        """
        if refusal.code == _OF_TODAY:
            self._spent, self._closed_until = refusal, math.inf
            return
        pause_s = max(refusal.retry_after_s or 0.0, _LEAST_PAUSE_S)
        if not self.under_way:
            if self._full_s >= FULL_S:
                raise refusal
            self._say_once(f"waiting until the service takes more: {show.plain(refusal.detail)}")
            self._full_s += pause_s
        self._closed_until = time.monotonic() + pause_s

    def _say_once(self, line: str) -> None:
        if not self._has_said:
            self._screen.say(line)
        self._has_said = True

    def _rest(self) -> None:
        """Let time pass until the service may take more.

        Raises:
            ProblemResponse: it takes no more of this key today.
        """
        if self._spent is not None:
            raise self._spent
        left_s = self._closed_for_s()
        if left_s > 0:
            self._client.patience.pause(left_s)
        self._closed_until = 0.0

    def _closed_for_s(self) -> float:
        return self._closed_until - time.monotonic()


def _answer(client: Client, sent: Asked) -> Asked:
    """Wait for the answer to one photo."""
    if sent.job is None:
        return sent
    try:
        job = client.wait(sent.job["id"], timeout_s=asking.WAIT_S)
    except (ProblemResponse, WaitedTooLong) as error:
        is_lost = isinstance(error, ProblemResponse) and error.is_refusal
        return _failed(sent, error, job=None if is_lost else sent.job)
    return Asked(photo=sent.photo, job=job)


def _failed(sent: Asked, error: ClientError, *, job: JobView | None) -> Asked:
    return Asked(photo=sent.photo, job=job, code=error.code, problem=error.detail)


def _new_key() -> str:
    return str(uuid.uuid4())

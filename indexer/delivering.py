"""Sends what webhooks are to be told: a few at once, again and again until it got through."""

import itertools
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

import structlog

from sightsong.core import ports
from sightsong.core.errors import Unavailable
from sightsong.core.webhooks import Answer, Places, Sending, encoded, headers, judge

log = structlog.get_logger()

#: Longer than any attempt takes (15 s, and what finding the host may take), in seconds.
_LEASE_S = 60.0
#: The log of deliveries is kept for so long, in seconds.
KEEP_S = 30 * 86400.0
_CLEARED_AT_ONCE = 500
_MOST_ROUNDS = 20
#: In-flight attempts are waited for so long when the process stops; others send them again.
_LAST_S = 2.0


class Post(Protocol):
    """Sends a body once, and tells how that went."""

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Post it; raises nothing that a receiver can cause."""
        ...


class Deliverer:
    """Sends from threads of its own. Another process may do the same: leases keep them apart."""

    def __init__(
        self,
        webhooks: ports.Webhooks,
        post: Post,
        *,
        owner: str,
        at_once: int = 16,
        clock: Callable[[], float] = time.time,
        jitter: Callable[[], float] = lambda: random.uniform(-1, 1),  # noqa: S311 - no secret
    ) -> None:
        """Make it; `look` begins.

        Args:
            webhooks: and their deliveries.
            post: what sends.
            owner: this process.
            at_once: attempts that run at once; at most half of them of one tenant, and at most
                half to webhooks that fail or are slow.
            clock: seconds since the epoch, as receivers compare them with their own.
            jitter: from -1 to 1, by chance.
        """
        self._webhooks = webhooks
        self._post = post
        self._owners = (f"{owner}/{number}" for number in itertools.count(1))
        self._at_once = at_once
        self._clock = clock
        self._jitter = jitter
        self._lock = threading.Lock()
        self._running: dict[tuple[str, str], Sending] = {}  # by lease: its owner, and what is sent
        self._threads: set[threading.Thread] = set()
        self._is_stopping = False

    def look(self) -> None:
        """Begin to send what is due, as far as there is room.

        Raises:
            StoreUnavailable: the database does not answer.
        """
        while begun := self._claim(most=self._at_once):
            for sending in begun:
                self._begin(sending)

    def stop(self) -> None:
        """Begin nothing more, and wait a moment for what runs."""
        self._is_stopping = True
        deadline = time.monotonic() + _LAST_S
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            thread.join(timeout=max(0.0, deadline - time.monotonic()))

    def _begin(self, sending: Sending) -> None:
        thread = threading.Thread(target=self._send_on, args=(sending,), daemon=True)
        with self._lock:
            self._threads.add(thread)
        thread.start()

    def _claim(self, *, most: int) -> list[Sending]:
        with self._lock:
            if self._is_stopping:
                return []
            places = self._places(most)
            if places.free <= 0:
                return []
            claimed = self._webhooks.claim(
                owner=next(self._owners), places=places, lease_s=_LEASE_S
            )
            self._running |= {(one.owner, one.id): one for one in claimed}
            return claimed

    def _places(self, most: int) -> Places:
        running = self._running.values()
        free = min(most, self._at_once - len(self._running))
        failing = Counter(one.tenant for one in running if one.is_failing)
        for_failing = self._at_once // 2 - failing.total()
        return Places(
            free=free,
            spare=max(0, free - for_failing),
            taken=Counter(one.webhook_id for one in running),
            per_tenant=max(1, self._at_once // 2),
            of_tenants=Counter(one.tenant for one in running),
            failing_of_tenants=failing,
        )

    def _send_on(self, first: Sending) -> None:
        """Send one, and then what else is due: a thread for each would cost more."""
        todo = [first]
        while todo:
            with _reported():
                self._send(todo[0])
            with self._lock:
                self._running.pop((todo[0].owner, todo[0].id))
            todo = []
            with _reported():
                todo = self._claim(most=1)
        with self._lock:
            self._threads.discard(threading.current_thread())

    def _send(self, sending: Sending) -> None:
        answer = self._try(sending)
        verdict = judge(answer, attempt=sending.attempt, jitter=self._jitter())
        is_written = self._webhooks.finish(sending, answer, verdict)
        log.info(
            "delivery.tried",
            delivery=sending.id,
            webhook=sending.webhook_id,
            attempt=sending.attempt,
            status=answer.status,
            fate=verdict.fate if is_written else "lost",
        )

    def _try(self, sending: Sending) -> Answer:
        body = encoded(sending.payload)
        signed = headers(
            sending.id, timestamp=int(self._clock()), body=body, secrets=sending.secrets
        )
        try:
            return self._post(sending.url, body, signed)
        except BaseException:
            log.exception("delivery.broken", delivery=sending.id)
            return Answer(error="this service could not send it")  # counted, or it went on for ever


@contextmanager
def _reported() -> Iterator[None]:
    """Go on whatever happens: what was not written is sent again when its lease has run out."""
    try:
        yield
    except Unavailable as error:
        log.warning("delivery.unwritten", reason=error.detail)
    except BaseException:
        log.exception("delivery.unfinished")


def clear_log(webhooks: ports.Webhooks) -> None:
    """Delete what has been kept long enough."""
    for _ in range(_MOST_ROUNDS):
        if not webhooks.clear(keep_s=KEEP_S, limit=_CLEARED_AT_ONCE):
            return

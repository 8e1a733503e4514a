"""Keeps child processes running, and ends them all together."""

import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from sightsong.adapters import starting
from sightsong.core.errors import SightsongError
from sightsong.local.child import Child, ChildSpec, last_detail, start_log_anew, tail

#: So often, in seconds, whoever waits looks up.
_CHECK_S = 1.0


class ServiceFailed(SightsongError):
    """A process of the local service cannot be kept running."""

    code = "service_failed"


@dataclass(frozen=True, kw_only=True)
class Policy:
    """When to start a child again, and how long to wait for its end.

    A child that dies at its work (of a photo that brings it down, of too little memory) is started
    again for ever: it must not take the others down. One that never gets as far has bad settings
    or lacks a module, which no other try would mend.
    """

    first_backoff_s: float = 1.0  #: Doubles with each death.
    longest_backoff_s: float = 30.0
    forgiving_s: float = 30.0  #: After a run as long as this the backoff is the first again.
    startup_s: float = 3.0  #: A child that ends by itself within this has failed to start.
    failed_starts: int = 5  #: In a row, after which we give up.
    grace_s: float = 20.0  #: How long a child that was asked to end may take.


class _Past:
    """The deaths of one child, as far as they still count."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self.backoff_s = 0.0
        self.failed_starts = 0

    def add(self, status: int | None, *, lived_s: float) -> None:
        """Count a death: its exit status (minus the signal), and how long the run was."""
        policy = self._policy
        is_forgiven = self.backoff_s == 0 or lived_s >= policy.forgiving_s
        longer_s = min(self.backoff_s * 2, policy.longest_backoff_s)
        self.backoff_s = policy.first_backoff_s if is_forgiven else longer_s
        was_killed = status is not None and status < 0
        has_started = was_killed or lived_s >= policy.startup_s
        self.failed_starts = 0 if has_started else self.failed_starts + 1

    @property
    def is_hopeless(self) -> bool:
        """Whether the child cannot be brought to run."""
        return self.failed_starts >= self._policy.failed_starts


def nothing() -> None:
    """Check nothing."""


class Supervisor:
    """Runs children until told to stop. One thread tends each child."""

    def __init__(
        self,
        specs: Sequence[ChildSpec],
        *,
        policy: Policy,
        tell: Callable[[str], None],
        check: Callable[[], None] = nothing,
    ) -> None:
        """Prepare.

        Args:
            specs: the children.
            policy: when they are started again.
            tell: called with a line for the user, from any thread.
            check: called each second while somebody waits; what it raises ends the waiting.
        """
        self._specs = tuple(specs)
        self._policy = policy
        self._tell = tell
        self._check = check
        self._stopping = threading.Event()
        self._failed = threading.Event()
        self._failure: ServiceFailed | None = None
        self._spawning = threading.Lock()
        #: Replaced as a whole, never changed: a signal handler may read it at any moment.
        self._live: tuple[Child, ...] = ()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        """Start the children: all of them, or none is left."""
        try:
            for spec in self._specs:
                self._begin(spec)
        except BaseException:  # a Ctrl-C in the midst of it, too: nobody would call `__exit__`
            self.stop()
            raise
        return self

    def _begin(self, spec: ChildSpec) -> None:
        start_log_anew(spec.log)
        thread = threading.Thread(target=self._tend, args=(spec,), name=f"tend-{spec.name}")
        thread.daemon = True  # the way out never depends on a child that cannot be ended
        thread.start()
        self._threads.append(thread)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the children: SIGTERM, grace, SIGKILL."""
        self.stop()

    def wait(self, timeout_s: float | None = None) -> None:
        """Wait until a child cannot be kept running, or the time has passed.

        Raises:
            ServiceFailed: names the child, its exit status and the end of its log.
        """
        end = time.monotonic() + (math.inf if timeout_s is None else timeout_s)
        while not self._failed.wait(min(max(end - time.monotonic(), 0), _CHECK_S)):
            self._check()
            if time.monotonic() >= end:
                break
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """End all children; return when they are gone."""
        with self._spawning:  # no child is born after this
            self._stopping.set()
        self._tell("stopping … (Ctrl-C again ends it at once)")
        for child in self._live:
            child.terminate()
        try:
            self._wait_for_all(self._policy.grace_s)
        finally:  # also when a signal ends the waiting
            self.kill()
        self._wait_for_all(self._policy.grace_s)

    def kill(self) -> None:
        """End all living children at once. Takes no lock: safe in a signal handler."""
        for child in self._live:
            child.kill()

    def _wait_for_all(self, timeout_s: float) -> None:
        end = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(end - time.monotonic(), 0))

    def _tend(self, spec: ChildSpec) -> None:
        try:
            self._keep(spec)
        except OSError as error:  # no process, no log: nothing that another try would mend
            self._fail(f"cannot start the {spec.name}: {error.strerror or error}")

    def _keep(self, spec: ChildSpec) -> None:
        past = _Past(self._policy)
        while (child := self._spawn(spec)) is not None:
            born = time.monotonic()
            status = child.wait()
            self._bury(child)
            if self._stopping.is_set():
                return
            past.add(status, lived_s=time.monotonic() - born)
            how = _how_it_ended(spec, status)
            if status == starting.REFUSED:
                self._fail(f"the {spec.name} cannot start: {last_detail(spec.log)}")
                return
            if past.is_hopeless:
                times = f"{past.failed_starts} times in a row"
                self._fail(f"{how}, {times}. The end of {spec.log}:\n{tail(spec.log)}")
                return
            self._tell(f"{how}; starting it again in {past.backoff_s:g} s")
            self._stopping.wait(past.backoff_s)

    def _spawn(self, spec: ChildSpec) -> Child | None:
        with self._spawning:
            if self._stopping.is_set():
                return None
            child = Child(spec)
            self._live = (*self._live, child)
            return child

    def _bury(self, child: Child) -> None:
        with self._spawning:
            self._live = tuple(other for other in self._live if other is not child)
        child.release()

    def _fail(self, why: str) -> None:
        self._failure = ServiceFailed(why)
        self._failed.set()


def _how_it_ended(spec: ChildSpec, status: int | None) -> str:
    if status is not None and status < 0:
        return f"the {spec.name} was ended by signal {-status}"
    return f"the {spec.name} ended with exit status {status}"

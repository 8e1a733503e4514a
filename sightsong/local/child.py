"""One process of a local service: what to run, and one run of it."""

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

#: How much of a log is read to show its end.
_TAIL_BYTES = 16_384


@dataclass(frozen=True, kw_only=True)
class ChildSpec:
    """What to run."""

    name: str  #: As users read it: `api`, `worker`, `indexer`.
    command: tuple[str, ...]
    log: Path  #: Gets its standard output and error.
    env: Mapping[str, str] = field(default_factory=dict)  #: Added to our own environment.


class Child:
    """One run of a child, in a session of its own so that a terminal's Ctrl-C is ours alone.

    Its standard input is a pipe that nothing is written to: the kernel closes it when this process
    ends, even by `kill -9`, which is how the child learns that nobody supervises it any more.
    """

    def __init__(self, spec: ChildSpec) -> None:
        self.spec = spec
        with spec.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and modules
                spec.command,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # Handed on, not read: our children find PATH, HOME and their settings in it.
                env={**os.environ, "SIGHTSONG_LIFELINE": "1", **spec.env},  # noqa: TID251
            )

    @property
    def pid(self) -> int:
        """Its process id, which is its group's too."""
        return self._process.pid

    def wait(self, timeout_s: float | None = None) -> int | None:
        """Wait for its end; its exit status (minus the signal), or None if it lives on."""
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None

    def terminate(self) -> None:
        """Ask it to end."""
        self._process.terminate()

    def kill(self) -> None:
        """End it and everything that it started, at once."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    def release(self) -> None:
        """Close our end of its standard input."""
        if self._process.stdin is not None:
            self._process.stdin.close()


def start_log_anew(log: Path) -> None:
    """Put the log of the run before aside as `NAME.log.1`, replacing the one from before that."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists():
        log.replace(log.with_name(log.name + ".1"))


def last_detail(log: Path) -> str:
    """Read what the last line of a log says; the line itself where it is no event."""
    line = tail(log, lines=1)
    try:
        return str(json.loads(line)["detail"])
    except (ValueError, KeyError, TypeError):
        return line


def tail(log: Path, *, lines: int = 15) -> str:
    """Read the last lines of a log."""
    try:
        with log.open("rb") as file:
            file.seek(max(file.seek(0, os.SEEK_END) - _TAIL_BYTES, 0))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])

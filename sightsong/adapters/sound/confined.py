"""Reading a stranger's file in a process of its own: what it takes, and brings down, is bounded.

The process is `python -m` a module of ours; `limit` is its first act. It writes what it found to
its standard output. Should this process end, the other does so by itself, at its time limit.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

from sightsong.adapters import confinement

#: After which it is killed.
LIMIT_S = 8.0
#: The most memory that it takes beyond what is loaded. Bounded on Linux only.
MOST_BYTES = 256 * 1024**2
_NICE = 5


def read(module: str, path: Path) -> bytes | None:
    """Run a module over a file; return what it wrote, None if it came to nothing."""
    try:
        # It inherits no variable of this process's environment: there may be secrets among them.
        done = subprocess.run(  # noqa: S603 - our own module, and a path
            [sys.executable, "-m", module, os.fspath(path)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={"PYTHONPATH": os.pathsep.join(sys.path), "OPENBLAS_NUM_THREADS": "1"},
            timeout=LIMIT_S + 1,
            check=False,
        )
    except (subprocess.TimeoutExpired, OSError, ValueError):
        return None
    return done.stdout if done.returncode == 0 else None


def limit() -> None:
    """Bound what this process takes and reaches from now on."""
    confinement.confine()
    os.nice(_NICE)
    signal.setitimer(signal.ITIMER_REAL, LIMIT_S)
    confinement.bound(room_bytes=MOST_BYTES, file_bytes=0)

"""Reading a stranger's file in a process of its own: what it takes, and brings down, is bounded.

The process is `python -m` a module of ours; `limit` is its first act. It writes what it found to
its standard output. Should this process end, the other does so by itself, at its time limit.
"""

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

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
    """Bound what this process takes from now on."""
    os.nice(_NICE)
    signal.setitimer(signal.ITIMER_REAL, LIMIT_S)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform.startswith("linux"):  # elsewhere the limit does not hold, or cannot be set
        mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        most = mapped + MOST_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (most, most))

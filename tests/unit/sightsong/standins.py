"""Small processes that stand in for the doors of the service."""

import os
import sys
from pathlib import Path

from sightsong.local.child import ChildSpec

#: Lives until SIGTERM, or until its standard input closes (the lifeline).
OBEDIENT = "import os; os.read(0, 1)"
#: Takes no notice of SIGTERM, nor of its standard input.
STUBBORN = """
import signal, threading
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print('deaf', flush=True)
threading.Event().wait()
"""
#: Dies as one does that the system ends for its memory.
POISONED = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
CRASHING = "import sys; print('the disk is on fire', flush=True); sys.exit(3)"


def child(folder: Path, code: str, *, name: str = "worker") -> ChildSpec:
    """A child that runs a little Python, and first notes its process id in `NAME.pids`."""
    note = f"import os; print(os.getpid(), file=open({str(folder / f'{name}.pids')!r}, 'a'))\n"
    return ChildSpec(
        name=name,
        command=(sys.executable, "-c", note + code),
        log=folder / "logs" / f"{name}.log",
    )


def pids(folder: Path, *, name: str = "worker") -> list[int]:
    """The process ids of all runs of a child so far."""
    file = folder / f"{name}.pids"
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def is_alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return _answers(pid) if not Path("/proc/self").exists() else False
    return state != "Z"


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True

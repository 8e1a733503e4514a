"""The process that decodes: no torch, no database, and nothing that outlives its parent.

It answers with a line of JSON and, in an open file, the bare bytes of the arrays: what comes back
from a process that reads strangers' files is never unpickled.
"""

import fcntl
import functools
import json
import os
import resource
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from multiprocessing import connection, parent_process, reduction
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from sightsong.core import errors
from workers.media.decoding import Recipe

#: What nobody may do any more to a file that is handed over: a worker that has mapped it would die
#: if it became shorter.
SEALS = 0
if sys.platform == "linux":
    SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL

#: Said once, when everything is imported.
READY = b"ready"

#: What decoding may take beyond the largest arrays: libraries, stacks, Pillow's and numpy's copies.
_ROOM_BYTES = 1024**3
#: Copies of a photo's pixels at their widest: 16-bit grey is worked on in 64 bits, twice.
_BYTES_A_PIXEL = 32
#: Copies of a waveform: its blocks, the whole, and one more for the loudest sample.
_BYTES_A_SAMPLE = 16
#: Beyond the parent's limit, the kernel ends a task: also when the parent is gone or stopped.
_ALARM_MARGIN_S = 10


def serve(
    link: "connection.Connection[Any, Any]", what: str, recipe: Recipe, limit_s: float
) -> None:
    """Decode what the parent sends, until it is gone.

    Args:
        link: to the parent.
        what: `photo` or `track`; the one thing that this process decodes.
        recipe: how.
        limit_s: after which the parent gives a task up.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends this one
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    threading.Thread(target=_leave_with_parent, name="parent", daemon=True).start()
    _limit(recipe, what)
    link.send_bytes(READY)
    while True:
        try:
            asked = link.recv()
        except (EOFError, OSError):
            return
        signal.setitimer(signal.ITIMER_REAL, limit_s + _ALARM_MARGIN_S)
        _answer(link, functools.partial(_DECODERS[what], recipe, asked))
        signal.setitimer(signal.ITIMER_REAL, 0)


def _leave_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
    os._exit(0)


def _limit(recipe: Recipe, what: str) -> None:
    """Bound what a file can make this process take."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not sys.platform.startswith("linux"):  # elsewhere the limit does not hold, or cannot be set
        return
    largest = {
        "photo": recipe.max_pixels * _BYTES_A_PIXEL,
        "track": int(recipe.max_audio_s * recipe.sample_rate_hz) * _BYTES_A_SAMPLE,
    }[what]
    # On top of what is mapped already: libraries reserve much that they never touch.
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    most = mapped + largest + _ROOM_BYTES
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard == resource.RLIM_INFINITY or most < hard:
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def _photo(recipe: Recipe, content: bytes) -> list[NDArray[Any]]:
    photo = recipe.photo(content)
    return [photo.pixels, *(photo.views[view] for view in recipe.views)]


def _track(recipe: Recipe, paths: Sequence[str]) -> list[NDArray[Any]]:
    return [recipe.track([Path(path) for path in paths])]


_DECODERS: dict[str, Callable[[Recipe, Any], list[NDArray[Any]]]] = {
    "photo": _photo,
    "track": _track,
}


def _answer(
    link: "connection.Connection[Any, Any]", decode: Callable[[], list[NDArray[Any]]]
) -> None:
    began = time.perf_counter()
    try:
        arrays = decode()
        with _open_file() as file:
            _write(file, arrays)
            took_ms = (time.perf_counter() - began) * 1000
            shapes = [[array.dtype.str, *array.shape] for array in arrays]
            _say(link, {"arrays": shapes, "decode_ms": took_ms})
            parent = parent_process()
            reduction.send_handle(link, file.fileno(), parent.pid if parent else None)
    except errors.SightsongError as error:
        _say(link, {"code": error.code, "detail": error.detail})
    except MemoryError:
        _say(link, {"memory": True})
    except Exception as error:  # noqa: BLE001 - the edge of a process: the parent reports it
        _say(link, {"unexpected": f"{type(error).__name__}: {error}"})


def _say(link: "connection.Connection[Any, Any]", words: Mapping[str, Any]) -> None:
    link.send_bytes(json.dumps(words).encode())


def _open_file() -> BinaryIO:
    """A file without a name: in memory where the system has such files."""
    if sys.platform.startswith("linux"):
        name, may = "sightsong-decoded", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING
        return os.fdopen(os.memfd_create(name, may), "w+b")
    return tempfile.TemporaryFile()


def _write(file: BinaryIO, arrays: Sequence[NDArray[Any]]) -> None:
    file.writelines(np.ascontiguousarray(array).data for array in arrays)
    file.flush()
    if sys.platform.startswith("linux"):
        fcntl.fcntl(file, fcntl.F_ADD_SEALS, SEALS)

"""The process that decodes: no torch, no database, and nothing that outlives its parent.

It answers with a line of JSON and, in an open file, the bare bytes of the arrays: what comes back
from a process that reads strangers' files is never unpickled.
"""

import fcntl
import functools
import json
import math
import os
import resource
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing import connection, parent_process, reduction
from typing import Any, BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from sightsong.adapters import confinement
from sightsong.adapters.confinement import Confinement
from sightsong.core import errors
from workers.media.decoding import Alive, Recipe, TrackFiles
from workers.media.entry import Limits

#: What nobody may do any more to a file that is handed over: a worker that has mapped it would die
#: if it became shorter.
SEALS = 0
if sys.platform == "linux":
    SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL

#: What decoding may take beyond the largest arrays: libraries, stacks, Pillow's and numpy's copies.
_ROOM_BYTES = 1024**3
#: Copies of a photo's pixels at their widest: 16-bit grey is worked on in 64 bits, twice.
_BYTES_A_PIXEL = 32
#: What is kept of a second of sound: 26 kB of log-mel and 7 kB of bands; room for both once more,
#: where they grow and cannot grow in their place.
_BYTES_A_SECOND = 80_000
#: Beyond the parent's limit, the kernel ends a task: also when the parent is gone or stopped.
_ALARM_MARGIN_S = 10
#: How long a track rests at most between two blocks of its sound, and how often it looks.
_LONGEST_REST_S = 10.0
_NAP_S = 0.005
#: Tracks are decoded with what processor time the photos leave.
_NICE = {"photo": 0, "track": 10}


def serve(
    link: "connection.Connection[Any, Any]",
    what: str,
    recipe: Recipe,
    limits: Limits,
    *,
    quiet: Any,  # noqa: ANN401 - ctypes has no type for what it shares
    confined: Confinement,
) -> None:
    """Decode what the parent sends, until it is gone.

    Args:
        link: to the parent.
        what: `photo` or `track`; the one thing that this process decodes.
        recipe: how.
        limits: what one file may take.
        quiet: its `value` says whether tracks are to rest.
        confined: what holds for this process; said once, when everything is imported.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends this one
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    threading.Thread(target=_leave_with_parent, name="parent", daemon=True).start()
    os.nice(_NICE[what])
    _limit(recipe, what)
    _say(link, confined.told())
    while True:
        try:
            asked = link.recv()
        except (EOFError, OSError):
            return
        with _Watch(limits) as watch:
            alive = functools.partial(_rest, quiet, watch)
            _answer(link, functools.partial(_DECODERS[what], recipe, asked, alive))


class _Watch:
    """Has the kernel end this process when a task takes too long, or does not move on."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._ends = time.monotonic() + limits.clock_s + _ALARM_MARGIN_S

    def __enter__(self) -> Self:
        self.allow(math.inf)
        used = resource.getrusage(resource.RUSAGE_SELF)
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        most = math.ceil(used.ru_utime + used.ru_stime + self._limits.cpu_s)
        if hard == resource.RLIM_INFINITY or most < hard:
            resource.setrlimit(resource.RLIMIT_CPU, (most, hard))
        return self

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)

    def allow(self, seconds: float) -> None:
        """Give it so much time from now on, or what is left for the whole."""
        left = self._ends - time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, max(0.001, min(seconds, left)))


def _rest(quiet: Any, watch: _Watch, seconds: float) -> None:  # noqa: ANN401 - as for `serve`
    """Wait while the models want the processor for themselves, but not for long; then go on."""
    watch.allow(seconds + _LONGEST_REST_S)
    waited = 0
    while quiet.value and waited * _NAP_S < _LONGEST_REST_S:
        time.sleep(_NAP_S)
        waited += 1
    watch.allow(seconds)


def _leave_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
    os._exit(0)


def _limit(recipe: Recipe, what: str) -> None:
    """Bound what a file can make this process take."""
    largest = {
        "photo": recipe.max_pixels * _BYTES_A_PIXEL,
        "track": int(recipe.max_audio_s * _BYTES_A_SECOND),
    }[what]
    confinement.bound(room_bytes=largest + _ROOM_BYTES, file_bytes=largest)


@dataclass(frozen=True, kw_only=True)
class _Found:
    """What a file held."""

    arrays: Sequence[NDArray[Any]] = ()
    said: Mapping[str, Any] = field(default_factory=dict)  #: What is no array, as JSON values.


def _photo(recipe: Recipe, content: bytes, _alive: Alive) -> _Found:
    photo = recipe.photo(content)
    return _Found(arrays=[photo.pixels, *(photo.views[view] for view in recipe.views)])


def _track(recipe: Recipe, files: TrackFiles, alive: Alive) -> _Found:
    track = recipe.track(files, alive=alive)
    heard, said = track.heard, {"digest": track.digest}
    if heard is None:
        return _Found(said=said)
    told = {
        "duration_s": heard.duration_s,
        "valence": heard.affect.valence,
        "arousal": heard.affect.arousal,
        "descriptors": dict(heard.descriptors),
    }
    starts_s = np.array(heard.window_starts_s, dtype=np.float64)
    return _Found(arrays=[heard.windows, starts_s, heard.fingerprint], said=said | told)


_DECODERS: dict[str, Callable[[Recipe, Any, Alive], _Found]] = {"photo": _photo, "track": _track}


def _answer(link: "connection.Connection[Any, Any]", decode: Callable[[], _Found]) -> None:
    began = time.perf_counter()
    try:
        found = decode()
        with _open_file() as file:
            _write(file, found.arrays)
            took_ms = (time.perf_counter() - began) * 1000
            shapes = [[array.dtype.str, *array.shape] for array in found.arrays]
            _say(link, {"arrays": shapes, "said": found.said, "decode_ms": took_ms})
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

"""A process that decodes, as its parent sees it."""

import fcntl
import json
import mmap
import multiprocessing
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from multiprocessing import connection, reduction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsong.core import errors
from workers.media import child, entry
from workers.media.decoding import Recipe
from workers.media.entry import Limits

#: The longest that a process may take to begin, on a machine that is busy with other things.
_BEGIN_LIMIT_S = 60.0
#: The longest that the system takes to tell of a process that has closed its link how it ended.
_LAST_BREATH_S = 1.0
#: The longest line that it says; an array costs some 20 bytes, what was said of a track 500.
_LONGEST_LINE_BYTES = 65_536


class ProcessDied(Exception):
    """The process ended while it decoded."""


class TooLarge(Exception):
    """The file takes more memory, or more work, than the process is allowed."""


class DecodingFailed(Exception):
    """Decoding stopped on an error nobody foresaw."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back."""

    arrays: list[NDArray[Any]]
    said: dict[str, Any]  #: What is no array.
    decode_ms: float


class DecodingProcess:
    """Decodes one file after another. One thread uses it; any may `end` it.

    Raises:
        Unavailable: it does not start, which is no file's fault.
    """

    def __init__(self, what: str, recipe: Recipe, limits: Limits, quiet: Any) -> None:  # noqa: ANN401
        self._recipe = recipe
        self._limit_s = limits.clock_s
        # Spawned: a fork would copy torch's locks while its threads hold them.
        context = multiprocessing.get_context("spawn")
        try:
            self._link, theirs = context.Pipe()
        except OSError as error:
            raise errors.Unavailable("no process can be started to decode") from error
        self._process = context.Process(
            target=entry.begin,
            args=(theirs, what, limits, quiet),
            name=f"decode-{what}",
            daemon=True,
        )
        try:
            self._process.start()
        except OSError as error:
            raise errors.Unavailable("no process can be started to decode") from error
        finally:
            theirs.close()
        self.pid = self._process.pid or 0
        self.confined: dict[str, bool] = {}  #: What it has given up, once it is ready.

    def wait_until_ready(self) -> None:
        """Wait until it has imported what it needs.

        Raises:
            Unavailable: it does not get so far, which is no file's fault.
        """
        try:
            self._send(self._recipe)
            self.confined = json.loads(self._hear(_BEGIN_LIMIT_S))
        except (ProcessDied, TimeoutError) as error:
            raise errors.Unavailable("the process that decodes does not start") from error

    def decode(self, asked: object) -> Answer:
        """Decode one file.

        Raises:
            InputError: the file is not to be used.
            DecodingFailed: an error nobody foresaw.
            TooLarge: it takes more memory or work than a file may.
            TimeoutError: it takes longer than the limit, or does not move on; the process is of no
                use any more.
            ProcessDied: the process is gone.
        """
        self._send(asked)
        words = json.loads(self._hear(self._limit_s))
        if "arrays" not in words:
            raise _refusal(words)
        try:
            file = reduction.recv_handle(self._link)
        except (EOFError, OSError, RuntimeError) as error:
            raise ProcessDied from error
        _check(file, words["arrays"])
        arrays = _mapped(file, words["arrays"])
        return Answer(arrays=arrays, said=words["said"], decode_ms=words["decode_ms"])

    def end(self) -> None:
        """End it at once; whoever waits for it learns that it died."""
        self._process.kill()

    def bury(self) -> None:
        """End it, and give back what it held."""
        self._process.kill()
        self._process.join()
        self._process.close()
        self._link.close()

    def _send(self, words: object) -> None:
        try:
            self._link.send(words)
        except OSError as error:
            raise ProcessDied from error

    def _hear(self, limit_s: float) -> bytes:
        if not connection.wait([self._link, self._process.sentinel], limit_s):
            raise TimeoutError
        try:
            return self._link.recv_bytes(_LONGEST_LINE_BYTES)
        except (EOFError, OSError) as error:
            raise self._end_of(error) from error

    def _end_of(self, error: Exception) -> Exception:
        """Tell of a process that has ended why it did."""
        self._process.join(_LAST_BREATH_S)
        if self._process.exitcode == -signal.SIGALRM:
            return TimeoutError()
        if self._process.exitcode == -signal.SIGXCPU:
            return TooLarge()
        return ProcessDied(str(error))


def _check(file: int, shapes: Sequence[Sequence[Any]]) -> None:
    """See that a file is as long as it is said to be, and stays so.

    Raises:
        DecodingFailed: it is not: whoever wrote it is not what we started.
    """
    needed = sum(np.dtype(kind).itemsize * prod(shape) for kind, *shape in shapes)
    is_kept = not child.SEALS or fcntl.fcntl(file, fcntl.F_GET_SEALS) & child.SEALS == child.SEALS
    if not is_kept or os.fstat(file).st_size < needed:
        os.close(file)
        raise DecodingFailed("what was decoded is not whole")


def _mapped(file: int, shapes: Sequence[Sequence[Any]]) -> list[NDArray[Any]]:
    """See the bytes of an open file as arrays, without a copy; closes the descriptor.

    Private and writable, as arrays of one's own are. The memory goes with the last of them.
    """
    try:
        if not shapes:
            return []
        view = mmap.mmap(file, 0, access=mmap.ACCESS_COPY)
    finally:
        os.close(file)
    arrays, offset = [], 0
    for kind, *shape in shapes:
        count = prod(shape)
        array = np.frombuffer(view, dtype=kind, count=count, offset=offset).reshape(shape)
        arrays.append(array)
        offset += array.nbytes
    return arrays


def _refusal(words: dict[str, Any]) -> Exception:
    if "memory" in words:
        return TooLarge()
    if "code" not in words:
        return DecodingFailed(words.get("unexpected", ""))
    named = {kind.code: kind for kind in _kinds(errors.SightsongError)}
    return named[words["code"]](words["detail"])


def _kinds(
    kind: type[errors.SightsongError],
) -> list[type[errors.SightsongError]]:
    return [kind, *(one for below in kind.__subclasses__() for one in _kinds(below))]

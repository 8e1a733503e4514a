"""A piece of a track that every browser plays, made in a process of its own.

A stranger's file is decoded here for somebody who waits: what it takes in time, memory and bytes is
bounded, and what it brings down is that process only. This module is light to import: FFmpeg and
numpy are loaded by the process.
"""

import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO

from sightsong.adapters.sound.files import open_regular
from sightsong.core import errors

#: What a preview is sent as, by the name of its kind: Opus in Ogg, and MP3.
PREVIEW_TYPES: Mapping[str, str] = {"ogg": "audio/ogg", "mp3": "audio/mpeg"}
PREVIEW_TYPE = PREVIEW_TYPES["ogg"]
#: The longest preview, in seconds.
LONGEST_S = 60.0
#: The most that one takes; a minute has about a megabyte.
MOST_BYTES = 4 * 1024 * 1024
#: How the process says, by its exit status, that its answer is an error of ours, as JSON.
REFUSED = 3

_CHILD = "sightsong.adapters.sound.preview_child"
#: Errors by their codes: those that the process may answer with.
_ERRORS: Mapping[str, type[errors.SightsongError]] = {
    error.code: error for error in errors.InputError.__subclasses__()
}


def render(
    path: Path, *, start_s: float, duration_s: float, media: str = "ogg", limit_s: float = 10.0
) -> bytes:
    """Encode a piece of a track, faded in and out.

    Args:
        path: a regular file.
        start_s: where the piece begins; it may end with the track.
        duration_s: above 0, at most `LONGEST_S`.
        media: one of `PREVIEW_TYPES`.
        limit_s: after which the process is killed.

    Returns:
        the bytes of a file; stereo if the track is, else mono.

    Raises:
        InvalidRequest: the track has no such piece, or there is no such kind; not retried.
        PathNotAllowed, UnreadableFile, UnsupportedAudio, AudioProtected: as `open_sound`.
        BrokenAudio: the file is damaged, or brings the process down; not retried.
        Unavailable: it takes longer than the limit; retried.
    """
    is_piece = math.isfinite(start_s) and start_s >= 0 and 0 < duration_s <= LONGEST_S
    if not is_piece or media not in PREVIEW_TYPES:
        raise errors.InvalidRequest("There is no such piece of a track.")
    with open_regular(path) as file, tempfile.TemporaryFile() as answer, _lifeline() as life:
        asked = [str(file.fileno()), str(start_s), str(duration_s), media, str(limit_s)]
        status = _run(asked, file=file, answer=answer, life=life)
        answer.seek(0)
        said = answer.read(MOST_BYTES)
    if status == 0 and said:
        return said
    raise _error(said) if status == REFUSED else errors.BrokenAudio("It brought the decoder down.")


def _run(asked: list[str], *, file: BinaryIO, answer: IO[bytes], life: int) -> int:
    """Run the process to its end, and return its exit status."""
    limit_s = float(asked[-1])
    try:
        # It inherits no variable of this process's environment: there may be secrets among them.
        done = subprocess.run(  # noqa: S603 - our own module, and numbers
            [sys.executable, "-m", _CHILD, *asked],
            stdin=life,
            stdout=answer,
            stderr=subprocess.DEVNULL,
            env={"PYTHONPATH": os.pathsep.join(sys.path), "OPENBLAS_NUM_THREADS": "1"},
            pass_fds=[file.fileno()],
            timeout=limit_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        detail = f"It took longer than {limit_s:g} s to make a preview."
        raise errors.Unavailable(detail) from error
    return done.returncode


@contextmanager
def _lifeline() -> Iterator[int]:
    """A pipe that closes with this process, however it ends; what watches it ends too."""
    watched, held = os.pipe()
    try:
        yield watched
    finally:
        os.close(held)
        os.close(watched)


def _error(said: bytes) -> errors.SightsongError:
    """Read the error that the process answered with; anything else is not believed."""
    try:
        words = json.loads(said)
        return _ERRORS[words["code"]](str(words["detail"]))
    except (ValueError, KeyError, TypeError):
        return errors.BrokenAudio("It brought the decoder down.")

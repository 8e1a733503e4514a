"""The process that makes one preview: `python -m` this, with what `preview` asks for.

It writes the preview, or an error as JSON, to its standard output, which is a file.
"""

import json
import os
import resource
import signal
import sys
from pathlib import Path

from sightsong.adapters import confinement
from sightsong.adapters.sound import preview
from sightsong.adapters.sound.decoding import open_sound
from sightsong.adapters.sound.encoding import encode, piece
from sightsong.core import errors
from sightsong.engine import lifeline

#: What decoding and encoding may take beyond what is loaded: a minute of 768 kHz, several times.
_ROOM_BYTES = 768 * 1024**2
_NICE = 10


def main(asked: list[str]) -> int:
    """Make a preview, and return the exit status."""
    descriptor, start_s, duration_s, media, limit_s = asked
    confinement.confine()
    lifeline.watch()
    _limit(float(limit_s))
    try:
        with open_sound(Path(f"/dev/fd/{int(descriptor)}")) as sound:
            rows = piece(sound, start_s=float(start_s), duration_s=float(duration_s))
        answer = encode(rows, media=media)
    except errors.InputError as error:
        return _refuse(error)
    except MemoryError:
        return _refuse(errors.BrokenAudio("It takes more memory to decode than a file may have."))
    sys.stdout.buffer.write(answer)
    return 0


def _limit(limit_s: float) -> None:
    """Bound what a file can make this process take; be nice to those who do not decode."""
    os.nice(_NICE)
    signal.setitimer(signal.ITIMER_REAL, limit_s)
    resource.setrlimit(resource.RLIMIT_CPU, (int(limit_s) + 1, int(limit_s) + 1))
    confinement.bound(room_bytes=_ROOM_BYTES, file_bytes=preview.MOST_BYTES)


def _refuse(error: errors.SightsongError) -> int:
    sys.stdout.buffer.write(json.dumps({"code": error.code, "detail": error.detail}).encode())
    return preview.REFUSED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

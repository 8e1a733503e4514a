"""Opening a file of sound: a regular one, and nothing that could make us wait."""

import os
import stat
from pathlib import Path
from typing import BinaryIO

from sightsong.core import errors


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file to be read, unbuffered.

    Raises:
        PathNotAllowed: it is no regular file, or cannot be opened; not retried.
    """
    try:
        # Without O_NONBLOCK, opening a pipe would wait for somebody to write to it.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (OSError, ValueError) as error:
        raise errors.PathNotAllowed("The file cannot be opened.") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise errors.PathNotAllowed("The path is not a regular file.")
    return os.fdopen(descriptor, "rb", buffering=0)

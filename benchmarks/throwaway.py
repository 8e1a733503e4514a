"""Settings of a service that a benchmark starts for itself and throws away."""

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sightsong.adapters import settings


@contextmanager
def service_settings() -> Iterator[settings.Settings]:
    """Settings with a data folder of their own, removed at the end, and a free port.

    No answer is given again: each photo is read, however often it is sent.
    """
    # Its processes read it from here, as they would from an operator's environment.
    os.environ["SIGHTSONG_ANSWER_CACHE_S"] = "0"
    with tempfile.TemporaryDirectory() as folder:
        yield settings.load(data_dir=Path(folder), port=_free_port(), disk_reserve_bytes=0)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

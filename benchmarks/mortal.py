"""A process of a service that a benchmark kills, and starts again."""

import os
import subprocess
from typing import Self

from sightsong.adapters import settings
from sightsong.local import service


class Mortal:
    """The one process of a door, of the moment."""

    def __init__(self, config: settings.Settings, door: str) -> None:
        found = next(one for one in service.doors(config) if one.name == door)
        self._command, self._env = found.command, {**os.environ, **found.env}

    def __enter__(self) -> Self:
        """Start it."""
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        """End it gently."""
        self._process.terminate()
        self._process.wait(30)

    def kill(self) -> None:
        """Kill the process outright, and start another."""
        self._process.kill()
        self._process.wait(10)
        self._start()

    def _start(self) -> None:
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(self._command, env=self._env, stdout=quiet, stderr=quiet)

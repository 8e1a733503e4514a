"""The commands of `sightsong train` and `sightsong evaluate`, as the process that they start.

Only the chosen command's module is imported, so that its help comes at once.
"""

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Protocol

from sightsong.local.interrupts import Interrupted, interruptible
from training.errors import PlanRefused, TrainingError

FAILED, USAGE = 1, 2
#: What a shell reports for a process that Ctrl-C has ended.
INTERRUPTED = 130

#: What each is called, and where it lives.
MODULES = {
    "emotion": "emotion",
    "check": "data",
    "example": "data",
    "export": "export",
    "lite-faces": "lite",
    "lite-photos": "lite",
    "lite-music": "lite",
    "evaluate": "evaluate",
}
#: Packages of the extra `train` that a command may miss.
_EXTRAS = frozenset(
    {
        "huggingface_hub",
        "matplotlib",
        "onnx",
        "onnxruntime",
        "onnxscript",
        "safetensors",
        "scipy",
        "sklearn",
        "torch",
        "transformers",
        "yaml",
    }
)


class CommandModule(Protocol):
    """What a module of commands offers."""

    def run(self, name: str, argv: Sequence[str]) -> int:
        """Run one of its commands and return the exit status."""
        ...


def main(argv: Sequence[str]) -> int:
    """Run a command.

    Args:
        argv: its name, and what it is told.

    Returns:
        The exit status: 0 done; 1 the work failed; 2 wrong usage, or something is not installed;
        130 or 143 ended by Ctrl-C or SIGTERM.
    """
    if not argv or argv[0] not in MODULES:
        return _told(f"say one of: {', '.join(MODULES)}", USAGE)
    try:
        with interruptible(on_second=lambda: os._exit(INTERRUPTED)):
            return _run(argv[0], argv[1:])
    except Interrupted as asked:
        return asked.exit_status
    except TrainingError as error:
        return _told(str(error), USAGE if isinstance(error, PlanRefused) else FAILED)


def _run(name: str, argv: Sequence[str]) -> int:
    try:
        return _module(MODULES[name]).run(name, argv)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in _EXTRAS:
            raise
        raise PlanRefused(f"this needs {missing}; run `./run install train`") from error


def _module(name: str) -> CommandModule:
    module: CommandModule = importlib.import_module(f"training.commands.{name}")
    return module


def _told(line: str, status: int) -> int:
    sys.stderr.write(f"{line}\n")
    return status

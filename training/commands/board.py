"""A run as TensorBoard shows it; an extra, since it brings a server along."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from training.errors import PlanRefused
from training.fitting.loop import Line


class Board:
    """Writes what TensorBoard reads."""

    def __init__(self, folder: Path) -> None:
        """Open a folder for it.

        Raises:
            PlanRefused: TensorBoard is not installed.
        """
        try:
            from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise PlanRefused(
                "--tensorboard needs the extra of that name: pip install tensorboard"
            ) from error
        # Made with the first step: before, the run may still be refused, and leaves nothing.
        self._open: Callable[[], Any] = functools.cache(lambda: SummaryWriter(folder))

    def step(self, done: int, _total: int, loss: float) -> None:
        """Hear of a step."""
        self._open().add_scalar("step/loss", loss, done)

    def epoch(self, line: Line) -> None:
        """Hear of an epoch that is over."""
        for name, value in line.items():
            if name != "epoch":
                self._open().add_scalar(f"epoch/{name}", value, int(line["epoch"]))
        self._open().flush()

"""Pickled weights to safetensors, in a process of its own: a pickle is a program."""

import shutil
import subprocess
import sys
from pathlib import Path

from sightsong.adapters.weights.sources import PullFailed

#: A gigabyte takes some seconds; a disk that is slow and full takes minutes.
_LIMIT_S = 900.0
#: Exit status of the converter for files that it refuses; what is not so may be tried again.
REFUSED = 65


class ConversionRefused(PullFailed):
    """A pickled file is not plain weights."""

    code = "conversion_refused"


def convert(pickled: Path, target: Path) -> None:
    """Write the tensors of a pickled file as safetensors; nothing in the file is ever run.

    Raises:
        ConversionRefused: it holds something else than tensors, or is damaged.
        PullFailed: the conversion did not work out.
    """
    command = (
        *(sys.executable, "-P", "-m", "workers.models.full.convert"),
        *(str(pickled), str(target)),
    )
    try:
        ended = subprocess.run(  # noqa: S603 - our own interpreter and module
            command, check=False, capture_output=True, text=True, timeout=_LIMIT_S
        )
    except subprocess.TimeoutExpired as error:
        raise PullFailed(f"converting {pickled.name} took more than {_LIMIT_S:g} s") from error
    if ended.returncode == 0:
        shutil.copymode(pickled, target)  # safetensors keeps what it writes to its owner
        return
    target.unlink(missing_ok=True)
    why = (ended.stderr.strip().splitlines() or ["it said nothing"])[-1]
    if ended.returncode == REFUSED:
        raise ConversionRefused(f"{pickled.name} is refused: {why}")
    raise PullFailed(f"converting {pickled.name} failed ({ended.returncode}): {why}")

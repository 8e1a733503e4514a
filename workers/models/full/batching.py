"""Batches that fit: halved when the device runs out of memory; a broken device ends the process."""

import os
from collections.abc import Callable, Sequence
from typing import TypeVar

import structlog
import torch

from sightsong.core.models import nothing

log = structlog.get_logger()

#: How torch's message begins when a kernel or the driver has failed; since torch 2.8 such errors
#: have a class, but before they have not.
_DEVICE_ERROR = "CUDA error"

T = TypeVar("T")
R = TypeVar("R")

#: Exit status of a process whose device has failed (`EX_IOERR` of sysexits).
DEVICE_LOST = 74


def in_parts(
    work: Callable[[Sequence[T]], Sequence[R]],
    items: Sequence[T],
    *,
    most: int,
    between: Callable[[], None] = nothing,
) -> list[R]:
    """Run work over items in parts, and in smaller ones where memory does not suffice.

    Args:
        work: maps a part to as many results, in order.
        items: of any number, none included.
        most: items in a part.
        between: called between two parts.

    Raises:
        torch.OutOfMemoryError: not even one item fits.
    """
    results: list[R] = []
    at, size = 0, max(1, most)
    while at < len(items):
        try:
            results.extend(work(items[at : at + size]))
        except RuntimeError as error:
            if not _is_of_memory(error):
                if _DEVICE_ERROR in str(error) and _is_lost():
                    _give_up(error)
                raise
            if size == 1:
                raise
            torch.cuda.empty_cache()
            size //= 2
            log.warning("batch.halved", size=size)
        else:
            at += size
            if at < len(items):
                between()
    return results


def _is_of_memory(error: RuntimeError) -> bool:
    """Whether memory lacked: libraries beside torch's allocator say so in words only."""
    words = str(error)
    return isinstance(error, torch.OutOfMemoryError) or (
        _DEVICE_ERROR in words and ("ALLOC_FAILED" in words or "out of memory" in words)
    )


def _is_lost() -> bool:
    """Whether the device answers no more; some of its errors pass."""
    try:
        torch.cuda.synchronize()
    except (RuntimeError, AssertionError):
        return True
    return False


def _give_up(error: Exception) -> None:
    """End at once: after such an error every further call on the device fails too.

    Nothing is written: the leases run out, and the jobs run in another process.
    """
    log.critical("device.lost", reason=str(error).partition("\n")[0])
    os._exit(DEVICE_LOST)

"""Where a process that decodes begins: before numpy is there.

numpy's matrix products would start a thread for each core in every such process. How many it may
start is asked once, when it is imported; so nothing here imports it, and nothing that is handed
over needs it.
"""

import os
from dataclasses import dataclass
from multiprocessing import connection
from typing import Any

from sightsong.adapters.confinement import confine


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one file may take, in seconds; beyond it, the kernel ends the process."""

    clock_s: float  #: From the beginning to the end. The parent gives up a little earlier.
    cpu_s: float  #: Of a processor's work.


def begin(
    link: "connection.Connection[Any, Any]",
    what: str,
    limits: Limits,
    quiet: Any,  # noqa: ANN401
) -> None:
    """Become a process that decodes; the first thing that it hears is the recipe.

    Args:
        link: to the parent.
        what: `photo` or `track`.
        limits: what one file may take.
        quiet: shared memory, whose `value` says whether tracks are to rest.
    """
    confined = confine()  # before there is a second thread
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # noqa: TID251 - written, not read
    from workers.media import child  # noqa: PLC0415 - the point of this module

    child.serve(link, what, link.recv(), limits, quiet=quiet, confined=confined)

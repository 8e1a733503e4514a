"""The command line: `sightsong COMMAND`.

Whoever presses Ctrl-C while it is still being imported sees no traceback either: nothing that takes
time is imported before `main`.
"""

import sys
from collections.abc import Sequence

__all__ = ["main"]

#: What a shell reports for a process that SIGINT has ended.
_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None, *, world: object = None) -> int:
    """Run one command and return its exit status.

    Args:
        argv: the arguments; those of this process by default.
        world: a `sightsong.cli.session.World` to act in; the real one by default.
    """
    try:
        from sightsong.cli import application  # noqa: PLC0415 - see above

        return application.run(sys.argv[1:] if argv is None else argv, world=world)
    except KeyboardInterrupt:
        return _INTERRUPTED

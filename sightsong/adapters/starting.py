"""How a process says that it cannot start, so that whoever started it need not try again."""

import contextlib
from collections.abc import Iterator

import structlog

from sightsong.core.errors import ConfigurationError

log = structlog.get_logger()

#: Exit status of a process whose settings, weights or device cannot work (`EX_CONFIG` of sysexits).
REFUSED = 78


@contextlib.contextmanager
def refusals() -> Iterator[None]:
    """Log a setting that cannot work in one line, and end the process with `REFUSED`."""
    try:
        yield
    except ConfigurationError as error:
        log.critical("start.refused", code=error.code, detail=error.detail)
        raise SystemExit(REFUSED) from error

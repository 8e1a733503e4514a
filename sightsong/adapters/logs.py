"""Logs: one event a line, `noun.verb` with fields, JSON unless a person is watching."""

import contextlib
import io
import logging
import sys
from typing import TextIO, cast

import structlog

_ON_A_TERMINAL = "%(name)s: %(message)s"


class _Outlet(io.TextIOBase):
    """A stream that may be gone, or on a full disk: lines are lost there, and nothing else is.

    What is logged must not fail for want of a place to log it.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str, /) -> int:
        """Write, if that can be done."""
        with contextlib.suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Hand on what is written, if that can be done; else with what follows."""
        with contextlib.suppress(OSError):
            self._stream.flush()


def setup(service: str) -> None:
    """Send this process's events to standard error, each with the name of the service."""
    readable = sys.stderr.isatty()
    # The plain traceback: the rich one prints local variables, and those hold photos.
    renderer: structlog.types.Processor = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if readable
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _named(service),
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _Outlet(sys.stderr))),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr) if readable else _libraries(service, renderer)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], format=_ON_A_TERMINAL)


def _libraries(service: str, renderer: structlog.types.Processor) -> logging.Handler:
    """Make what writes the words of libraries as events: a line each, whatever stands in them."""
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.contextvars.merge_contextvars,
            _named(service),
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[
            _told_by_a_library,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            renderer,
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    return handler


def _told_by_a_library(
    _logger: object, _method: str, event: structlog.types.EventDict
) -> structlog.types.EventDict:
    record: logging.LogRecord = event["_record"]
    return {**event, "event": "library.said", "logger": record.name, "text": event["event"]}


def _named(service: str) -> structlog.types.Processor:
    def name(
        _logger: object, _method: str, event: structlog.types.EventDict
    ) -> structlog.types.EventDict:
        event["service"] = service
        return event

    return name

"""Logs: one event a line, whoever says it and whatever stands in it."""

import json
import subprocess
import sys

import pytest

_SPEAK = """
import logging
import structlog
from sightsong.adapters import logs

logs.setup("api")
said = "one\\nevent: two\\r\\n{\\"event\\": \\"three\\"}\\x1b[31m\\u2028"
try:
    raise ValueError(said)
except ValueError:
    %s
"""


@pytest.mark.parametrize(
    ("spoken", "event"),
    [
        ('logging.getLogger("a.library").error("%s failed", said)', "library.said"),
        ('logging.getLogger("a.library").exception(said)', "library.said"),
        ('structlog.get_logger().warning("we.said", text=said)', "we.said"),
        ('structlog.get_logger().exception("we.failed", text=said)', "we.failed"),
    ],
)
def test_an_event_is_one_line_of_json(spoken, event):
    ran = subprocess.run(
        [sys.executable, "-c", _SPEAK % spoken], capture_output=True, check=True, timeout=30
    )
    [line] = ran.stderr.decode("ascii").splitlines()
    told = json.loads(line)

    assert (told["event"], told["service"]) == (event, "api")
    assert "three" in told["text"]

"""Logs: whatever becomes of the place that they are written to, the process goes on."""

import subprocess
import sys
from pathlib import Path

import pytest

_LOGS = """
import structlog
from sightsong.adapters import logs
logs.setup("api")
for count in range(3):
    structlog.get_logger().info("something.happened", size="x" * 10_000, count=count)
print("went on")
"""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is always full")
def test_a_full_disk_takes_no_logs_and_stops_nothing():
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run(
            [sys.executable, "-c", _LOGS], stdout=subprocess.PIPE, stderr=full, check=False
        )
    assert ran.stdout == b"went on\n"

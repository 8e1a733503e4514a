"""A short run of `benchmarks/killed_rebuild.py`."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_old_snapshot_serves_on_when_a_rebuild_is_killed():
    command = [sys.executable, "-m", "benchmarks.killed_rebuild", "--kind", "ivf"]
    command += ["--kills", "2", "--tracks", "1000"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.count("files half built: fine\n") == 2

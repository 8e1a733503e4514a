"""`./run fuzz`: what it says, with atheris and without it."""

import importlib.util
import subprocess
import sys

import pytest

from tests.fuzz.__main__ import fuzz
from tests.fuzz.door import NAMES

HAS_ATHERIS = importlib.util.find_spec("atheris") is not None


@pytest.mark.skipif(HAS_ATHERIS, reason="atheris is installed here")
def test_without_atheris_it_says_so_and_is_no_failure():
    command = [sys.executable, "-m", "tests.fuzz", "1", NAMES[0]]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "atheris is not installed: nothing was fuzzed" in done.stdout


@pytest.mark.skipif(not HAS_ATHERIS, reason="atheris is not installed (the extra `fuzz`)")
def test_a_second_of_fuzzing_counts_what_it_tried(tmp_path):
    run = fuzz("headers", seconds=1, kept=tmp_path)
    assert not run.is_broken, run.told
    assert run.tries > 10
    assert run.branches > 10

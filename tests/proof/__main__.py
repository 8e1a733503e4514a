"""The long run: `python -m tests.proof --examples 300`."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.proof import openapi, stage


def main() -> int:
    """Run, print a table of the operations and each kind of finding; 1 if there was any."""
    asked = _asked()
    began = time.monotonic()
    with stage.quiet(), tempfile.TemporaryDirectory() as name, stage.sqlite(Path(name)) as stores:
        served = stage.serve(stores, Path(name), needs_key=asked.keys, key_requests_per_min=10**9)
        key = stage.make_key(stores) if asked.keys else None
        report = openapi.run(served, cases=asked.examples, seed=asked.seed, key=key)
    lines = [f"{finding.told()}\n" for finding in report.distinct()]
    lines += [f"excused {times} times: {why}" for why, times in report.excused.items()]
    lines += [*report.troubles, report.table()]
    lines += [f"{time.monotonic() - began:.0f} s, seed {asked.seed}"]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if report.findings or report.troubles else 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.proof", description=__doc__)
    parser.add_argument("--examples", type=int, default=300, help="cases of each operation")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keys", action="store_true", help="need a key, and come with one")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

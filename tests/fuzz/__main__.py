"""Fuzzing, guided by coverage: `./run fuzz [SECONDS] [DOOR...]`, by default 60 s for each door.

What was found stays in `.fuzz/DOOR`: inputs that reach new branches, from which the next run goes
on, and any that broke the door (`crash-…`, `timeout-…`, `oom-…`). Copy one of those to
`tests/fuzz/cases/DOOR` once it is mended: the tests knock with it ever after.
"""

import argparse
import importlib.util
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.door import NAMES, cases, door

_KEPT = Path(__file__).parents[2] / ".fuzz"
#: The longest that one input may take, in seconds; tags that cost much are given eight.
_LONGEST_S = 15
_MOST_MIB = 2048
_STATUS = re.compile(r"cov: (\d+) ft: (\d+)")
_COUNT = re.compile(r"stat::number_of_executed_units: (\d+)")
_DONE = re.compile(r"Done (\d+) runs")
_TAIL = 40


@dataclass(frozen=True, kw_only=True)
class Run:
    """How a run against one door went."""

    name: str
    tries: int
    branches: int  #: That were reached, as libFuzzer counts edges.
    features: int  #: The same with how often, roughly.
    is_broken: bool
    told: str  #: The end of what it wrote.

    def __str__(self) -> str:
        """One line of figures."""
        verdict = "BROKEN" if self.is_broken else "holds"
        return (
            f"{self.name:10} {verdict:6} {self.tries:>10,} tries {self.branches:>6,} branches "
            f"{self.features:>7,} features"
        )


def main() -> int:
    """Run, and print a line for each door; 1 if one is broken."""
    asked = _asked()
    if importlib.util.find_spec("atheris") is None:
        sys.stdout.write(
            "atheris is not installed: nothing was fuzzed. It comes as the extra `fuzz` "
            "(`pip install .[fuzz]`), with wheels for Linux and CPython 3.11 to 3.13.\n"
        )
        return 0
    runs = []
    for name in asked.doors or NAMES:
        runs.append(fuzz(name, seconds=asked.seconds))
        sys.stdout.write(f"{runs[-1]}\n")
        if runs[-1].is_broken:
            sys.stdout.write(f"{runs[-1].told}\n")
        sys.stdout.flush()
    return 1 if any(run.is_broken for run in runs) else 0


def fuzz(name: str, *, seconds: int, kept: Path = _KEPT) -> Run:
    """Fuzz one door for some seconds, in a process of its own."""
    chosen = door(name)
    corpus, words = kept / name / "corpus", kept / name / "words"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(chosen.seeds().values()):
        (corpus / f"seed-{number}").write_bytes(seed)
    for case in cases(name):
        (corpus / case.name).write_bytes(case.read_bytes())
    words.write_text("".join(f'"{_quoted(word)}"\n' for word in chosen.words))
    options = [
        f"-max_total_time={seconds}",
        f"-max_len={chosen.longest}",
        f"-timeout={_LONGEST_S}",
        f"-rss_limit_mb={_MOST_MIB}",
        f"-artifact_prefix={kept / name}/",
        "-print_final_stats=1",
        "-use_value_profile=1",
        *([f"-dict={words}"] if chosen.words else ()),
    ]
    command = (sys.executable, "-m", "tests.fuzz.one", name, *options, str(corpus))
    done = subprocess.run(
        command,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    return _read(name, done.stdout, is_broken=done.returncode != 0)


def _read(name: str, told: str, *, is_broken: bool) -> Run:
    statuses, counts = _STATUS.findall(told), [*_COUNT.findall(told), *_DONE.findall(told), "0"]
    branches, features = statuses[-1] if statuses else (0, 0)
    return Run(
        name=name,
        tries=int(counts[0]),
        branches=int(branches),
        features=int(features),
        is_broken=is_broken,
        told="\n".join(told.splitlines()[-_TAIL:]),
    )


def _quoted(word: bytes) -> str:
    """A word of a dictionary, as libFuzzer reads it."""
    return "".join(f"\\x{byte:02x}" for byte in word)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run fuzz", description=__doc__)
    parser.add_argument("seconds", nargs="?", type=int, default=60, help="for each door")
    parser.add_argument("doors", nargs="*", choices=[*NAMES, []], help="default: all")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

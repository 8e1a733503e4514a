"""What a fuzzer knocks at: a function that takes any bytes, and fair bytes for it."""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

#: The doors, each a module of its name in `tests.fuzz.doors`.
NAMES = (
    "image",
    "tags",
    "sound",
    "manifest",
    "zip",
    "tar",
    "words",
    "form",
    "headers",
    "http",
)
#: Inputs that once broke a door, one folder for each; knocked with in every run of the tests.
CASES = Path(__file__).parent / "cases"


@dataclass(frozen=True, kw_only=True)
class Door:
    """A place where bytes of strangers come in.

    `knock` returns whether they were taken. Whatever they are, it ends in one of these two ways;
    anything that it raises is a finding.
    """

    knock: Callable[[bytes], bool]
    seeds: Callable[[], Mapping[str, bytes]]  #: Fair bytes by a name for them: all are taken.
    longest: int = 16 * 1024  #: Bytes that are tried; more only make each try slower.
    words: tuple[bytes, ...] = ()  #: That a fuzzer would take long to find by itself.


def door(name: str) -> Door:
    """Load a door; with it what stands behind it, so that this can be watched by whoever loads."""
    found: Door = importlib.import_module(f"tests.fuzz.doors.{name}").DOOR
    return found


def cases(name: str) -> list[Path]:
    """The inputs that once broke a door."""
    folder = CASES / name
    return sorted(folder.iterdir()) if folder.is_dir() else []

"""The names in archives: only ever looked at and shown, never written to."""

import re
from pathlib import PurePosixPath

_ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tbz", ".tar.xz", ".txz")
_DRIVE = re.compile(r"[A-Za-z]:")
_ENDING = re.compile(r"\.[a-z0-9]{1,8}")
#: Longer names are cut.
_LONGEST = 1000


def is_archive(name: str) -> bool:
    """Whether a file is an archive by its name. Whether its bytes are, `members` finds out."""
    return name.lower().endswith(_ARCHIVES)


def points_out(name: str) -> bool:
    """Whether a member's path is absolute or climbs out of its archive."""
    path = name.replace("\\", "/")
    return path.startswith("/") or bool(_DRIVE.match(path)) or ".." in path.split("/")


def is_hidden(name: str) -> bool:
    """Whether a member is hidden, or one that macOS adds by itself."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    return any(part.startswith(".") or part == "__MACOSX" for part in parts)


def shown(name: str) -> str:
    """A member's path as it is shown: printable, not too long, without a leading `./`."""
    plain = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)
    return plain.removeprefix("./")[:_LONGEST]


def ending(name: str) -> str:
    """The ending of a name in small letters, where it is a plain one; else nothing."""
    suffix = PurePosixPath(name).suffix.lower()
    return suffix if _ENDING.fullmatch(suffix) else ""

"""Where a file named by a lock lies: always inside its models folder, whatever the lock says."""

import re
from pathlib import Path, PurePosixPath

from sightsong.core.errors import ModelsMissing

#: A commit, a tag, or a name of our own: one part of a path, and never `..`.
_REVISION = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,99}")


def inside(models_dir: Path, repository: str, name: str) -> Path:
    """Find the place of a model's file; it need not be there.

    Raises:
        ModelsMissing: the name, or a link on the way, leads out of the models folder.
    """
    pure = PurePosixPath(name)
    is_plain = name == pure.as_posix() and ".." not in pure.parts and not pure.is_absolute()
    if not is_plain or "\\" in name or "\0" in name or name == ".":
        raise ModelsMissing(
            f"models.lock names {name!r} for {repository}, which is no file name; "
            "delete models.lock and pull again"
        )
    path = models_dir / repository / name
    if not path.resolve().is_relative_to(models_dir.resolve()):
        raise ModelsMissing(f"{path} leads out of the models folder {models_dir}")
    return path


def is_revision(text: object) -> bool:
    """Whether this can name a revision: staging folders are called so."""
    return isinstance(text, str) and _REVISION.fullmatch(text) is not None

"""Photos by name, or by a pattern that the shell has left alone."""

import glob
from collections.abc import Sequence
from pathlib import Path

import typer


def photos(words: Sequence[str]) -> list[Path]:
    """The files that words name, in their order; those of a pattern by name.

    Raises:
        BadParameter: there is no such file, or no file fits a pattern.
    """
    return [path for word in words for path in _named(word)]


def _named(word: str) -> list[Path]:
    path = Path(word).expanduser()
    if word and path.is_file():
        return [path]
    if path.is_dir():
        raise typer.BadParameter(f"{word or '.'} is a folder; name photos, as in '{path}/*.jpg'")
    if not glob.has_magic(word):
        raise typer.BadParameter(f"there is no file {word}")
    found = glob.glob(str(path), recursive=True)  # noqa: PTH207 - patterns begin anywhere
    files = [one for one in map(Path, sorted(found)) if one.is_file()]
    if not files:
        raise typer.BadParameter(f"no file fits '{word}'")
    return files

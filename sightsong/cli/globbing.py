"""Photos by name, or by a pattern that the shell has left alone."""

import glob
from collections.abc import Sequence
from pathlib import Path

import typer

#: Endings of what a folder's photos are called.
_ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".webp"})


def photos(words: Sequence[str]) -> list[Path]:
    """The files that words name, in their order; those of a pattern by name.

    Raises:
        BadParameter: there is no such file, or no file fits a pattern.
    """
    return [path for word in words for path in _named(word)]


def album(words: Sequence[str]) -> list[Path]:
    """The same; of a folder, all photos in it and below, by name.

    Raises:
        BadParameter: the same, or there is no photo in a folder.
    """
    return [path for word in words for path in _below(word) or _named(word)]


def _below(word: str) -> list[Path]:
    """The photos of a folder; none where it is none."""
    folder = Path(word).expanduser()
    if not word or not folder.is_dir():
        return []
    found = [path for path in sorted(folder.rglob("*")) if _is_photo(path, folder)]
    if not found:
        raise typer.BadParameter(f"there is no photo (JPEG, PNG, WebP) in {word}")
    return found


def _is_photo(path: Path, folder: Path) -> bool:
    is_hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return not is_hidden and path.suffix.lower() in _ENDINGS and path.is_file()


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

"""`models.lock`: the revision of each model that was fetched, and the digest of each file."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from sightsong.adapters import disk
from sightsong.adapters.weights import stamps
from sightsong.adapters.weights.places import is_revision
from sightsong.core.catalogue import ModelSpec
from sightsong.core.errors import ModelsMissing

NAME = "models.lock"
_VERSION = 1
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class LockedFile:
    """A file as it was fetched."""

    sha256: str
    size_bytes: int
    made_from: str | None = None  #: SHA-256 of the pickled file that this one was converted from.


@dataclass(frozen=True, kw_only=True)
class LockedModel:
    """A model as it was fetched."""

    revision: str
    files: Mapping[str, LockedFile]  #: By path below the model's folder.


#: Models by repository.
Lock = Mapping[str, LockedModel]


def read_lock(models_dir: Path) -> Lock:
    """Read what a models folder holds; empty where nothing was fetched yet.

    Raises:
        ModelsMissing: the file is no lock.
    """
    path = models_dir / NAME
    try:
        models = json.loads(path.read_bytes())["models"]
        return {name: _model(model) for name, model in models.items()}
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ModelsMissing(f"{path} cannot be read ({_reason(error)})") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ModelsMissing(
            f"{path} is damaged; delete it and run "
            f"`sightsong models pull --models-dir {models_dir}`"
        ) from error


def write_lock(models_dir: Path, lock: Lock) -> None:
    """Write the lock; a crash leaves the old one or the new one."""
    models = {name: _written(model) for name, model in sorted(lock.items())}
    text = json.dumps({"version": _VERSION, "models": models}, indent=1) + "\n"
    fresh = models_dir / f".{NAME}.new"
    fresh.write_text(text)
    disk.sync(fresh)
    fresh.replace(models_dir / NAME)
    disk.sync(models_dir)


def lock_folder(models_dir: Path, revisions: Mapping[ModelSpec, str]) -> Lock:
    """Write down every file of these models as it lies there now; other models stay as they are."""
    lock = dict(read_lock(models_dir))
    fresh = {}
    for spec, revision in revisions.items():
        files = _files(models_dir / spec.repository)
        lock[spec.repository] = LockedModel(revision=revision, files=files)
        for name, file in files.items():
            path = models_dir / spec.repository / name
            fresh[f"{spec.repository}/{name}"] = stamps.stamp(path, file.sha256)
    write_lock(models_dir, lock)
    stamps.remember(models_dir, fresh)
    return lock


def _files(folder: Path) -> dict[str, LockedFile]:
    return {
        path.relative_to(folder).as_posix(): LockedFile(
            sha256=disk.sha256_of(path), size_bytes=path.stat().st_size
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


def _written(model: LockedModel) -> dict[str, object]:
    files = {
        name: {key: value for key, value in asdict(file).items() if value is not None}
        for name, file in sorted(model.files.items())
    }
    return {"revision": model.revision, "files": files}


def _model(values: Mapping[str, object]) -> LockedModel:
    files = values["files"]
    if not isinstance(files, dict):
        raise TypeError("files")
    if not is_revision(values["revision"]):
        raise ValueError("revision")
    return LockedModel(
        revision=str(values["revision"]),
        files={name: _file(file) for name, file in files.items()},
    )


def _file(values: Mapping[str, object]) -> LockedFile:
    sha256, size, made_from = values["sha256"], values["size_bytes"], values.get("made_from")
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
        raise ValueError("sha256")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise ValueError("size_bytes")
    return LockedFile(
        sha256=sha256, size_bytes=size, made_from=None if made_from is None else str(made_from)
    )


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()

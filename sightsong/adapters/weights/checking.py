"""Whether the weights on disk are those of the lock."""

import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sightsong.adapters.weights import stamps
from sightsong.adapters.weights.lock import LockedFile, LockedModel, read_lock
from sightsong.adapters.weights.places import inside
from sightsong.core.catalogue import (
    CLAP_MUSIC,
    COMMIT_LETTERS,
    Checkpoint,
    ModelSpec,
    Task,
)
from sightsong.core.errors import ModelsMissing


class State(StrEnum):
    """How a model lies on this machine, by sizes and stamps alone."""

    READY = "ready"
    NOT_PULLED = "not pulled"
    INCOMPLETE = "incomplete"  #: A file is missing or of another size, or the lock lacks one.
    UNVERIFIED = "unverified"  #: A file has changed since it was last read through.


@dataclass(frozen=True, kw_only=True)
class _Look:
    """What was found where the lock names a file."""

    name: str
    path: Path
    locked: LockedFile
    is_there: bool  #: With the size of the lock.
    is_known: bool  #: And read through since it last changed.


def checkpoints(models_dir: Path, specs: Iterable[ModelSpec]) -> Mapping[Task, Checkpoint]:
    """Find the models on disk, by task.

    Quick where nothing has changed: a file is read through only if it was written to since it last
    was, and the outcome is remembered where the folder allows it.

    Raises:
        ModelsMissing: one was not fetched, or a file of it is missing or altered; says which
            command mends it.
    """
    wanted = tuple(specs)
    lock = read_lock(models_dir)
    absent = [spec for spec in wanted if spec.repository not in lock]
    if absent:
        names = ", ".join(spec.repository for spec in absent)
        raise ModelsMissing(
            f"{names}: not in {models_dir}; run `{pull_command(models_dir, wanted)}`"
        )
    return {
        spec.task: _checkpoint(models_dir, spec, lock[spec.repository], among=wanted)
        for spec in wanted
    }


def state_of(models_dir: Path, spec: ModelSpec) -> State:
    """Tell how a model lies on disk, without reading it through."""
    model = read_lock(models_dir).get(spec.repository)
    if model is None:
        return State.NOT_PULLED
    looks = _look(models_dir, spec, model)
    if spec.lacks(model.files) or not all(look.is_there for look in looks):
        return State.INCOMPLETE
    return State.READY if all(look.is_known for look in looks) else State.UNVERIFIED


def verify(
    models_dir: Path, spec: ModelSpec, *, on_bytes: Callable[[int], None] = lambda _count: None
) -> list[str]:
    """Read a model through; list the files whose bytes are not those of the lock.

    Args:
        models_dir: the folder of weights.
        spec: the model.
        on_bytes: hears of each part that was read.

    Returns:
        Paths below the models folder; none: all is well. The model's own, if it was not fetched.

    Raises:
        ModelsMissing: the lock cannot be read, or leads out of the folder.
    """
    model = read_lock(models_dir).get(spec.repository)
    if model is None:
        return [spec.repository]
    bad, fresh = _read_through(_look(models_dir, spec, model), on_bytes)
    stamps.remember(models_dir, {f"{spec.repository}/{name}": new for name, new in fresh.items()})
    return [f"{spec.repository}/{name}" for name in sorted({*bad, *spec.lacks(model.files)})]


def altered(models_dir: Path, spec: ModelSpec, model: LockedModel) -> list[str]:
    """List the files of a model that are missing or altered, reading only what has changed."""
    looks = _look(models_dir, spec, model)
    gone = [look.name for look in looks if not look.is_there]
    if gone:
        return gone
    bad, fresh = _read_through([look for look in looks if not look.is_known])
    if fresh:
        named = {f"{spec.repository}/{name}": new for name, new in fresh.items()}
        stamps.remember(models_dir, named)
    return bad


def pull_command(models_dir: Path, specs: Iterable[ModelSpec] = ()) -> str:
    """Write the command that fetches models into a folder."""
    claps = [s.repository for s in specs if s.task is Task.MUSIC and s != CLAP_MUSIC]
    chosen = ["--clap", claps[0]] if claps else []
    return shlex.join(["sightsong", "models", "pull", *chosen, "--models-dir", str(models_dir)])


def _checkpoint(
    models_dir: Path, spec: ModelSpec, model: LockedModel, *, among: tuple[ModelSpec, ...]
) -> Checkpoint:
    bad = spec.lacks(model.files) or altered(models_dir, spec, model)
    name = spec.weights_among(model.files)
    if bad or name is None:
        raise ModelsMissing(
            f"{models_dir / spec.repository / bad[0]} is missing or altered; run "
            f"`{mending(models_dir, model, among)}`"
        )
    return Checkpoint(
        spec=spec,
        folder=models_dir / spec.repository,
        revision=model.revision,
        weights_name=name,
    )


def mending(models_dir: Path, model: LockedModel, specs: Iterable[ModelSpec]) -> str:
    """Write the command that mends a model: from the hub, or from where it once came."""
    command = pull_command(models_dir, specs)
    return command if len(model.revision) == COMMIT_LETTERS else f"{command} --from DIR"


def _look(models_dir: Path, spec: ModelSpec, model: LockedModel) -> list[_Look]:
    known = stamps.read(models_dir)
    looks = []
    for name, locked in model.files.items():
        path = inside(models_dir, spec.repository, name)
        is_there = path.is_file() and path.stat().st_size == locked.size_bytes
        is_known = is_there and known.get(f"{spec.repository}/{name}") == stamps.stamp(
            path, locked.sha256
        )
        looks.append(
            _Look(name=name, path=path, locked=locked, is_there=is_there, is_known=is_known)
        )
    return looks


def _read_through(
    looks: Iterable[_Look], on_bytes: Callable[[int], None] = lambda _count: None
) -> tuple[list[str], dict[str, stamps.Stamp]]:
    """Digest files: the names of those that are not what they were, and stamps of the others."""
    bad, fresh = [], {}
    for look in looks:
        # Before the digest: what is written to while we read must not pass for read.
        before = stamps.stamp(look.path, look.locked.sha256) if look.is_there else None
        if before is None or _digest(look.path, on_bytes) != look.locked.sha256:
            bad.append(look.name)
        else:
            fresh[look.name] = before
    return bad, fresh


def _digest(path: Path, on_bytes: Callable[[int], None]) -> str:
    try:
        return stamps.digest(path, on_bytes)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ModelsMissing(f"{path} cannot be read ({reason})") from error

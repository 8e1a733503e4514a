"""Fetching models into a models folder, so that it can be stopped and taken up at any moment.

Files arrive in `.pull/REPOSITORY/REVISION`, are checked there, and move into place together; the
lock is written after each model. What `models.lock` already names is fetched at that revision and
must have its digests, unless an update is asked for.
"""

import contextlib
import errno
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sightsong.adapters import disk
from sightsong.adapters.weights import holding, plans, staging, stamps
from sightsong.adapters.weights.checking import altered
from sightsong.adapters.weights.lock import LockedFile, LockedModel, read_lock, write_lock
from sightsong.adapters.weights.places import inside
from sightsong.adapters.weights.plans import STAGING, Plan
from sightsong.adapters.weights.sources import PullFailed, Source, Watcher
from sightsong.core.catalogue import ModelSpec
from sightsong.core.errors import ModelsMissing


@dataclass(frozen=True, kw_only=True)
class Pulled:
    """What became of one model."""

    repository: str
    revision: str
    was_there: bool  #: All of it: nothing was fetched.
    converted: bool = False  #: From pickled weights.


def pull(
    models_dir: Path,
    specs: Sequence[ModelSpec],
    source: Source,
    *,
    watcher: Watcher,
    update: bool = False,
) -> Iterator[Pulled]:
    """Fetch models, one after the other; what is there and right is left alone.

    Args:
        models_dir: the folder of weights; made if it is not there.
        specs: the models.
        source: where they come from.
        watcher: hears how it goes.
        update: take what the source has now, whatever the lock says.

    Yields:
        What became of each model, when its lock is written.

    Raises:
        PullFailed: a model cannot be had, or is not what the lock says; those before it are there.
        ModelsMissing: the lock cannot be used.
    """
    with _explained(models_dir), _alone(models_dir):
        for spec in specs:
            yield _pull_one(models_dir, spec, source, watcher=watcher, update=update)


def _pull_one(
    models_dir: Path, spec: ModelSpec, source: Source, *, watcher: Watcher, update: bool
) -> Pulled:
    before = read_lock(models_dir).get(spec.repository)
    if before is not None and not update and not _amiss(models_dir, spec, before):
        return Pulled(repository=spec.repository, revision=before.revision, was_there=True)
    plan = plans.make(models_dir, spec, source, before=before, update=update)
    there = plans.kept(plan, watcher)
    missing = [name for name in plan.names if name not in there]
    staging.check_room(plan, missing)
    plan.staging.mkdir(parents=True, exist_ok=True)
    files = {**there, **{name: staging.fetch(plan, source, name, watcher) for name in missing}}
    files = {plans.own_name(spec, name): file for name, file in files.items()}
    plans.check_pinned(plan, files)
    _install(plan, files)
    return Pulled(
        repository=spec.repository,
        revision=plan.revision,
        was_there=not missing,
        converted=spec.pickled in missing,
    )


def _amiss(models_dir: Path, spec: ModelSpec, model: LockedModel) -> list[str]:
    return spec.lacks(model.files) or altered(models_dir, spec, model)


def _install(plan: Plan, files: Mapping[str, LockedFile]) -> None:
    """Move what has arrived into place, write the lock, and sweep."""
    plan.folder.mkdir(parents=True, exist_ok=True)
    for name in files:
        if (plan.staging / name).is_file():
            disk.sync(plan.staging / name)
            (plan.staging / name).replace(inside(plan.models_dir, plan.spec.repository, name))
    for name in set(plan.before.files if plan.before else ()) - set(files):
        inside(plan.models_dir, plan.spec.repository, name).unlink(missing_ok=True)
    locked = LockedModel(revision=plan.revision, files=files)
    write_lock(plan.models_dir, {**read_lock(plan.models_dir), plan.spec.repository: locked})
    fresh = {
        f"{plan.spec.repository}/{name}": stamps.stamp(plan.folder / name, file.sha256)
        for name, file in files.items()
    }
    stamps.remember(plan.models_dir, fresh)
    shutil.rmtree(plan.models_dir / STAGING / plan.spec.repository, ignore_errors=True)


@contextlib.contextmanager
def _alone(models_dir: Path) -> Iterator[None]:
    """Hold the folder for this pull."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(holding.held(models_dir / STAGING))
        except BlockingIOError as error:
            raise PullFailed(f"another pull is at work in {models_dir}") from error
        yield


@contextlib.contextmanager
def _explained(models_dir: Path) -> Iterator[None]:
    """Say in our words what the disk has to say."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise PullFailed(
                f"the disk of {models_dir} is full; make room and pull again: it goes on"
            ) from error
        reason = (error.strerror or str(error)).lower()
        raise ModelsMissing(
            f"cannot write to {models_dir} ({reason}); choose another folder with --models-dir"
        ) from error

"""Bringing the files of a plan into its staging folder: whole, checked, and as safetensors."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from sightsong.adapters.weights import stamps
from sightsong.adapters.weights.converting import ConversionRefused, convert
from sightsong.adapters.weights.lock import LockedFile
from sightsong.adapters.weights.plans import Plan, own_name
from sightsong.adapters.weights.sources import Offered, PullFailed, Source, Watcher

#: Disk that a pull leaves free.
_SPARE_BYTES = 64 * 1024**2
_MIB = 1024**2


def check_room(plan: Plan, missing: Sequence[str]) -> None:
    """See that the disk will hold what is still to come.

    Raises:
        PullFailed: it will not.
    """
    need = _SPARE_BYTES
    for name in missing:
        size = plan.offer.files[name].size_bytes
        have = sum(path.stat().st_size for path in plan.stages(name) if path.is_file())
        need += max(size - have, 0) + (size if name == plan.spec.pickled else 0)
    free = shutil.disk_usage(plan.models_dir).free
    if need > free:
        raise PullFailed(
            f"{plan.spec.repository} needs {need // _MIB:,} MiB in {plan.models_dir}, where "
            f"{free // _MIB:,} MiB are free; make room, or choose another folder with --models-dir"
        )


def fetch(plan: Plan, source: Source, name: str, watcher: Watcher) -> LockedFile:
    """Bring a file into the staging folder, and make safetensors of it where it is pickled."""
    file = _arrived(plan, source, name, watcher)
    own = own_name(plan.spec, name)
    if own == name:
        return file
    pickled, target = plan.staging / name, plan.staging / own
    part = target.with_name(f"{own}.part")
    watcher.begin(plan.label(name, "converting"), size_bytes=0)
    try:
        convert(pickled, part)
    except ConversionRefused as refusal:
        pickled.unlink()
        raise ConversionRefused(f"{plan.spec.repository}: {refusal.detail}") from refusal
    part.replace(target)
    return LockedFile(
        sha256=stamps.digest(target), size_bytes=target.stat().st_size, made_from=file.sha256
    )


def _arrived(plan: Plan, source: Source, name: str, watcher: Watcher) -> LockedFile:
    """Fetch a file until its digest is right: what went on from a bad part begins anew, once."""
    part, whole = plan.stages(name)
    offered = plan.offer.files[name]
    for is_last in (False, True):
        if not whole.is_file():
            have = part.stat().st_size if part.is_file() else 0
            watcher.begin(plan.label(name), size_bytes=offered.size_bytes, done_bytes=have)
            source.fetch(
                plan.spec, name, part, revision=plan.offer.revision, on_bytes=watcher.advance
            )
            part.replace(whole)
        file = _seen(whole, offered)
        if offered.is_like(whole, file.sha256):
            return file
        whole.unlink()
        if is_last:
            break
    raise PullFailed(
        f"{name} of {plan.spec.repository} does not arrive as it was sent; try again later"
    )


def _seen(path: Path, offered: Offered) -> LockedFile:
    return LockedFile(
        sha256=stamps.digest(path), size_bytes=path.stat().st_size, made_from=offered.made_from
    )

"""What one pull of one model is to bring, and what of it is there already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sightsong.adapters.weights import stamps
from sightsong.adapters.weights.lock import LockedFile, LockedModel
from sightsong.adapters.weights.places import inside, is_revision
from sightsong.adapters.weights.sources import Offer, PullFailed, Source, Watcher
from sightsong.core.catalogue import ModelSpec
from sightsong.core.errors import ModelsMissing

#: Where a pull keeps what it has not finished; gone when there is nothing left to do.
STAGING = ".pull"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One model of one pull."""

    models_dir: Path
    spec: ModelSpec
    offer: Offer
    revision: str  #: What the lock will say.
    names: tuple[str, ...]  #: Needed, by their names at the source.
    pinned: LockedModel | None  #: What the files must be; None: as the source says.
    before: LockedModel | None  #: What the lock says now.

    @property
    def folder(self) -> Path:
        """Where the model's files belong."""
        return self.models_dir / self.spec.repository

    @property
    def staging(self) -> Path:
        """Where they wait until all are there."""
        return inside(self.models_dir, STAGING, f"{self.spec.repository}/{self.offer.revision}")

    def stages(self, name: str) -> tuple[Path, Path]:
        """Where a file lies while it arrives, and when it has."""
        return self.staging / f"{name}.part", self.staging / name

    def label(self, name: str, verb: str = "fetching") -> str:
        """Say what is being done, for a person who watches."""
        return f"{verb} {self.spec.repository.rpartition('/')[2]}: {name}"


def make(
    models_dir: Path,
    spec: ModelSpec,
    source: Source,
    *,
    before: LockedModel | None,
    update: bool,
) -> Plan:
    """Ask the source, and see that it has what is needed, of the revision that is wanted.

    Raises:
        PullFailed: it has not.
        ModelsMissing: it names a revision or a file that would lie outside of the models folder.
    """
    pinned = None if update else before
    offer = source.offer(spec, pinned.revision if pinned else spec.revision)
    if not is_revision(offer.revision):
        raise ModelsMissing(
            f"the source names {offer.revision!r} for {spec.repository}, which is no revision; "
            "pull from another source"
        )
    names = spec.needed_among(offer.files)
    for name in names:
        inside(models_dir, spec.repository, name)
    lacking = spec.lacks([own_name(spec, name) for name in names])
    if lacking:
        raise PullFailed(
            f"{spec.repository} at {offer.revision} does not have {', '.join(lacking)}"
        )
    return Plan(
        models_dir=models_dir,
        spec=spec,
        offer=offer,
        revision=_revision(spec, offer, names, pinned=pinned),
        names=names,
        pinned=pinned,
        before=before,
    )


def own_name(spec: ModelSpec, name: str) -> str:
    """Name a file as it will lie in our folder: pickled weights are converted."""
    return spec.weights if name == spec.pickled else name


def _revision(
    spec: ModelSpec, offer: Offer, names: Sequence[str], *, pinned: LockedModel | None
) -> str:
    """The revision that is offered; or the locked one, if its files are just those."""
    if pinned is None or offer.revision == pinned.revision:
        return offer.revision
    if _is_same(offer, names, pinned):
        return pinned.revision
    raise PullFailed(
        f"models.lock wants {spec.repository} at {pinned.revision}, the source has "
        f"{offer.revision}; take it anyway with --update"
    )


def _is_same(offer: Offer, names: Sequence[str], pinned: LockedModel) -> bool:
    """Whether files of a mirror without a lock are just those of ours."""
    offered = {offer.files[name].sha256 for name in names}
    locked = {file.made_from or file.sha256 for file in pinned.files.values()}
    return offered == locked or offered == {file.sha256 for file in pinned.files.values()}


def kept(plan: Plan, watcher: Watcher) -> dict[str, LockedFile]:
    """Find what is in place and right already, by names at the source."""
    right = {}
    for name in plan.names:
        own = own_name(plan.spec, name)
        path = inside(plan.models_dir, plan.spec.repository, own)
        before = plan.before.files.get(own) if plan.before else None
        if not path.is_file() or (own != name and before is None):
            continue
        size = path.stat().st_size
        watcher.begin(plan.label(own, "checking"), size_bytes=size)
        file = LockedFile(sha256=stamps.digest(path, watcher.advance), size_bytes=size)
        if own != name and before is not None:
            is_right = file.sha256 == before.sha256 and before.made_from == _sha(plan, name)
            file = before
        else:
            is_right = plan.offer.files[name].is_like(path, file.sha256)
        if is_right:
            right[name] = file
    return right


def _sha(plan: Plan, name: str) -> str | None:
    return plan.offer.files[name].sha256


def check_pinned(plan: Plan, files: Mapping[str, LockedFile]) -> None:
    """See that everything is what the lock said before.

    Raises:
        PullFailed: something is not; nothing was changed.
    """
    if plan.pinned is None:
        return
    for name, locked in plan.pinned.files.items():
        file = files.get(name)
        # The same pickle may be written in another order by another release of safetensors.
        is_same_pickle = file and file.made_from and file.made_from == locked.made_from
        if file is None or (file.sha256 != locked.sha256 and not is_same_pickle):
            raise PullFailed(
                f"{name} of {plan.spec.repository} is not the file that models.lock names; "
                "take it anyway with --update"
            )

"""What is true of this installation: settings, libraries, weights; and how the models answer."""

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from sightsong.adapters import weights
from sightsong.adapters.settings import Settings
from sightsong.core import catalogue
from sightsong.core.errors import ConfigurationError, SightsongError
from sightsong.core.verdicts import Outcome, Verdict
from sightsong.local import ground
from sightsong.local.service import environment

#: Two gigabytes from a slow disk, and a few passes on two slow cores.
_LIMIT_S = 900.0
#: To start Python, on a machine that is busy with other things.
_CONFINED_LIMIT_S = 30.0
#: Packages whose versions are told.
_LIBRARIES = (*ground.FULL_NEEDS, "huggingface-hub", ground.ONNXRUNTIME)


class CheckupFailed(SightsongError):
    """The models could not be looked at."""

    code = "checkup_failed"


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is set and what is there; nothing of it is run."""

    mode: str  #: `embedded` or `servers`.
    database: str  #: URL, without its password.
    broker: str  #: URL, without its password.
    data_dir: str
    free_disk_bytes: int
    exposure: str | None  #: Who else on this machine can read the data; says what to do.
    #: What is taken away from the processes that read strangers' files; None: they do not start.
    confinement: dict[str, bool] | None
    profile: str
    sightsong: str
    python: str
    libraries: dict[str, str | None]  #: Version of each; None: not installed.
    models_dir: str
    models: dict[str, str]  #: State of each model that the full profile needs.
    classifier: (
        str | None
    )  #: The user's own emotion classifier, and what runs it; None: there is none.
    hindrance: str | None  #: Why the profile cannot run here; says what to do.


@dataclass(frozen=True, kw_only=True)
class Checkup:
    """How a profile's models answer."""

    device: str  #: And the precision, as they are really used.
    models: tuple[str, ...]  #: `id@revision`.
    verdicts: tuple[Verdict, ...]

    @property
    def is_good(self) -> bool:
        """Whether every check came out well."""
        return all(verdict.outcome.is_good for verdict in self.verdicts)


def facts(settings: Settings) -> Facts:
    """Gather what can be known without starting anything."""
    is_embedded = not settings.database_url and not settings.broker_url
    wanted = catalogue.full_models(settings.clap)
    return Facts(
        mode="embedded" if is_embedded else "servers",
        database=ground.without_password(settings.database),
        broker=ground.without_password(settings.broker),
        data_dir=str(settings.data_dir),
        free_disk_bytes=shutil.disk_usage(_nearest(settings.data_dir)).free,
        exposure=ground.exposure(settings.data_dir),
        confinement=_confinement(),
        profile=settings.profile,
        sightsong=metadata.version("sightsong"),
        python=platform.python_version(),
        libraries={name: _version(name) for name in _LIBRARIES},
        models_dir=str(settings.models),
        models=_states(settings.models, wanted),
        classifier=_classifier(settings),
        hindrance=_hindrance(settings),
    )


def checkup(settings: Settings) -> Checkup:
    """Run canonical inputs through the models of the profile, in a process of its own.

    Raises:
        CheckupFailed: the models cannot be loaded, or one fails.
    """
    command = (sys.executable, "-P", "-m", "workers.checkup")
    # Handed on, not read: the child finds PATH, HOME and its other settings in it.
    env = {**os.environ, **environment(settings)}  # noqa: TID251
    try:
        ended = subprocess.run(  # noqa: S603 - our own interpreter and module
            command, check=False, capture_output=True, text=True, timeout=_LIMIT_S, env=env
        )
    except subprocess.TimeoutExpired as error:
        raise CheckupFailed(f"the models took more than {_LIMIT_S:g} s") from error
    if ended.returncode != 0:
        told = ended.stderr.strip().splitlines() or [f"it ended with {ended.returncode}"]
        raise CheckupFailed(f"the models cannot be run: {told[-1]}")
    return _read(ended.stdout.splitlines())


def _read(lines: Sequence[str]) -> Checkup:
    head, *rest = (json.loads(line) for line in lines)
    verdicts = tuple(
        Verdict(**{**record, "outcome": Outcome(record["outcome"])}) for record in rest
    )
    return Checkup(device=head["device"], models=tuple(head["models"]), verdicts=verdicts)


def _confinement() -> dict[str, bool] | None:
    """Have a process try it on itself."""
    command = (sys.executable, "-P", "-m", "sightsong.adapters.confinement")
    try:
        ended = subprocess.run(  # noqa: S603 - our own interpreter and module
            command, check=True, capture_output=True, timeout=_CONFINED_LIMIT_S
        )
    except (subprocess.SubprocessError, OSError):
        return None
    held: dict[str, bool] = json.loads(ended.stdout)
    return held


def _hindrance(settings: Settings) -> str | None:
    try:
        ground.check_profile(settings)
    except ConfigurationError as error:
        return error.detail
    return None


def _states(models_dir: Path, specs: Sequence[catalogue.ModelSpec]) -> dict[str, str]:
    try:
        return {spec.repository: weights.state_of(models_dir, spec).value for spec in specs}
    except ConfigurationError:
        return {spec.repository: "unreadable" for spec in specs}


def _classifier(settings: Settings) -> str | None:
    """Tell which classifier of the user's own reads emotions, or that it cannot."""
    try:
        own = weights.classifier_of(settings)
    except ConfigurationError:
        return f"{settings.emotion_checkpoint}: cannot be used"
    return None if own is None else f"{own.weights}: {own.kind}, run by {own.runtime}"


def _version(library: str) -> str | None:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return None


def _nearest(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next(path for path in (folder, *folder.resolve().parents) if path.is_dir())

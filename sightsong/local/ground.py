"""What must hold before a local service starts: a folder of its own, a free port, a profile."""

import contextlib
import errno
import fcntl
import importlib.util
import re
import shlex
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

from sightsong.adapters import weights
from sightsong.adapters.disk import private_folder
from sightsong.adapters.settings import Settings
from sightsong.core import catalogue
from sightsong.core.errors import ConfigurationError, ModelsMissing

_LOCK = "up.lock"
_PASSWORD = re.compile(r"(://[^:@/]*):[^@/]*@")
#: Packages of the full profile, and the modules that they bring.
FULL_NEEDS = {
    "torch": "torch",
    "transformers": "transformers",
    "safetensors": "safetensors",
    "opencv-python-headless": "cv2",
}

#: What runs emotion classifiers that are kept as ONNX: package and module have one name.
ONNXRUNTIME = "onnxruntime"


def prepare_folder(folder: Path) -> None:
    """Make the data folder, and see that it can be written to.

    Raises:
        ConfigurationError: it cannot be made or written to.
    """
    try:
        private_folder(folder)
        (folder / "logs").mkdir(exist_ok=True)
        probe = folder / ".writable"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigurationError(
            f"cannot write to the data folder {folder} ({reason}); choose another with --data"
        ) from error


def exposure(folder: Path) -> str | None:
    """Say who else on this machine can read a data folder, and how to end that; None: nobody."""
    others = stat.S_IRWXG | stat.S_IRWXO
    if not folder.is_dir() or not folder.stat().st_mode & others:
        return None
    return (
        "other users of this machine may read it (photos, answers, digests of keys): run "
        f"chmod 700 {shlex.quote(str(folder))}"
    )


def without_password(url: str) -> str:
    """Show a URL of a database or a broker."""
    return _PASSWORD.sub(r"\1:***@", url)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a data folder for one service; the kernel lets go when this process ends, however.

    Raises:
        ConfigurationError: another service holds it.
    """
    with (folder / _LOCK).open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigurationError(
                f"a service is already running on {folder}; stop it or choose another with --data"
            ) from error
        yield


def check_port(host: str, port: int) -> None:
    """See that the service will be able to listen.

    Raises:
        ConfigurationError: the port is taken, or the host is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConfigurationError(_why_no_port(host, port, error)) from error


def check_profile(settings: Settings) -> None:
    """See that the profile can run here: nothing falls back silently.

    Raises:
        ConfigurationError: it cannot; says which commands make it so, in order.
    """
    if settings.profile == "full":
        _check_full(settings)
    own = weights.classifier_of(settings)
    if own is not None and own.runtime is weights.Runtime.ONNX and not has_onnxruntime():
        raise ConfigurationError(
            f"{own.folder} is to run as ONNX, which needs onnxruntime; run "
            "`.venv/bin/pip install onnxruntime`"
        )


def _check_full(settings: Settings) -> None:
    absent = absent_libraries()
    try:
        weights.checkpoints(settings.models, catalogue.full_models(settings.clap))
    except ModelsMissing as error:
        if absent:
            raise ConfigurationError(_first_install(absent, then=error.detail)) from error
        raise
    if absent:
        raise ConfigurationError(_first_install(absent))


def absent_libraries() -> list[str]:
    """List what the full profile needs and this installation lacks."""
    return [name for name, module in FULL_NEEDS.items() if importlib.util.find_spec(module) is None]


def has_onnxruntime() -> bool:
    """Whether there is what runs ONNX classifiers."""
    return importlib.util.find_spec(ONNXRUNTIME) is not None


def _first_install(absent: list[str], *, then: str = "") -> str:
    first = f"the full profile needs {', '.join(absent)}; run `./run install full`"
    return f"{first}\nthen its weights: {then}" if then else first


def _why_no_port(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is taken; choose another with --port"
    if error.errno == errno.EACCES:
        return f"port {port} needs more rights than you have; choose another with --port"
    return f"cannot listen on {host} port {port}: {(error.strerror or str(error)).lower()}"

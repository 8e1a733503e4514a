"""The whole service on this machine: api, worker and indexer on one data folder."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sightsong.adapters.settings import Settings
from sightsong.adapters.store import migrate
from sightsong.client import Client, ReadinessView, ServiceUnreachable, UnexpectedResponse
from sightsong.local import ground
from sightsong.local.child import ChildSpec, tail
from sightsong.local.interrupts import interruptible
from sightsong.local.supervisor import Policy, ServiceFailed, Supervisor, nothing

#: Name as users read it, and the module that is its door.
_DOORS = (("api", "api"), ("worker", "workers"), ("indexer", "indexer"))
#: Checks of `/readyz` that must be fine before a user's work is taken.
_NEEDED = ("workers", "indexer")
_AMISS = ("degraded", "unready")
#: How long the supervisor waits beyond the grace that the processes give themselves.
_GRACE_MARGIN_S = 5.0
_LOOK_S = 0.2


@dataclass(frozen=True, kw_only=True)
class Service:
    """A local service that is running."""

    base_url: str
    data_dir: Path
    profile: str
    supervisor: Supervisor
    children: tuple[ChildSpec, ...]

    @property
    def logs_dir(self) -> Path:
        """Where the processes write their logs."""
        return self.data_dir / "logs"

    def wait_until_ready(self, client: Client, *, timeout_s: float) -> None:
        """Wait until the service takes and does work.

        Raises:
            ServiceFailed: a process cannot be kept running, or the time has passed.
        """
        end = time.monotonic() + timeout_s
        while not is_at_work(look := _look(client)):
            if time.monotonic() >= end:
                raise ServiceFailed(_why_not_ready(look, self.children, timeout_s))
            self.supervisor.wait(_LOOK_S)


@contextlib.contextmanager
def running(
    settings: Settings,
    *,
    tell: Callable[[str], None],
    children: Sequence[ChildSpec] | None = None,
    check: Callable[[], None] = nothing,
) -> Iterator[Service]:
    """Start the service, and end all of it when the block ends.

    Args:
        settings: of the service.
        tell: called with a line for the user, from any thread.
        children: other processes than the three of the service.
        check: called each second while somebody waits for the service.

    Raises:
        ConfigurationError: the profile, the data folder or the port cannot be used.
        StoreUnavailable: the database does not answer.
    """
    ground.check_profile(settings)
    ground.prepare_folder(settings.data_dir)
    with ground.locked(settings.data_dir):
        ground.check_port(settings.host, settings.port)
        migrate.upgrade(settings.database)
        specs = tuple(children if children is not None else doors(settings))
        policy = Policy(grace_s=settings.grace_s + _GRACE_MARGIN_S)
        supervisor = Supervisor(specs, policy=policy, tell=tell, check=check)
        try:
            with supervisor:
                yield Service(
                    base_url=base_url(settings),
                    data_dir=settings.data_dir,
                    profile=settings.profile,
                    supervisor=supervisor,
                    children=specs,
                )
        finally:
            tell("stopped")


@contextlib.contextmanager
def foreground(
    settings: Settings,
    *,
    tell: Callable[[str], None],
    children: Sequence[ChildSpec] | None = None,
) -> Iterator[Service]:
    """Like `running`, ended by Ctrl-C or SIGTERM: in order at the first, at once at the second.

    Raises:
        Interrupted: one of them came; the service has ended.
    """
    started: list[Supervisor] = []

    def kill() -> None:
        for supervisor in started:
            supervisor.kill()

    with (
        interruptible(kill) as wish,
        running(settings, tell=tell, children=children, check=wish.check) as service,
    ):
        started.append(service.supervisor)
        yield service


def environment(settings: Settings) -> dict[str, str]:
    """Write down for a child what the user may have given on the command line."""
    return {
        "SIGHTSONG_DATA_DIR": str(settings.data_dir.resolve()),
        "SIGHTSONG_HOST": settings.host,
        "SIGHTSONG_PORT": str(settings.port),
        "SIGHTSONG_AUTH": settings.auth,
        "SIGHTSONG_PROFILE": settings.profile,
        "SIGHTSONG_MODELS_DIR": str(settings.models.resolve()),
        "SIGHTSONG_DEVICE": settings.device,
    }


def doors(settings: Settings) -> list[ChildSpec]:
    """List the three processes with the settings that the user may have given on the way in."""
    env = environment(settings)
    return [
        ChildSpec(
            name=name,
            # -P: a folder called `api` where the user happens to be must not be run instead.
            command=(sys.executable, "-P", "-m", module),
            log=settings.data_dir / "logs" / f"{name}.log",
            env=env,
        )
        for name, module in _DOORS
    ]


def base_url(settings: Settings) -> str:
    """The address at which this machine reaches the service."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - named, not bound
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"


def is_at_work(readiness: ReadinessView | None) -> bool:
    """Whether a worker and an indexer are there. An index need not be: it comes with music."""
    if readiness is None:
        return False
    checks = readiness["checks"]
    return all(name in checks and checks[name]["status"] not in _AMISS for name in _NEEDED)


def _look(client: Client) -> ReadinessView | None:
    try:
        return client.ready()
    except (ServiceUnreachable, UnexpectedResponse):
        return None


def _why_not_ready(
    readiness: ReadinessView | None, children: Sequence[ChildSpec], timeout_s: float
) -> str:
    lacking = (
        ["the api does not answer"]
        if readiness is None
        else [f"{name}: {check['detail']}" for name, check in readiness["checks"].items()]
    )
    ends = [f"The end of {spec.log}:\n{tail(spec.log, lines=8)}" for spec in children]
    return "\n".join([f"not ready after {timeout_s:g} s", *lacking, *ends])

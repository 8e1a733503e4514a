"""What `up` and `demo` share: settings from options, a service in the foreground, its address."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import typer

from sightsong.adapters import settings, weights
from sightsong.cli import session
from sightsong.cli.screen import Screen
from sightsong.client import Client, ClientError
from sightsong.core import catalogue
from sightsong.local import service

#: Imports of three processes on a slow, busy machine; usually it is a few seconds. The full
#: profile reads 2 GB of weights, from a slow disk perhaps.
_START_S = {"lite": 90.0, "full": 600.0}


@dataclass(frozen=True, kw_only=True)
class Hosted:
    """A local service that is ready, and a client of it."""

    service: service.Service
    client: Client


def chosen_settings(
    *,
    data: Path | None,
    port: int | None = None,
    profile: str | None = None,
    models_dir: Path | None = None,
    device: str | None = None,
    is_private: bool = False,
) -> settings.Settings:
    """Read the settings; what was given on the command line wins.

    One that is private is for this machine alone, and then asks for no key, whatever is set.

    Raises:
        ConfigurationError: a value cannot work.
    """
    given = {
        "data_dir": data,
        "port": port,
        "profile": profile,
        "models_dir": models_dir,
        "device": device,
        "host": "127.0.0.1" if is_private else None,
        "auth": "off" if is_private else None,
    }
    return settings.load(**{name: value for name, value in given.items() if value is not None})


@contextlib.contextmanager
def hosted(ctx: typer.Context, screen: Screen, chosen: settings.Settings) -> Iterator[Hosted]:
    """Run the service during the block, ready from its first line on.

    Raises:
        ServiceFailed: it cannot be started, or not be kept running.
    """
    children = session.world(ctx).children
    with contextlib.ExitStack() as stack:
        running = stack.enter_context(
            service.foreground(chosen, tell=screen.say, children=children)
        )
        client = stack.enter_context(session.connect(ctx, running.base_url))
        screen.say(profile_line(chosen))
        with screen.busy(f"starting the service (logs: {running.logs_dir})"):
            running.wait_until_ready(client, timeout_s=_START_S[chosen.profile])
        try:
            yield Hosted(service=running, client=client)
        except ClientError:
            running.supervisor.wait(0)  # a process that gave up explains more than its silence
            raise


def profile_line(chosen: settings.Settings) -> str:
    """Say which models run, and how to get the others."""
    if chosen.profile == "lite":
        return (
            "profile lite: small built-in models, coarse and fast; for the published ones "
            "run `./run install full` and `sightsong models pull`, then add --profile full"
        )
    locked = weights.read_lock(chosen.models).values()
    is_random = any(model.revision == catalogue.RANDOM for model in locked)
    warning = "; these weights are random: the answers mean nothing" if is_random else ""
    return f"profile full: weights in {chosen.models}, device {chosen.device}{warning}"


def stay(screen: Screen, running: service.Service) -> None:
    """Say where the service is, and keep it running until Ctrl-C.

    Raises:
        ServiceFailed: a process cannot be kept running.
    """
    screen.show(f"Sightsong is at {running.base_url} (API: {running.base_url}/docs)")
    screen.show(f"data: {running.data_dir}   stop with Ctrl-C")
    running.supervisor.wait()

"""What a command acts in: how it reaches a service, and how its errors become exit statuses."""

import functools
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ParamSpec

import httpx
import typer

from sightsong.cli import config
from sightsong.cli.screen import note
from sightsong.client import (
    DEFAULT_URL,
    Client,
    ClientError,
    Patience,
    ProblemResponse,
    ServiceUnreachable,
)
from sightsong.core.errors import ConfigurationError, InputError, SightsongError
from sightsong.local.child import ChildSpec
from sightsong.local.interrupts import Interrupted

_P = ParamSpec("_P")

FAILED = 1
USAGE = 2
UNREACHABLE = 3
REFUSED = 4


@dataclass(frozen=True, kw_only=True)
class World:
    """Everything outside the command line; tests pass another."""

    transport: httpx.BaseTransport | None = None  #: None: the network.
    patience: Patience = field(default_factory=Patience)
    children: tuple[ChildSpec, ...] | None = None  #: None: the processes of the service.
    hub: str | None = None  #: Address of a hub of models; None: the public one.

    def connect(self, base_url: str) -> Client:
        """Open a client of the service at an address."""
        return Client(base_url, transport=self.transport, patience=self.patience)


def connect(ctx: typer.Context, base_url: str) -> Client:
    """Open a client in the world that the command was started in.

    Where `--server` was not said, nor its variable set, the address is that of the config file.

    Raises:
        ConfigurationError: that file is broken, or what was said is no address.
    """
    source = ctx.get_parameter_source("server")
    if source is not None and source.name == "DEFAULT":
        base_url = config.read(config.location()).server or base_url
    elif source is not None and not config.is_address(base_url):
        said = "SIGHTSONG_SERVER" if source.name == "ENVIRONMENT" else "--server"
        raise ConfigurationError(
            f"{said} is to be an address, such as {DEFAULT_URL}; {base_url!r} is none"
        )
    return world(ctx).connect(base_url)


def world(ctx: typer.Context) -> World:
    """The world that the command was started in."""
    return ctx.obj if isinstance(ctx.obj, World) else World()


def reported(command: Callable[_P, None]) -> Callable[_P, None]:
    """Wrap a command: errors that users can do something about become a line and a status."""

    @functools.wraps(command)
    def wrapped(*args: _P.args, **kwargs: _P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except (ClientError, SightsongError) as error:
            note(error.detail, style="red")
            raise typer.Exit(status_of(error)) from error
        except Interrupted as asked:
            raise typer.Exit(asked.exit_status) from asked
        except KeyboardInterrupt as asked:
            raise typer.Exit(Interrupted(signal.SIGINT).exit_status) from asked

    return wrapped


def status_of(error: ClientError | SightsongError) -> int:
    """Name the exit status of an error."""
    if isinstance(error, ServiceUnreachable):
        return UNREACHABLE
    if isinstance(error, InputError) or (isinstance(error, ProblemResponse) and error.is_refusal):
        return REFUSED
    return USAGE if isinstance(error, ConfigurationError) else FAILED

"""`keys`: create, list, revoke and rotate them, through the service or in its own database."""

import contextlib
import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Protocol

import typer

from sightsong.adapters import settings
from sightsong.cli import keyring, moments, session
from sightsong.cli.options import DEFAULT_URL, AsJson, DataDir, Server
from sightsong.cli.screen import Screen
from sightsong.client import IssuedKeyView, KeyView

app = typer.Typer(
    help="""Make and revoke the keys of a service.

    A service that listens to other machines needs keys. Whoever has one with the scope admin makes
    more; the first one is made where the service's database is, with --local.""",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


_LONGEST_NAME = 80
_TENANT = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_MOST_REQUESTS = 1_000_000
_MOST_JOBS = 1_000_000_000


class Given(StrEnum):
    """What a key may be given for."""

    JOBS = "jobs"
    LIBRARY = "library"
    ADMIN = "admin"


class Keyring(Protocol):
    """Whatever keys are asked of: a service, or its database."""

    def create_key(
        self,
        name: str,
        *,
        scopes: Sequence[str],
        tenant: str | None = None,
        expires_in_s: float | None = None,
        requests_per_min: int | None = None,
        jobs_per_day: int | None = None,
    ) -> IssuedKeyView:
        """Make a key."""

    def keys(self) -> list[KeyView]:
        """Read all of them."""

    def key(self, key_id: str) -> KeyView:
        """Read one of them."""

    def revoke_key(self, key_id: str) -> None:
        """Let one open nothing from now on."""

    def rotate_key(self, key_id: str, *, overlap_s: float = 0) -> IssuedKeyView:
        """Make one in the place of another."""


def _named(name: str) -> str:
    if not (0 < len(name.strip()) <= _LONGEST_NAME) or not name.isprintable():
        raise typer.BadParameter(f"a key is named with 1 to {_LONGEST_NAME} printable characters")
    return name.strip()


def _tenant(name: str | None) -> str | None:
    if name is not None and not _TENANT.fullmatch(name):
        raise typer.BadParameter("a tenant is named in small letters and digits, also with ._-")
    return name


KeyId = Annotated[str, typer.Argument(metavar="ID", help="As `sightsong keys list` shows.")]
Local = Annotated[
    bool,
    typer.Option(
        "--local",
        help="Work in the service's own database, with no key: the one that "
        "SIGHTSONG_DATABASE_URL names, or else the one in the data folder.",
    ),
]


@app.command()
@session.reported
def create(  # noqa: PLR0913 - one parameter is one option of the command line
    ctx: typer.Context,
    *,
    name: Annotated[str, typer.Argument(metavar="NAME", callback=_named, help="What it is for.")],
    scope: Annotated[
        list[Given] | None,
        typer.Option(
            "--scope",
            metavar="jobs|library|admin",
            help="May be given again. jobs: ask, search and play; library: change the music; "
            "admin: make keys. Left out: jobs; for the first key, made with --local, all three.",
        ),
    ] = None,
    tenant: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            callback=_tenant,
            help="Whose jobs it sees and makes; yours if left out. A new name is a new tenant.",
        ),
    ] = None,
    expires: Annotated[
        int | None,
        typer.Option(
            parser=moments.span_s, metavar="LENGTH", help="Good for so long, for instance 90d."
        ),
    ] = None,
    rate: Annotated[
        int | None,
        typer.Option(min=1, max=_MOST_REQUESTS, metavar="N", help="Most requests in a minute."),
    ] = None,
    per_day: Annotated[
        int | None,
        typer.Option(
            min=1, max=_MOST_JOBS, metavar="N", help="Most photos and texts in a day (UTC)."
        ),
    ] = None,
    local: Local = False,
    data: DataDir = None,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """Make a key. It is printed alone, this once: KEY=$(sightsong keys create app) has it."""
    if expires == 0:
        raise typer.BadParameter("a key that is good for no time opens nothing")
    screen = Screen(as_json=as_json)
    usual = [] if local else [Given.JOBS]  # there it is known whether it is the first one
    with _keyring(ctx, server, local=local, data=data) as keys:
        if isinstance(place := getattr(keys, "place", None), str):
            screen.say(f"the key goes into the database {place}")
        made = keys.create_key(
            name,
            scopes=sorted({one.value for one in scope or usual}),
            tenant=tenant,
            expires_in_s=expires,
            requests_per_min=rate,
            jobs_per_day=per_day,
        )
    keyring.hand_over(screen, made)


@app.command("list")
@session.reported
def listed(
    ctx: typer.Context,
    *,
    local: Local = False,
    data: DataDir = None,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """List the keys, newest first, with how each ends; nobody can see a whole key again."""
    screen = Screen(as_json=as_json)
    with _keyring(ctx, server, local=local, data=data) as keys:
        rows = list(keys.keys())
    screen.show(keyring.keys(rows))
    screen.result(rows)


@app.command("show")
@session.reported
def shown(
    ctx: typer.Context,
    *,
    key_id: KeyId,
    local: Local = False,
    data: DataDir = None,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """Show a key: what it is for, its limits, and how it ends; not the key itself."""
    screen = Screen(as_json=as_json)
    with _keyring(ctx, server, local=local, data=data) as keys:
        found = keys.key(key_id)
    screen.show(keyring.key(found))
    screen.result(found)


@app.command()
@session.reported
def revoke(
    ctx: typer.Context,
    *,
    key_id: KeyId,
    local: Local = False,
    data: DataDir = None,
    server: Server = DEFAULT_URL,
) -> None:
    """Let a key open nothing from now on. What was made with it stays; again is fine."""
    with _keyring(ctx, server, local=local, data=data) as keys:
        keys.revoke_key(key_id)
    Screen(as_json=False).show(f"revoked {key_id}")


@app.command()
@session.reported
def rotate(  # noqa: PLR0913 - one parameter is one option of the command line
    ctx: typer.Context,
    *,
    key_id: KeyId,
    overlap: Annotated[
        int | None,
        typer.Option(
            parser=moments.span_s,
            metavar="LENGTH",
            help="How long the old one is still good, for instance 1h; not at all if left out.",
        ),
    ] = None,
    local: Local = False,
    data: DataDir = None,
    as_json: AsJson = False,
    server: Server = DEFAULT_URL,
) -> None:
    """Make a key in the place of another: of the same name, for the same. It is printed alone."""
    screen = Screen(as_json=as_json)
    with _keyring(ctx, server, local=local, data=data) as keys:
        made = keys.rotate_key(key_id, overlap_s=overlap or 0)
    keyring.hand_over(screen, made, is_rotated=True)


@contextlib.contextmanager
def _keyring(
    ctx: typer.Context, server: str, *, local: bool, data: Path | None
) -> Iterator[Keyring]:
    if not local:
        if data is not None:
            raise typer.BadParameter("--data is the folder of a service; say --local with it")
        with session.connect(ctx, server) as client:
            yield client
        return
    if any(_is_typed(ctx, name) for name in ("server", "key")):
        raise typer.BadParameter("--local asks no service; leave --server and --key out")
    from sightsong.cli import strongbox  # noqa: PLC0415 - half a second that only --local costs

    chosen = settings.load(**({} if data is None else {"data_dir": data}))
    with strongbox.opened(chosen, is_made=ctx.command.name == "create") as keys:
        yield keys


def _is_typed(ctx: typer.Context, name: str) -> bool:
    source = ctx.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"

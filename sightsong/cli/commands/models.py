"""`models list`, `models pull` and `models verify`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from sightsong.adapters import settings, weights
from sightsong.adapters.weights import pulling
from sightsong.adapters.weights.mirror import Mirror
from sightsong.adapters.weights.sources import Source, open_hub
from sightsong.cli import session
from sightsong.cli.fetching import Bar
from sightsong.cli.options import AsJson, Clap, ModelsDir, Profile
from sightsong.cli.screen import Screen
from sightsong.core import catalogue
from sightsong.core.catalogue import ModelSpec

_MIB = 1024**2
_REVISION_SHOWN = 18  # all of a local one, enough of a commit

app = typer.Typer(
    help="List, fetch and check the weights of the full profile.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.command("list")
@session.reported
def listed(models_dir: ModelsDir = None, as_json: AsJson = False) -> None:
    """List the models: what each is for, and whether it is here.

    Nothing is read through: `sightsong models verify` does that.
    """
    screen = Screen(as_json=as_json)
    chosen = _settings(models_dir, None)
    rows = [_row(chosen, spec) for spec in _all_models()]
    screen.show(_table(rows), f"in {chosen.models}; * is what the full profile runs as it is set")
    screen.result(rows)


@app.command()
@session.reported
def pull(  # noqa: PLR0913 - one parameter is one option of the command line
    ctx: typer.Context,
    *,
    profile: Profile = None,
    clap: Clap = None,
    mirror: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="DIR",
            exists=True,
            file_okay=False,
            help="Take them from a folder instead of the hub: no network is touched.",
        ),
    ] = None,
    update: Annotated[
        bool,
        typer.Option("--update", help="Take what is there now, whatever models.lock says."),
    ] = False,
    models_dir: ModelsDir = None,
    as_json: AsJson = False,
) -> None:
    """Fetch the weights of the full profile, about 2.5 GB, once.

    Only the files that are needed; checked, and written down in models.lock with the commit they
    are of. What models.lock names already is fetched at that commit. A pull that was stopped goes
    on where it stopped. With --from, DIR is another models folder, or holds one folder for each
    repository, for instance DIR/openai/clip-vit-base-patch32/.
    """
    screen = Screen(as_json=as_json)
    if _needs_none(profile):
        screen.say(
            "the lite profile needs no weights; these are those of the full one: say --profile full"
        )
        screen.result([])
        return
    chosen = _settings(models_dir, clap)
    source = _source(ctx, mirror)
    specs = catalogue.full_models(chosen.clap)
    try:
        done = _pull(screen, chosen.models, specs, source, update=update)
    except KeyboardInterrupt:
        screen.say("stopped; what has arrived is kept: pull again, and it goes on")
        raise
    screen.show(f"the weights of the full profile are in {chosen.models}")
    screen.result(done)


@app.command()
@session.reported
def verify(models_dir: ModelsDir = None, as_json: AsJson = False) -> None:
    """Read every file of the weights through, and compare it with models.lock.

    Status 1 if one is missing or altered.
    """
    screen = Screen(as_json=as_json)
    chosen = _settings(models_dir, None)
    lock = weights.read_lock(chosen.models)
    specs = [spec for spec in _all_models() if spec.repository in lock]
    wanted = {spec.repository for spec in catalogue.full_models(chosen.clap)}
    absent = sorted(wanted - {spec.repository for spec in specs})
    bad = [*absent, *_read_through(screen, chosen.models, specs)]
    for name in bad:
        screen.show(f"missing or altered: {name}")
    if bad:
        screen.show(f"mend it with: {_mending(chosen, lock, bad)}")
    else:
        screen.show(f"{len(specs)} models are what models.lock says")
    screen.result({"models_dir": str(chosen.models), "models": len(specs), "bad": bad})
    if bad:
        raise typer.Exit(session.FAILED)


def _settings(models_dir: Path | None, clap: str | None) -> settings.Settings:
    given = {"models_dir": models_dir, "clap": clap}
    return settings.load(**{name: value for name, value in given.items() if value is not None})


def _all_models() -> tuple[ModelSpec, ...]:
    full = catalogue.full_models()
    return (*full, *(spec for spec in catalogue.CLAPS.values() if spec not in full))


def _needs_none(profile: str | None) -> bool:
    if profile not in {None, "lite", "full"}:
        raise typer.BadParameter(f"there is no profile {profile}; it is lite or full")
    return profile == "lite"


def _source(ctx: typer.Context, mirror: Path | None) -> Source:
    if mirror is not None:
        return Mirror(mirror)
    return open_hub(session.world(ctx).hub)


def _pull(
    screen: Screen, folder: Path, specs: Sequence[ModelSpec], source: Source, *, update: bool
) -> list[dict[str, object]]:
    done: list[dict[str, object]] = []
    with Bar(screen) as bar:
        for pulled in pulling.pull(folder, specs, source, watcher=bar, update=update):
            how = "was there" if pulled.was_there else "fetched"
            made = ", converted to safetensors" if pulled.converted else ""
            screen.say(f"{pulled.repository} at {pulled.revision[:_REVISION_SHOWN]}: {how}{made}")
            done.append(
                {
                    "repository": pulled.repository,
                    "revision": pulled.revision,
                    "fetched": not pulled.was_there,
                    "converted": pulled.converted,
                }
            )
    return done


def _read_through(screen: Screen, folder: Path, specs: Sequence[ModelSpec]) -> list[str]:
    lock = weights.read_lock(folder)
    bad = []
    with Bar(screen) as bar:
        for spec in specs:
            size = sum(file.size_bytes for file in lock[spec.repository].files.values())
            bar.begin(spec.repository, size_bytes=size)
            bad.extend(weights.verify(folder, spec, on_bytes=bar.advance))
    return bad


def _mending(chosen: settings.Settings, lock: weights.Lock, bad: Sequence[str]) -> str:
    specs = catalogue.full_models(chosen.clap)
    for repository, model in lock.items():
        if any(name.startswith(f"{repository}/") for name in bad):
            extra = [spec for spec in catalogue.CLAPS.values() if spec.repository == repository]
            return weights.mending(chosen.models, model, extra or specs)
    return weights.pull_command(chosen.models, specs)


def _row(chosen: settings.Settings, spec: ModelSpec) -> dict[str, object]:
    model = weights.read_lock(chosen.models).get(spec.repository)
    return {
        "repository": spec.repository,
        "task": spec.task.value,
        "licence": spec.licence,
        "revision": None if model is None else model.revision,
        "size_bytes": sum(file.size_bytes for file in model.files.values()) if model else None,
        "state": weights.state_of(chosen.models, spec).value,
        "chosen": spec in catalogue.full_models(chosen.clap),
    }


def _table(rows: Sequence[dict[str, object]]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("", "model", "task", "MiB", "state"):
        table.add_column(column, justify="right" if column == "MiB" else "left")
    for row in rows:
        size, revision = row["size_bytes"], str(row["revision"] or "")[:_REVISION_SHOWN]
        about = f"{row['licence']}, {revision}" if revision else row["licence"]
        table.add_row(
            "*" if row["chosen"] else "",
            Text.assemble(str(row["repository"]), (f"\n{about}", "dim")),
            str(row["task"]),
            f"{size / _MIB:,.0f}" if isinstance(size, int) else "",
            str(row["state"]),
        )
    return table

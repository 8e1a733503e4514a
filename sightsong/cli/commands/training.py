"""`train …` and `evaluate`: doors to processes of their own, which need more than services do."""

from pathlib import Path
from typing import Annotated

import typer

from sightsong.local import training

#: All that follows the name of a command is its own business, `--help` too.
_PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}

app = typer.Typer(
    help=(
        "Train emotion classifiers of your own, and the models of the lite profile.\n\n"
        "`sightsong train COMMAND --help` tells the flags of each. Needs the extra `train`: "
        "`./run install train`."
    ),
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.command(context_settings=_PASSED_ON)
def emotion(ctx: typer.Context) -> None:
    """Train a classifier of pictures by emotion."""
    _run("emotion", *ctx.args)


@app.command(context_settings=_PASSED_ON)
def check(ctx: typer.Context) -> None:
    """Look through a data set: what is there, what is wrong."""
    _run("check", *ctx.args)


@app.command(context_settings=_PASSED_ON)
def example(ctx: typer.Context) -> None:
    """Make up a data set to try the trainer with."""
    _run("example", *ctx.args)


@app.command(context_settings=_PASSED_ON)
def export(ctx: typer.Context) -> None:
    """Write a trained classifier as ONNX, with its card, once more."""
    _run("export", *ctx.args)


@app.command("lite-faces", context_settings=_PASSED_ON)
def lite_faces(ctx: typer.Context) -> None:
    """Make the weights of lite faces again."""
    _run("lite-faces", *ctx.args)


@app.command("lite-photos", context_settings=_PASSED_ON)
def lite_photos(ctx: typer.Context) -> None:
    """Make the weights of lite photos again."""
    _run("lite-photos", *ctx.args)


@app.command("lite-music", context_settings=_PASSED_ON)
def lite_music(ctx: typer.Context) -> None:
    """Make the weights of lite music again."""
    _run("lite-music", *ctx.args)


def evaluate(  # noqa: PLR0913 - one parameter is one option of the command line
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="The folder of a run or of a classifier; or lite-faces, lite-photos, lite-music.",
        ),
    ],
    data: Annotated[Path, typer.Argument(metavar="DATA", help="The data set to read.")],
    *,
    part: Annotated[
        str | None,
        typer.Option(
            metavar="PART",
            help="train, valid, test or all; by default test where the parts are known.",
        ),
    ] = None,
    form: Annotated[
        str | None,
        typer.Option(metavar="FORM", help="What the data set is, if it does not look it."),
    ] = None,
    runtime: Annotated[
        str | None, typer.Option(metavar="auto|torch|onnx", help="What runs a classifier.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Where the report goes; by default into the run's folder."
        ),
    ] = None,
    pictures: Annotated[
        bool, typer.Option("--pictures", help="Show the worst mistakes as pictures on the page.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Measure a model on a data set, and write a report: JSON, and a page with plots.

    Needs the extra `train`: `./run install train`. The test part is looked at once, for the report:
    whoever chooses by its figures has none left that are honest.
    """
    given = {"part": part, "form": form, "runtime": runtime, "out": out}
    options = [f"--{name}={value}" for name, value in given.items() if value is not None]
    options += ["--pictures"] if pictures else []
    options += ["--json"] if as_json else []
    _run("evaluate", *options, "--", model, str(data))


def _run(*args: str) -> None:
    raise typer.Exit(training.run(args))

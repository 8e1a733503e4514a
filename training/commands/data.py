"""`train check` and `train example`: a data set looked through, and one made up."""

import sys
from collections.abc import Sequence
from pathlib import Path

from training.commands.flags import parser
from training.data import checking, generated
from training.data.forms import Form
from training.errors import PlanRefused

_FAILED = 1
_LEAST_SIDE_PX = 16  #: Two for each of the cells that a made-up picture has.
_CHECK = """\
Look through a data set before anything learns from it: what is there, what is wrong.

Every picture is decoded. Told are counts by class, the parts that the set has, sizes, pictures that
are there twice or nearly so, and all that is wrong, with what to do. Status 1 if something is."""
_EXAMPLE = """\
Make up a data set in the exact layout of Emotion6, to try the trainer with.

Its pictures are coloured fields that show their label: what cannot learn it is broken."""


def run(name: str, argv: Sequence[str]) -> int:
    """Run one of both and return the exit status."""
    return _check(argv) if name == "check" else _example(argv)


def form_of(word: str) -> Form | None:
    """The form that a word names; None for `auto`.

    Raises:
        PlanRefused: there is no such form.
    """
    if word == "auto":
        return None
    try:
        return Form(word)
    except ValueError as error:
        raise PlanRefused(f"--form is {word!r}; it may be auto, {', '.join(Form)}") from error


def _check(argv: Sequence[str]) -> int:
    asked = parser(
        "sightsong train check",
        _CHECK,
        ("sightsong train check Emotion6", "sightsong train check faces --form ferplus --json"),
    )
    asked.add_argument("data", metavar="DATA", type=Path, help="its folder, or file")
    asked.add_argument(
        "--form", metavar="auto|" + "|".join(Form), default="auto", help="what it is"
    )
    asked.add_argument("--neutral", action="store_true", help="of Emotion6: seven classes")
    asked.add_argument("--json", action="store_true", help="print JSON")
    told = asked.parse_args(argv)
    found = checking.check(told.data, form_of(told.form), keep_neutral=told.neutral)
    lines = [found.to_json()] if told.json else list(found.lines())
    sys.stdout.write("\n".join(lines) + "\n")
    return _FAILED if found.problems else 0


def _example(argv: Sequence[str]) -> int:
    asked = parser(
        "sightsong train example",
        _EXAMPLE,
        ("sightsong train example try/data", "sightsong train example try/data --each 100"),
    )
    asked.add_argument("folder", metavar="DIR", type=Path, help="a new folder")
    asked.add_argument("--each", metavar="N", type=int, default=20, help="pictures a class [20]")
    asked.add_argument("--side-px", metavar="N", type=int, default=64, help="their side [64]")
    asked.add_argument("--seed", metavar="N", type=int, default=0, help="of what is drawn [0]")
    told = asked.parse_args(argv)
    if told.each < 1 or told.side_px < _LEAST_SIDE_PX or told.seed < 0:
        raise PlanRefused(
            f"--each must be 1 or more, --side-px {_LEAST_SIDE_PX} or more, --seed 0 or more"
        )
    made = generated.make(told.folder, each=told.each, side_px=told.side_px, seed=told.seed)
    sys.stdout.write(f"{6 * told.each} pictures are in {made}; next:\n")
    sys.stdout.write(f"  sightsong train emotion {made} --out RUN --architecture small\n")
    return 0

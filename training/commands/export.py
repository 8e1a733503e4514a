"""`train export`: a trained classifier written as ONNX, with its card, once more."""

import sys
from collections.abc import Sequence
from pathlib import Path

from sightsong.adapters.weights.own import BEST
from training.commands.flags import parser

_PROG = "sightsong train export"
_ABOUT = """\
Write model.onnx and README.md, the model card, beside the weights of a trained classifier.

A run does so at its end; this does it again, after the folder was moved, or a file was lost. What
is written is compared with torch, and not left where the two differ."""


def run(_name: str, argv: Sequence[str]) -> int:
    """Run it and return the exit status."""
    asked = parser(_PROG, _ABOUT, (f"{_PROG} run/best", f"{_PROG} run"))
    asked.add_argument("folder", metavar="FOLDER", type=Path, help="of a classifier, or of a run")
    told = asked.parse_args(argv)
    from training import exporting  # noqa: PLC0415 - brings torch; the help does not wait for it

    best = told.folder / BEST
    exported = exporting.complete(best if best.is_dir() else told.folder)
    sys.stdout.write("".join(f"{line}\n" for line in exported.lines))
    return 0

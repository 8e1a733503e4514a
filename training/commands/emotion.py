"""`train emotion`: what it is told. Its help does not wait for torch."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from training.commands import flags

PROG = "sightsong train emotion"
_ABOUT = """\
Train a classifier of pictures by emotion, on the shares of people that felt each one.

DATA is Emotion6, FER-2013, FER+, OASIS or a table of your own (docs/training.md), as it looks.
RUN is a new folder; when the run is over, RUN/best holds the classifier, which a worker loads
by SIGHTSONG_EMOTION_CHECKPOINT. Ctrl-C keeps what is done: the same command with --resume goes on,
and ends where an uninterrupted run would have ended.

Flags win over the file of --plan; that one over what is in brackets below."""
_EXAMPLES = (
    f"{PROG} Emotion6 --out run --backbone resnet-50 --frozen",
    f"{PROG} Emotion6 --out run --backbone resnet-50 --rate 3e-4 --epochs 20",
    f"{PROG} fer2013.csv --out run --architecture vgg16 --loss cross-entropy --class-weights",
    f"{PROG} oasis --out run --architecture small --affect ccc",
    f"{PROG} Emotion6 --out run --plan plan.yaml --tensorboard",
    f"{PROG} Emotion6 --out run --resume",
)


def run(_name: str, argv: Sequence[str]) -> int:
    """Run it and return the exit status."""
    told = _parser().parse_args(argv)
    from training.commands import learning  # noqa: PLC0415 - brings torch

    learning.learn(told)
    return 0


def _parser() -> argparse.ArgumentParser:
    asked = flags.parser(PROG, _ABOUT, _EXAMPLES)
    asked.usage = f"{PROG} DATA --out RUN [--resume] [FLAGS]"
    asked.add_argument("data", metavar="DATA", type=Path, help="the data set")
    asked.add_argument(
        "--out", metavar="RUN", type=Path, required=True, help="a new folder for all of the run"
    )
    asked.add_argument("--plan", metavar="FILE", type=Path, help="a plan in YAML")
    asked.add_argument("--resume", action="store_true", help="go on with the run in RUN")
    asked.add_argument(
        "--tensorboard", action="store_true", help="write RUN/tensorboard as well (an extra)"
    )
    flags.add_plan(asked)
    return asked

"""`train lite-faces`, `lite-photos`, `lite-music`: the committed weights, made again."""

import importlib
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from training.commands.flags import parser


@dataclass(frozen=True, kw_only=True)
class Model:
    """One of the lite models."""

    module: str  #: Has `make`.
    about: str
    data: str  #: What must lie in DATA.


MODELS = {
    "lite-faces": Model(
        module="training.lite.faces.making",
        about="Learn the expressions of faces from the votes of FER+, and what is no face.",
        data="folder with faces/ (ferplus_train.npz, ferplus_valid.npz) and photos/oasis/",
    ),
    "lite-photos": Model(
        module="training.lite.photos.making",
        about="Fit valence and arousal of photos on the ratings of OASIS.",
        data="folder with photos/oasis/ (oasis.csv and the photos)",
    ),
    "lite-music": Model(
        module="training.lite.music.making",
        about="Fit valence and arousal of music on VGMIDI, rendered by fluidsynth.",
        data="folder with music_affect/ (vgmidi.csv and midi/)",
    ),
}


class Makes(Protocol):
    """What a module of a lite model offers."""

    def make(self, data: Path, folder: Path, *, say: Callable[[str], None]) -> Mapping[str, Any]:
        """Learn from `data`, write weights into `folder`, tell figures."""
        ...


def run(name: str, argv: Sequence[str]) -> int:
    """Make one of them and return the exit status."""
    model = MODELS[name]
    prog = f"sightsong train {name}"
    asked = parser(prog, model.about, (f"{prog} data --out workers/models/lite/weights",))
    asked.add_argument("data", metavar="DATA", type=Path, help=model.data)
    asked.add_argument(
        "--out", metavar="DIR", type=Path, required=True, help="where the weights go"
    )
    told = asked.parse_args(argv)
    module: Makes = importlib.import_module(model.module)
    figures = module.make(told.data, told.out, say=_say)
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")
    return 0


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")

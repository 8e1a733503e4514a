"""The state of a run on disk: one safetensors file, its facts as JSON in the file's own header."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from training.errors import RunRefused

#: In the folder of a run.
LAST = Path("last") / "state.safetensors"
_FACTS = "state"


class Kept:
    """Keeps the last state of the run in a folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / LAST

    def load(self) -> tuple[dict[str, torch.Tensor], dict[str, Any]] | None:
        """Read what was kept last; None where nothing was.

        Raises:
            RunRefused: it cannot be read.
        """
        if not self._path.exists():
            return None
        try:
            with safe_open(self._path, framework="pt") as file:
                facts = json.loads(file.metadata()[_FACTS])
                names = file.keys()
                tensors = {name: file.get_tensor(name) for name in names}
        except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
            raise RunRefused(
                f"{self._path} cannot be read ({error}); delete it to begin this run anew"
            ) from error
        return tensors, facts

    def save(self, tensors: Mapping[str, torch.Tensor], facts: Mapping[str, Any]) -> None:
        """Keep a state in place of the last one; all of it or nothing.

        Raises:
            RunRefused: the disk does not take it.
        """
        own = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
        made = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            save_file(own, made, metadata={_FACTS: json.dumps(facts)})
            made.replace(self._path)
        except (OSError, SafetensorError) as error:
            raise RunRefused(f"{self._path} cannot be written: {error}") from error

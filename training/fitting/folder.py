"""The folder of a run: its plan, its log, which samples were in which part, and what was kept.

plan.yaml     the plan, complete
parts.json    the names of each part, and a digest of all that was learned from
log.jsonl     a line for each epoch
last/         the state that a stopped run goes on from
best/         the classifier of the best epoch (`training.trained`)
"""

import hashlib
import json
import shutil
import time
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from sightsong.adapters import disk
from training.errors import RunRefused
from training.fitting.examples import Examples
from training.fitting.keeping import LAST
from training.fitting.loop import Line
from training.plans import Plan, files
from training.samples import Parted, Samples
from training.trained import CONFIG

#: Pictures that are digested at a time.
_ROWS = 1024

PLAN, PARTS, LOG, BEST = "plan.yaml", "parts.json", "log.jsonl", "best"


class RunFolder:
    """Where a run lies."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def best(self) -> Path:
        """Where its classifier lies, or will."""
        return self.path / BEST

    def check_free(self) -> None:
        """See that a new run may be made here.

        Raises:
            RunRefused: there is something here already; says how to go on.
        """
        if (self.path / PLAN).exists():
            how = "" if (self.best / CONFIG).exists() else "go on with it by --resume, or "
            raise RunRefused(f"{self.path} holds a run already; {how}choose another --out")
        if self.path.exists() and (not self.path.is_dir() or any(self.path.iterdir())):
            raise RunRefused(f"{self.path} is not empty; choose another --out")

    def begin(self, plan: Plan) -> None:
        """Make the folder of a new run.

        Raises:
            RunRefused: the disk does not take it.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunRefused(f"{self.path} cannot be made: {error}") from error
        files.write(plan, self.path / PLAN)

    def plan(self) -> Plan:
        """Read the plan of a run that goes on.

        Raises:
            RunRefused: there is none.
        """
        if not (self.path / PLAN).exists():
            raise RunRefused(f"{self.path} holds no run to go on with; leave --resume out")
        if (self.best / CONFIG).exists() and not (self.path / LAST).exists():
            raise RunRefused(f"this run is over; its classifier is in {self.best}")
        return files.read(self.path / PLAN)

    def end(self) -> None:
        """Let go of what only a run that goes on needs: several times the size of the network."""
        shutil.rmtree((self.path / LAST).parent, ignore_errors=True)

    def settle(self, parts: Mapping[str, Any]) -> None:
        """Write down what is learned from; of a run that goes on, see that it is the same.

        Raises:
            RunRefused: it is not; or the disk does not take it.
        """
        path = self.path / PARTS
        if not path.exists():
            self._write(PARTS, json.dumps(parts, indent=1, ensure_ascii=False) + "\n")
            return
        try:
            were = json.loads(path.read_bytes())["sha256"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RunRefused(f"{path} cannot be read ({error!r})") from error
        if were != parts["sha256"]:
            raise RunRefused(
                f"the data is not what {self.path} began with: its pictures, labels or parts have "
                "changed; begin a new run in another --out"
            )

    def cut_log(self, *, epochs: int) -> None:
        """Take lines of epochs that were not kept out of the log: they are learned again."""
        path = self.path / LOG
        if not path.exists():
            return
        lines = path.read_text(encoding="utf-8").splitlines()[:epochs]
        self._write(LOG, "".join(f"{line}\n" for line in lines))

    def log(self, line: Line) -> None:
        """Add an epoch to the log.

        Raises:
            RunRefused: the disk does not take it.
        """
        told = {"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), **line}
        told["epoch"] = int(line["epoch"])
        try:
            with (self.path / LOG).open("a", encoding="utf-8") as file:
                file.write(json.dumps(told) + "\n")
        except OSError as error:
            raise RunRefused(f"{self.path / LOG} cannot be written: {error}") from error

    def _write(self, name: str, text: str) -> None:
        path = self.path / name
        try:
            disk.write_whole(path, path.with_name(f".{name}.part"), [text.encode()])
        except OSError as error:
            raise RunRefused(f"{path} cannot be written: {error}") from error


def parts_told(samples: Samples, parted: Parted, learned: Mapping[str, Examples]) -> dict[str, Any]:
    """Tell the names of each part, and a digest of the pictures and targets that are learned from.

    Args:
        samples: the data set.
        parted: its parts.
        learned: the examples of the parts that learning looks at.
    """
    digest = hashlib.sha256()
    names = {
        part.name: [samples.names[int(at)] for at in getattr(parted, part.name)]
        for part in fields(parted)
    }
    digest.update(json.dumps([samples.classes, names], ensure_ascii=False).encode())
    for _, examples in sorted(learned.items()):
        for begin in range(0, len(examples), _ROWS):
            digest.update(examples.inputs[begin : begin + _ROWS].tobytes())
        digest.update(examples.targets.tobytes())
    return {"data": samples.name, "sha256": digest.hexdigest(), **names}

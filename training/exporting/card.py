"""The model card of a classifier: what it is, what it learned from, what it may be used for."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sightsong.adapters.weights.own import BEST
from training.exporting import wording
from training.trained import CARD, CONFIG, ONNX, PREPARATION, WEIGHTS, Trained

#: Facts that have a chapter of their own, in the order of the card.
_CHAPTERS = {"data": "Data", "plan": "How it was trained", "figures": "Figures"}
_COMMANDS, _LICENCE = "commands", "licence"
_FILES = {
    WEIGHTS: "the weights; the temperature is in the last layer already",
    ONNX: "the same network for onnxruntime and OpenCV, weights within",
    CONFIG: "architecture, classes, what was trained",
    PREPARATION: "how pixels are prepared",
    CARD: "this card",
}
_DIGITS = 4


def card_of(trained: Trained, folder: Path) -> str:
    """Write the card, Markdown, of facts alone: what is not known is not said.

    Args:
        trained: the classifier, with its facts: `data`, `plan` and `figures` (each a mapping, of
            mappings where it likes), `commands` (a list), `licence` (a text); any may lack.
        folder: where it lies; the commands of the card name it.
    """
    facts = trained.facts
    others = {
        name: value
        for name, value in facts.items()
        if name not in _CHAPTERS and name not in (_COMMANDS, _LICENCE)
    }
    chapters = [(title, facts.get(name)) for name, title in _CHAPTERS.items()]
    parts = [
        f"# {_name(folder)}: {trained.architecture} for emotions in pictures",
        wording.PURPOSE,
        _section("What it is", _table(_shape(trained))),
        *(_section(title, _table(value)) for title, value in chapters if value),
        wording.MEASURING if facts.get("figures") else "",
        _section("Also known", _table(others)) if others else "",
        _section("To make it again", _code(facts.get(_COMMANDS, ()))),
        _section("To use it", wording.use_of(shlex.quote(str(folder)))),
        _section("What it is for, and what not", wording.LIMITS),
        _section("Licence", _licence(facts)),
        _section("Files", _table(_FILES)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _name(folder: Path) -> str:
    """Name the run, where the folder is the best of one."""
    path = folder.resolve()
    return path.parent.name if path.name == BEST else path.name


def _shape(trained: Trained) -> dict[str, Any]:
    taken = trained.input
    return {
        "architecture": trained.architecture.value,
        "parameters": f"{sum(p.numel() for p in trained.network.parameters()):,}",
        "takes": f"{'grey' if taken.is_grey else 'RGB'}, the whole photo squashed to "
        f"{taken.side_px} x {taken.side_px} px (bilinear), less {_row(taken.mean)}, "
        f"over {_row(taken.deviation)}",
        "gives": "; then ".join(_outputs(trained)),
    }


def _outputs(trained: Trained) -> Iterator[str]:
    if trained.classes:
        yield f"logits of {', '.join(trained.classes)}"
    if trained.has_affect:
        yield "valence and arousal, before tanh"


def _row(values: Sequence[float]) -> str:
    return "(" + ", ".join(f"{value:g}" for value in values) + ")"


def _section(title: str, body: str) -> str:
    return f"## {title}\n\n{body}" if body else ""


def _table(values: object) -> str:
    """Two columns; what is nested is named by its path."""
    rows = list(_flat(values, ""))
    if not rows:
        return ""
    lines = [f"| {_cell(name)} | {_cell(text)} |" for name, text in rows]
    return "\n".join(["| | |", "|---|---|", *lines])


def _flat(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flat(inner, f"{path} {name}".strip())
    elif isinstance(value, (list, tuple)):
        yield path, ", ".join(_text(one) for one in value)
    else:
        yield path, _text(value)


def _text(value: object) -> str:
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.{_DIGITS}g}" if isinstance(value, float) else str(value)


def _cell(text: str) -> str:
    """Keep a text within its cell."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def _code(commands: object) -> str:
    lines = [commands] if isinstance(commands, str) else commands
    if not isinstance(lines, (list, tuple)) or not lines:
        return ""
    told = "\n".join(str(line).replace("```", "") for line in lines)
    return f"```sh\n{told}\n```"


def _licence(facts: Mapping[str, Any]) -> str:
    told = str(facts[_LICENCE]) if facts.get(_LICENCE) else ""
    data = facts.get("data")
    name = data.get("name", "") if isinstance(data, Mapping) else str(data or "")
    return "\n\n".join(part for part in (told, wording.licence_of(str(name))) if part)

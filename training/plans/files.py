"""Plans to words and back: of YAML files, and of flags. What a plan does not know is refused."""

import difflib
import types
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import yaml

from training.errors import PlanRefused
from training.plans import Plan

_NOTHING = ("none", "")


@dataclass(frozen=True, kw_only=True)
class Word:
    """One field of a plan, as people write it."""

    chapter: str
    name: str
    kind: type  #: bool, int, float, str, Path, or an enumeration.
    may_be_none: bool
    default: Any
    help: str

    @property
    def choices(self) -> tuple[str, ...]:
        """What it may be, where that is one of few words."""
        if not issubclass(self.kind, StrEnum):
            return ()
        return tuple(self.kind) + (("none",) if self.may_be_none else ())

    def value(self, given: object) -> Any:  # noqa: ANN401 - of many kinds
        """Make a value of what YAML or a flag gave.

        Raises:
            PlanRefused: it is no such thing; says what would be.
        """
        if self.may_be_none and (given is None or str(given) in _NOTHING):
            return None
        if isinstance(given, bool) != (self.kind is bool):
            raise self._refusal(given)
        try:
            value = self.kind(given)
        except (TypeError, ValueError) as error:
            raise self._refusal(given) from error
        if self.kind is int and value != given and str(value) != str(given).strip():
            raise self._refusal(given)
        return value

    def _refusal(self, given: object) -> PlanRefused:
        names = {bool: "true or false", int: "a whole number", float: "a number", Path: "a path"}
        wanted = ", ".join(self.choices) or names.get(self.kind, "a word")
        return PlanRefused(f"{self.name} is {given!r}; it may be {wanted}")


def words() -> Iterator[Word]:
    """All fields of a plan, chapter by chapter."""
    for chapter in fields(Plan):
        made = getattr(Plan(), chapter.name)
        hints = get_type_hints(type(made), include_extras=True)
        for one in fields(made):
            kind, text = _told(hints[one.name])
            inner = [part for part in get_args(kind) if part is not types.NoneType]
            yield Word(
                chapter=chapter.name,
                name=one.name,
                kind=inner[0] if inner else kind,
                may_be_none=bool(inner),
                default=one.default,
                help=text,
            )


def with_values(plan: Plan, given: Mapping[str, object]) -> Plan:
    """Take values, by the names of their fields, into a plan.

    Raises:
        PlanRefused: one is not what it may be.
    """
    chapters = {chapter.name: getattr(plan, chapter.name) for chapter in fields(Plan)}
    for word in words():
        if word.name in given:
            value = word.value(given[word.name])
            chapters[word.chapter] = replace(chapters[word.chapter], **{word.name: value})
    made = Plan(**chapters)
    check(made)
    return made


def read(path: Path) -> Plan:
    """Read a plan from a YAML file; what it leaves out is as usual.

    Raises:
        PlanRefused: it cannot be read, or says what no plan knows.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise PlanRefused(f"{path} cannot be read: {error}") from error
    if values is None:
        return Plan()
    return with_values(Plan(), dict(_flat(path, values)))


def write(plan: Plan, path: Path) -> None:
    """Write a plan as YAML that `read` takes.

    Raises:
        PlanRefused: the disk does not take it.
    """
    try:
        path.write_text(yaml.safe_dump(told(plan), sort_keys=False), encoding="utf-8")
    except OSError as error:
        raise PlanRefused(f"{path} cannot be written: {error}") from error


def told(plan: Plan) -> dict[str, dict[str, Any]]:
    """A plan as JSON and YAML take it: by chapter and name."""
    return {
        chapter: {
            name: str(value) if isinstance(value, StrEnum | Path) else value
            for name, value in own.items()
        }
        for chapter, own in asdict(plan).items()
    }


def check(plan: Plan) -> None:
    """See that figures are such that learning can work with them.

    Raises:
        PlanRefused: one is not; says which.
    """
    data, course, aim, augment = plan.data, plan.course, plan.aim, plan.augment
    wrong = [
        name
        for name, good in {
            "epochs": course.epochs >= 1,
            "batch": course.batch >= 1,
            "rate": course.rate > 0,
            "trunk_rate": course.trunk_rate >= 0,
            "average": 0 <= course.average < 1,
            "dropout": 0 <= plan.network.dropout < 1,
            "smoothing": 0 <= aim.smoothing < 1,
            "erase": 0 <= augment.erase <= 1,
            "light": 0 <= augment.light <= 1,
            "scale": 0 <= augment.scale < 1,
            "views": augment.views >= 1,
            "valid": 0 < data.valid < 1 - data.test,
            "test": 0 <= data.test < 1,
            "side_px": plan.network.side_px == 0 or plan.network.side_px >= _SMALLEST_PX,
        }.items()
        if not good
    ]
    wrong += [name for name in _NOT_BELOW_0 if _value(plan, name) < 0]
    if wrong:
        shown = ", ".join(f"{name} {_value(plan, name)}" for name in wrong)
        raise PlanRefused(f"this cannot be learned with: {shown}")


_SMALLEST_PX = 16
_NOT_BELOW_0 = ("decay", "warmup_epochs", "patience", "clip", "threads", "seed", "affect_weight")


def _value(plan: Plan, name: str) -> Any:  # noqa: ANN401 - of many kinds
    chapters = (getattr(plan, chapter.name) for chapter in fields(Plan))
    return next(getattr(own, name) for own in chapters if hasattr(own, name))


def _flat(path: Path, values: object) -> Iterator[tuple[str, object]]:
    """The values of a file, each with the name of its field."""
    known = {(word.chapter, word.name) for word in words()}
    chapters = {chapter for chapter, _ in known}
    if not isinstance(values, dict):
        raise PlanRefused(f"{path} must have chapters: {', '.join(sorted(chapters))}")
    for chapter, own in values.items():
        if chapter not in chapters:
            raise PlanRefused(f"{path}: {_unknown(str(chapter), chapters)}")
        if not isinstance(own, dict):
            raise PlanRefused(f"{path}: {chapter} must have values by name")
        for name, value in own.items():
            if (chapter, name) not in known:
                names = {one for of, one in known if of == chapter}
                raise PlanRefused(f"{path}: {chapter}: {_unknown(str(name), names)}")
            yield name, value


def _unknown(name: str, known: set[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"it may be {', '.join(sorted(known))}"
    return f"there is no {name}; {hint}"


def _told(hint: Any) -> tuple[Any, str]:  # noqa: ANN401 - a type
    if get_origin(hint) is not Annotated:
        return hint, ""
    kind, text = get_args(hint)[:2]
    return kind, text

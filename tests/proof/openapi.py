"""Cases that schemathesis makes of the OpenAPI document, and what they find.

All of its checks are on. The cases follow from the seed: the same seed, the same requests.
"""

import contextlib
import copy
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from schemathesis import Case, HookContext
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.generation.meta import TestPhase

from tests.proof.excuses import excuse
from tests.proof.stage import Stage

#: Seconds that one request may take; most take milliseconds.
_REQUEST_TIMEOUT_S = 10
#: Not asked for with a key: it would find the key itself, and all later answers were 401.
_SUICIDES = ("DELETE /v1/keys/{key_id}", "POST /v1/keys/{key_id}/rotate")
_NAMED = frozenset(
    {"track_id", "job_id", "batch_id", "ingest_id", "key_id", "webhook_id", "version"}
)
# Lines of JSON are sent as the text that the document's example has them in.
schemathesis.serializer.alias("application/x-ndjson", "text/plain")
_PHASES = ("examples", "coverage", "fuzzing", "stateful")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that the service does and its document does not say, or the other way round."""

    operation: str
    check: str
    what: str
    status: int | None
    answer: str  #: The body of the answer, as text.
    curl: str  #: How to see it again.

    @property
    def kind(self) -> tuple[str, str, str]:
        """The same for what is found again and again."""
        return self.operation, self.check, re.sub(r"[0-9a-f-]{8,}|\d+", "#", self.answer)[:200]

    def told(self) -> str:
        """Show it to a person."""
        head = f"{self.operation}: {self.check}: {self.what}"
        return f"{head}\n  {self.curl[:2000]}\n  {self.status} {self.answer[:400]}"


@dataclass
class Report:
    """What a run has found."""

    cases: Counter[str] = field(default_factory=Counter)  #: By operation.
    statuses: dict[str, Counter[int]] = field(default_factory=dict)  #: By operation.
    findings: list[Finding] = field(default_factory=list)
    excused: Counter[str] = field(default_factory=Counter)  #: By reason.
    troubles: list[str] = field(default_factory=list)  #: Of schemathesis itself.

    def distinct(self) -> list[Finding]:
        """The findings, one of each kind."""
        return list({one.kind: one for one in reversed(self.findings)}.values())

    def table(self) -> str:
        """Show all operations: cases, failures, and how often each status was answered."""
        failed = Counter(one.operation for one in self.findings)
        wide = max((len(one) for one in self.cases), default=9)
        lines = [f"{'operation':{wide}}  cases  failures  answers"]
        for name in sorted(self.cases, key=lambda one: one.split()[::-1]):
            told = ", ".join(f"{k}: {n}" for k, n in sorted(self.statuses[name].items()))
            lines.append(f"{name:{wide}}  {self.cases[name]:5}  {failed[name]:8}  {told}")
        lines.append(f"{'all':{wide}}  {self.cases.total():5}  {len(self.findings):8}")
        return "\n".join(lines)


def run(
    stage: Stage,
    *,
    cases: int,
    seed: int = 1,
    key: str | None = None,
    phases: tuple[str, ...] = _PHASES,
) -> Report:
    """Ask an app what its document says that it can be asked.

    Args:
        stage: whose app serves `/openapi.json`.
        cases: most cases of each operation in the phases that draw them at random.
        seed: of those.
        key: that comes with every request; every operation that names one then needs it.
        phases: of schemathesis.
    """
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    settings = _settings(cases=cases, seed=seed, headers=headers, phases=phases)
    settings["operations"] = [{"include-name": one, "enabled": False} for one in _SUICIDES if key]
    document = copy.deepcopy(stage.app.openapi())
    if key is not None:
        _need_keys(document)
    config = SchemathesisConfig.from_dict(settings)
    schema = schemathesis.openapi.from_dict(document, config=config)
    schema.app = stage.paced
    report = Report()
    with _naming_what_is_there(stage):
        for event in from_schema(schema).execute():
            _note(event, report)
    return report


def _note(event: events.EngineEvent, report: Report) -> None:
    if isinstance(event, events.ScenarioFinished):
        _read(event.recorder, report)
    elif isinstance(event, events.NonFatalError):
        report.troubles.append(f"{event.label}: {event.value!r}")
    elif isinstance(event, events.FatalError):
        raise event.exception


def _need_keys(document: dict[str, Any]) -> None:
    """Leave out of a document that a service may be told to ask for no keys."""
    for methods in document["paths"].values():
        for operation in methods.values():
            operation["security"] = [one for one in operation["security"] if one]


@contextlib.contextmanager
def _naming_what_is_there(stage: Stage) -> Iterator[None]:
    """Have three of four good cases name something that there is, and not any text."""
    turns = itertools.count()

    def before_call(_context: HookContext, case: Case, _kwargs: dict[str, Any]) -> None:
        meta = case.meta
        turn = next(turns)
        if meta is None or meta.phase.name is TestPhase.STATEFUL or turn % 4 == 0:
            return
        if meta.generation.mode.is_positive:
            _name(case, stage, turn // 2)

    schemathesis.hook(before_call)
    try:
        yield
    finally:
        schemathesis.hooks.unregister(before_call)


def _name(case: Case, stage: Stage, turn: int) -> None:
    parts = [one for one in (case.path_parameters, case.body) if isinstance(one, dict)]
    if not any(set(part) & _NAMED for part in parts):
        return
    names = {name: ids for name, ids in stage.names().items() if ids}
    for part in parts:
        for name in set(part) & set(names):
            part[name] = names[name][turn % len(names[name])]


def _settings(
    *, cases: int, seed: int, headers: Mapping[str, str] | None, phases: tuple[str, ...]
) -> dict[str, object]:
    generation = {"max-examples": cases, "database": "none", "deterministic": False}
    return {
        "seed": seed,
        "workers": 1,  # the workers of the stage make a step after each request, in this order
        "continue-on-failure": True,
        "request-timeout": _REQUEST_TIMEOUT_S,
        "generation": generation,
        "checks": {"enabled": True},
        "phases": {name: {"enabled": name in phases} for name in _PHASES},
        "headers": dict(headers or {}),
        "output": {"sanitization": {"enabled": False}},  # keys are no secrets here
    }


def _read(recorder: ScenarioRecorder, report: Report) -> None:
    for case_id, node in recorder.cases.items():
        label = node.value.operation.label
        asked = recorder.interactions.get(case_id)
        if asked is None:
            continue
        report.cases[label] += 1
        if asked.response is not None:
            report.statuses.setdefault(label, Counter())[asked.response.status_code] += 1
    for finding in _findings(recorder):
        found = excuse(
            check=finding.check,
            operation=finding.operation,
            asked=finding.curl,
            answer=finding.answer,
        )
        if found is None:
            report.findings.append(finding)
        else:
            report.excused[found.reason] += 1


def _findings(recorder: ScenarioRecorder) -> Iterator[Finding]:
    for case_id, checks in recorder.checks.items():
        asked = recorder.interactions.get(case_id)
        response = asked.response if asked is not None else None
        for check in checks:
            if check.failure_info is None:
                continue
            failure = check.failure_info.failure
            yield Finding(
                operation=recorder.cases[case_id].value.operation.label,
                check=check.name,
                what=f"{failure.title}. {failure.message}".replace("\n", " ")[:300],
                status=None if response is None else response.status_code,
                answer="" if response is None else response.content.decode(errors="replace"),
                curl=check.failure_info.code_sample or "",
            )

"""`doctor`."""

from dataclasses import asdict

import typer
from rich.table import Table
from rich.text import Text

from sightsong.cli import hosting, session, show
from sightsong.cli.options import AsJson, DataDir, Device, ModelsDir, Profile
from sightsong.cli.screen import Screen
from sightsong.core.verdicts import Outcome, Verdict
from sightsong.local.doctor import Checkup, CheckupFailed, Facts, checkup, facts

_GIB = 1024**3
#: What a confined process has none of.
_TAKEN = {
    "network": "network",
    "files": "writing and programs",
    "processes": "sight of others",
}
_STYLES = {
    Outcome.SOUND: "green",
    Outcome.PLAUSIBLE: "green",
    Outcome.BROKEN: "red",
    Outcome.IMPLAUSIBLE: "yellow",
}


@session.reported
def doctor(
    profile: Profile = None,
    data: DataDir = None,
    models_dir: ModelsDir = None,
    device: Device = None,
    as_json: AsJson = False,
) -> None:
    """Check this installation: what is set, what is there, and whether the models answer.

    Canonical photos, texts and sounds go through the models of the profile, in a process of its
    own. What must hold with any weights is sound or broken; of the full profile also whether the
    answers are such as trained weights give (plausible or not). Status 0 only if all is well.
    """
    screen = Screen(as_json=as_json)
    chosen = hosting.chosen_settings(
        data=data, profile=profile, models_dir=models_dir, device=device
    )
    known = facts(chosen)
    screen.show(_facts(known))
    seen, failure = None, known.hindrance
    if failure is None:
        try:
            with screen.busy("asking the models"):
                seen = checkup(chosen)
        except CheckupFailed as error:
            failure = error.detail
    if seen is not None:
        screen.show(f"device {seen.device}", _verdicts(seen))
    good = seen is not None and seen.is_good
    screen.show(_summary(seen, failure))
    screen.result({"ok": good, "error": failure, "facts": asdict(known), "checkup": _told(seen)})
    if not good:
        raise typer.Exit(session.FAILED)


def _facts(known: Facts) -> Table:
    versions = [f"{name} {version or 'absent'}" for name, version in known.libraries.items()]
    states = [f"{repository}: {state}" for repository, state in known.models.items()]
    rows = {
        "sightsong": f"{known.sightsong}, Python {known.python}",
        "mode": known.mode,
        "database": known.database,
        "broker": known.broker,
        "data": f"{known.data_dir}, {known.free_disk_bytes / _GIB:,.1f} GiB free",
        "readable": known.exposure or "by you alone, or not there yet",
        "decoders": _confined(known.confinement),
        "profile": known.profile,
        "libraries": "\n".join(versions),
        "weights": "\n".join([known.models_dir, *states]),
        "emotion": known.classifier or "by the profile itself",
    }
    table = Table.grid(padding=(0, 2))
    for name, value in rows.items():
        table.add_row(Text(name, style="bold"), Text(value, overflow="fold"))
    return table


def _confined(held: dict[str, bool] | None) -> str:
    if held is None:
        return "do not start"
    words = [f"{_TAKEN[name]}: {'none' if has else 'NOT TAKEN'}" for name, has in held.items()]
    return ", ".join(words) + ("" if all(held.values()) else "; see SECURITY.md")


def _verdicts(seen: Checkup) -> Table:
    table = Table.grid(padding=(0, 2))
    for verdict in seen.verdicts:
        outcome = Text(verdict.outcome.value, style=_STYLES[verdict.outcome])
        table.add_row(Text(verdict.what), outcome, Text(show.plain(verdict.detail)))
    return table


def _summary(seen: Checkup | None, failure: str | None) -> str:
    if seen is None:
        return failure or "the models were not asked"
    broken = _names(seen, Outcome.BROKEN)
    if broken:
        return f"broken: {broken}"
    odd = _names(seen, Outcome.IMPLAUSIBLE)
    if odd:
        return f"the models run, but make no sense of {odd} (random or wrong weights?)"
    return "all is well"


def _names(seen: Checkup, outcome: Outcome) -> str:
    names = [verdict.what for verdict in seen.verdicts if verdict.outcome is outcome]
    return ", ".join(name.removeprefix("sense of ") for name in names)


def _told(seen: Checkup | None) -> dict[str, object] | None:
    if seen is None:
        return None
    verdicts: list[Verdict] = list(seen.verdicts)
    return {
        "device": seen.device,
        "models": list(seen.models),
        "verdicts": [verdict.as_dict() for verdict in verdicts],
    }

"""`train emotion`: what it does."""

import argparse
import shlex
import sys
from collections.abc import Sequence

from sightsong.local.interrupts import Interrupted
from training import exporting
from training.commands import flags, progress
from training.commands.board import Board
from training.commands.data import form_of
from training.commands.emotion import PROG
from training.data import forms, splits, twins
from training.errors import PlanRefused
from training.fitting import running
from training.fitting.folder import RunFolder
from training.plans import Plan, files
from training.samples import Parted, Samples

#: What a run that goes on may be told anew: it does not change what is learned.
_MAY_CHANGE = frozenset({"device", "threads"})


def learn(told: argparse.Namespace) -> None:
    """Train as the command line says, and export what came of it.

    Raises:
        TrainingError: it cannot be done; says why.
    """
    folder = RunFolder(told.out)
    plan = _plan(told, folder)
    if not told.resume:
        folder.check_free()
    samples, parted = _data(told, plan)
    sys.stderr.write(_begins(samples, parted, plan))
    again = shlex.join([*PROG.split(), str(told.data), "--out", str(told.out)])
    commands = (f"{again} {_flags_of(plan)}".strip(),)
    wanted = running.Wanted(
        samples=samples, parted=parted, plan=plan, commands=commands, goes_on=told.resume
    )
    try:
        with progress.shown() as bars:
            others = [Board(told.out / "tensorboard")] if told.tensorboard else []
            running.train(wanted, folder, watch=progress.Both(bars, others))
        exported = exporting.complete(folder.best)
        folder.end()
    except Interrupted:
        sys.stderr.write(f"stopped; go on with: {again} --resume\n")
        raise
    sys.stdout.write("".join(f"{line}\n" for line in exported.lines))
    measure = shlex.join(["sightsong", "evaluate", str(folder.best), str(told.data)])
    sys.stdout.write(f"the classifier is in {folder.best}; measure it with:\n  {measure}\n")


def _plan(told: argparse.Namespace, folder: RunFolder) -> Plan:
    given = flags.given(told)
    if not told.resume:
        return files.with_values(files.read(told.plan) if told.plan else Plan(), given)
    changed = sorted(set(given) - _MAY_CHANGE)
    if changed or told.plan:
        names = ", ".join(f"--{name.replace('_', '-')}" for name in changed) or "--plan"
        raise PlanRefused(f"a run that goes on keeps its plan: leave {names} out, or begin another")
    return files.with_values(folder.plan(), given)


def _data(told: argparse.Namespace, plan: Plan) -> tuple[Samples, Parted]:
    data = plan.data
    samples = forms.open_data(told.data, form_of(data.form), keep_neutral=data.neutral)
    samples = twins.near_duplicates(samples)
    shares = (1 - data.valid - data.test, data.valid, data.test)
    return samples, splits.part(samples, data.parts_seed, shares)


def _begins(samples: Samples, parted: Parted, plan: Plan) -> str:
    network = plan.network
    start = (
        "with random weights (no --backbone)"
        if network.backbone is None
        else f"on {network.backbone}, its trunk {'as it is' if network.frozen else 'learning too'}"
    )
    counts = (f"{len(parted.train):,}", f"{len(parted.valid):,}", f"{len(parted.test):,}")
    return (
        f"{samples.name}: {counts[0]} pictures to learn from, {counts[1]} to choose by, "
        f"{counts[2]} for the report\n{network.architecture} {start}\n"
    )


def _flags_of(plan: Plan) -> str:
    """The flags that make a plan of the usual one."""
    usual, wanted = files.told(Plan()), files.told(plan)
    given: list[str] = []
    for chapter, own in wanted.items():
        for name, value in own.items():
            if value != usual[chapter][name]:
                given += _flag(name.replace("_", "-"), value)
    return shlex.join(given)


def _flag(name: str, value: object) -> Sequence[str]:
    if isinstance(value, bool):
        return [f"--{name}" if value else f"--no-{name}"]
    return [f"--{name}", "none" if value is None else str(value)]

"""Jobs as lines: how one is, a table of many, and which go on when a command ends early."""

from collections.abc import Iterable, Sequence
from typing import cast

import typer
from rich.console import RenderableType
from rich.text import Text

from sightsong.cli import ledger, report, session, show
from sightsong.cli.listing import Listing, Row
from sightsong.cli.screen import Screen
from sightsong.client import JobSummary, JobView, is_final

_ANSWERED = frozenset({"photo", "text"})


def jobs(rows: Sequence[JobSummary]) -> RenderableType:
    """A table of jobs."""
    if not rows:
        return Text("no jobs; send a photo with `sightsong recommend PHOTO`")
    return Listing(
        head="job", columns=(("state",), ("since",), ("called",)), rows=[_row(row) for row in rows]
    )


def standing(job: JobView) -> str:
    """How a job is, in a line."""
    told = f"{job['kind']} job {job['id']}: {job['state']}"
    place, eta_s = job.get("queue_position"), job.get("eta_s")
    if job["state"] != "queued" or place is None:
        return told
    told += f", number {place} in line"
    if eta_s is None:
        return told
    about = "" if eta_s < 1 else "about "
    return f"{told}, done in {about}{report.duration(eta_s)}"


def tell(screen: Screen, job: JobView) -> None:
    """Show a job, with its answer if it has one.

    Raises:
        Exit: it has failed or was canceled.
    """
    if job["kind"] in _ANSWERED and is_final(job):
        screen.show(show.answer(standing(job), job))
    else:
        screen.show(standing(job), *([show.failure(job)] if job["error"] else []))
    screen.result(job)
    if job["state"] in {"failed", "canceled"}:
        raise typer.Exit(session.FAILED)


def say_what_goes_on(screen: Screen, open_jobs: Iterable[tuple[str, str]]) -> None:
    """Name the jobs that go on in the service, each by its id and what it is to.

    Nothing is said where there are none.
    """
    named = list(open_jobs)
    if not named:
        return
    screen.say("these go on in the service:" if len(named) > 1 else "this goes on in the service:")
    for job_id, what in named:
        screen.say(f"  {job_id}  {show.plain(what)}".rstrip())
    screen.say("see one: sightsong jobs follow ID; end one: sightsong jobs cancel ID")


def _row(row: JobSummary) -> Row:
    error = row["error"]
    failed = row["state"] == "failed" and error is not None
    state = f"failed: {cast('dict[str, str]', error)['code']}" if failed else row["state"]
    return Row(
        name=row["kind"],
        ids=(row["id"],),
        cells=(state, ledger.when(row["created_at"]), show.plain(row.get("custom_id") or "")),
    )

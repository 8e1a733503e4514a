"""Completions: outcomes and effects in one transaction, each only while its attempt holds on."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row

from sightsong.adapters.store import claims, settling
from sightsong.core import transitions
from sightsong.core.jobs import Completion, JobId


def complete(connection: Connection, completions: Sequence[Completion]) -> frozenset[JobId]:
    """Write what is not fenced; returns its ids."""
    # The locks are held to the end: between the fence and the writes nothing can change.
    held = claims.hold(connection, [completion.job for completion in completions])
    endings = [
        _ending(completion, held[completion.job.id])
        for completion in completions
        if completion.job.id in held
    ]
    settling.write(connection, endings)
    return frozenset(held)


def _ending(completion: Completion, row: Row[Any]) -> settling.Ending:
    # Its counters as they are now: what it did since it was claimed may have been forgiven.
    counters = {"crash_count": row.crash_count, "max_attempts": row.max_attempts}
    job = replace(completion.job, **counters)
    return settling.Ending(
        sequence=row.sequence,
        job=job,
        settled=transitions.settle(job, completion.outcome),
        asked=completion.effects,
    )

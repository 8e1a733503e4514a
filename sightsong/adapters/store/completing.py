"""Completions: outcomes and effects in one transaction, each only while its attempt holds on."""

from collections.abc import Sequence

from sqlalchemy import Connection

from sightsong.adapters.store import claims, settling
from sightsong.core import transitions
from sightsong.core.jobs import Completion, JobId


def complete(connection: Connection, completions: Sequence[Completion]) -> frozenset[JobId]:
    """Write what is not fenced; returns its ids."""
    # The locks are held to the end: between the fence and the writes nothing can change.
    sequences = claims.hold(connection, [completion.job for completion in completions])
    endings = [
        settling.Ending(
            sequence=sequences[completion.job.id],
            job=completion.job,
            settled=transitions.settle(completion.job, completion.outcome),
            asked=completion.effects,
        )
        for completion in completions
        if completion.job.id in sequences
    ]
    settling.write(connection, endings)
    return frozenset(sequences)

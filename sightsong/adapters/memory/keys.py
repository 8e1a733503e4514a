"""The keys that submits are sent under, in memory. The caller holds the lock."""

from sightsong.adapters.memory.state import KeyRow, State
from sightsong.core.errors import IdempotencyMismatch, JobErased
from sightsong.core.jobs import Idempotency, Job
from sightsong.core.ports.jobs import IDEMPOTENCY_S


def find(state: State, key: Idempotency) -> Job | None:
    """Find the job of a submit that was stored.

    Raises:
        IdempotencyMismatch: the key was used for another submit.
        JobErased: the job of this submit was erased.
    """
    used = state.keys.get((key.tenant, key.key))
    if used is None or _is_old(state, used):
        return None
    row = state.rows[used.job_id]
    if row.erased_at is not None:
        raise JobErased
    if used.fingerprint != key.fingerprint:
        raise IdempotencyMismatch
    return row.job


def take(state: State, key: Idempotency, job: Job) -> None:
    """Note that a key stands for a job."""
    state.keys[key.tenant, key.key] = KeyRow(
        fingerprint=key.fingerprint, job_id=job.id, created_at=state.clock()
    )


def forget_old(state: State) -> None:
    """Drop keys that stand for nothing any more."""
    state.keys = {key: used for key, used in state.keys.items() if not _is_old(state, used)}


def _is_old(state: State, used: KeyRow) -> bool:
    return used.created_at <= state.clock() - IDEMPOTENCY_S

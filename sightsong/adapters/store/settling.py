"""Writing what became of jobs whose attempts have ended. The caller has locked their rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Double, Integer, bindparam, case, func, insert

from sightsong.adapters.store import activating, effects, rows
from sightsong.adapters.store.clock import db_now
from sightsong.adapters.store.ended import ended
from sightsong.adapters.store.inserting import HELD_S
from sightsong.adapters.store.schema import jobs, results
from sightsong.core import transitions
from sightsong.core.jobs import ActivateSnapshot, Effect, Job, JobState, Queue, StoreEmbedding
from sightsong.core.transitions import Settled


@dataclass(frozen=True, kw_only=True)
class Ending:
    """The end of one attempt."""

    sequence: int  #: Of the job's row.
    job: Job
    settled: Settled
    asked: tuple[Effect, ...] = ()

    @property
    def effects(self) -> tuple[Effect, ...]:
        """The effects asked for, and the quarantine of the track of a job that gave up."""
        if self.settled.error is None or not self.settled.gave_up:
            return self.asked
        left_behind = transitions.quarantine(self.job, self.settled.error)
        return (*self.asked, left_behind) if left_behind else self.asked

    @property
    def may_concern_others(self) -> bool:
        """Whether a batch or a webhook could have to do with it: tracks come by the thousand."""
        return self.settled.state.is_final and self.job.kind.queue is Queue.PHOTOS

    @property
    def heard_s(self) -> float | None:
        """Seconds of audio that this attempt embedded; None for what embeds nothing."""
        if self.settled.state is not JobState.SUCCEEDED:
            return None
        heard = [float(one.duration_s) for one in self.asked if isinstance(one, StoreEmbedding)]
        return sum(heard) if heard else None


def write(connection: Connection, endings: Sequence[Ending]) -> None:
    """Write job rows, results and effects, and what follows from the end of a job."""
    if not endings:
        return
    connection.execute(_CHANGE, [_columns(ending) for ending in endings])
    payloads = [
        {"job_id": one.job.id, "attempt": one.settled.attempt, "payload": dict(one.settled.result)}
        for one in endings
        if one.settled.result is not None
    ]
    if payloads:
        connection.execute(insert(results), payloads)
    for ending in endings:
        _activate(connection, ending)
    effects.apply(connection, [effect for ending in endings for effect in ending.effects])
    ended(connection, [one.sequence for one in endings if one.may_concern_others])


def _activate(connection: Connection, ending: Ending) -> None:
    asked = ending.sequence if ending.job.params.get("asked") else None
    for effect in ending.asked:
        if isinstance(effect, ActivateSnapshot):
            activating.finish(connection, effect.version, asked=asked)


def _change() -> Any:  # noqa: ANN401 - an Update of all columns; its type says less than its name
    attempt = bindparam("new_attempt", type_=Integer)
    is_final = bindparam("is_final", type_=Integer) > 0
    again = db_now() + bindparam("delay_s", type_=Double)
    is_held = jobs.c.available_at >= HELD_S  # its ingest was paused since: it stays so
    return (
        jobs.update()
        .where(jobs.c.sequence == bindparam("of_sequence"))
        .values(
            state=bindparam("new_state"),
            state_version=jobs.c.state_version + 1,
            attempt=attempt,
            crash_count=bindparam("new_crash_count"),
            owner=None,
            lease_until=None,
            available_at=case(
                (is_held, func.coalesce(again + HELD_S, jobs.c.available_at)),
                else_=func.coalesce(again, jobs.c.available_at),
            ),
            started_at=case((attempt > 0, jobs.c.started_at)),
            finished_at=case((is_final, db_now())),
            image_until=case((is_final, db_now() + jobs.c.keep_image_s)),
            error=bindparam("new_error", type_=jobs.c.error.type),
            error_code=bindparam("new_error_code"),
            heard_s=bindparam("new_heard_s", type_=Double),
        )
    )


def _columns(ending: Ending) -> dict[str, Any]:
    settled = ending.settled
    return {
        "of_sequence": ending.sequence,
        "new_state": settled.state,
        "new_attempt": settled.attempt,
        "new_crash_count": settled.crash_count,
        "delay_s": settled.delay_s,
        "is_final": int(settled.state.is_final),
        "new_error": rows.error(settled.error),
        "new_error_code": settled.error.code if settled.gave_up and settled.error else None,
        "new_heard_s": ending.heard_s,
    }


_CHANGE = _change()  # built once: that costs more than to run it

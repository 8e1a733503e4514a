"""What follows when jobs end, in memory. The caller holds the lock."""

from sightsong.adapters.memory import batching
from sightsong.adapters.memory.state import BatchRow, DeliveryRow, Row, State
from sightsong.core.batches import BatchId
from sightsong.core.jobs import JobId, Queue
from sightsong.core.tenancy import TenantId
from sightsong.core.webhooks import Event, Subject, is_told, new_delivery_id, payload


def ended(state: State, row: Row) -> None:
    """Tell webhooks of a job that has just ended, and of the batch that has ended with it."""
    if row.job.kind.queue is not Queue.PHOTOS:
        return
    if row.erased_at is None:
        announce(state, row.job.tenant, _job(row))
    close_batch(state, row.job.parent_id)


def close_batch(state: State, parent_id: str | None) -> None:
    """End a parent that is a batch none of whose jobs is open, and tell of it."""
    for batch_id in batching.close_ended(state, [parent_id]):
        of_batch = state.batches[BatchId(JobId(batch_id))]
        announce(state, of_batch.new.tenant, _batch(batch_id, of_batch))


def announce(state: State, tenant: TenantId, subject: Subject) -> None:
    """Have the webhooks of a tenant told of something."""
    for one in state.webhooks.values():
        if one.tenant == tenant and one.is_enabled and is_told(one.events, one.id, subject):
            told = payload(subject)
            add(state, one.id, subject.event, told=told, subject_id=subject.id)


def add(
    state: State, webhook_id: str, event: Event, *, told: dict[str, object], subject_id: str | None
) -> str:
    """Add one delivery; returns its id."""
    delivery_id = new_delivery_id()
    state.deliveries[delivery_id] = DeliveryRow(
        id=delivery_id,
        webhook_id=webhook_id,
        event=event,
        subject_id=subject_id,
        payload=told,
        sequence=next(state.sequence),
        created_at=state.clock(),
        available_at=state.clock(),
    )
    return delivery_id


def _job(row: Row) -> Subject:
    job = row.job
    return Subject(
        event=Event(f"job.{job.state}"),
        id=job.id,
        kind=job.kind,
        state=job.state,
        ended_at=job.finished_at or 0.0,
        custom_id=job.custom_id,
        batch_id=job.parent_id,
        webhook_id=row.webhook_id,
    )


def _batch(batch_id: str, row: BatchRow) -> Subject:
    return Subject(
        event=Event.BATCH_COMPLETED,
        id=batch_id,
        kind="batch",
        state="canceled" if row.is_canceled else "completed",
        ended_at=row.finished_at or 0.0,
        custom_id=row.new.custom_id,
        batch_id=batch_id,
        webhook_id=row.new.webhook_id,
    )

"""`/v1/indexes`: the snapshots that searches run on."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api import access, ids, readiness, schemas, views
from api.access import TheCaller
from api.dependencies import Door, TheDoor
from api.errors import RebuildPending
from api.replies import Reply, accepted
from sightsong.core import intake
from sightsong.core.errors import (
    Conflict,
    IndexUnavailable,
    SnapshotNotFound,
    SnapshotRefused,
)
from sightsong.core.jobs import Job, Queue
from sightsong.core.snapshots import Snapshot
from sightsong.core.tenancy import Scope

router = APIRouter(
    prefix="/v1/indexes",
    tags=["library"],
    dependencies=access.guarded(Scope.JOBS, Scope.LIBRARY),
)

_CHANGES = access.guarded(Scope.LIBRARY)


@router.get("", response_model=schemas.IndexesView)
def list_indexes(door: TheDoor, _asked: Annotated[schemas.NoQuery, Query()]) -> Response:
    """List the snapshots, newest first, which one is active, and how much has changed since it."""
    stores, space = door.stores, door.settings.space
    # Before what is served: a track that is embedded meanwhile shows as stale, never as fresh.
    is_busy = stores.jobs.is_busy(Queue.TRACKS)
    revision = stores.tracks.revision(space)
    active, health = stores.snapshots.active(space), door.library.health()
    return Reply(
        {
            "items": [views.index_view(snapshot) for snapshot in stores.snapshots.listed()],
            "active": None if active is None else active.version,
            "stale": is_busy or _seen_up_to(door) < revision,
            "refused": health.refused,
            "held_back": health.held_back,
            "delta": {
                "tracks": readiness.changed_since(door, active),
                "limit": door.settings.index_delta,
            },
        }
    )


@router.get("/{version}", response_model=schemas.IndexView)
def read_index(door: TheDoor, version: str) -> Response:
    """Look at one snapshot."""
    return Reply(views.index_view(_find(door, version)))


@router.post("", status_code=202, response_model=schemas.JobView, dependencies=_CHANGES)
def rebuild_index(door: TheDoor, who: TheCaller) -> Response:
    """Build a new snapshot now, in place of a pinned one, too.

    New tracks are found without this: a snapshot is built by itself when enough has changed.
    """
    job = intake.submit_rebuild(door.stores, door.doorbell, asked=True, tenant=who.tenant)
    if job is None:
        raise RebuildPending
    return _accepted(job)


@router.post("/prune", status_code=202, response_model=schemas.JobView, dependencies=_CHANGES)
def prune_indexes(door: TheDoor, who: TheCaller) -> Response:
    """Remove the snapshots that nobody needs: all but the active one and the newest others."""
    limit = door.settings.queue_limit
    return _accepted(
        intake.submit_prune(door.stores, door.doorbell, queue_limit=limit, tenant=who.tenant)
    )


@router.post("/{version}/activate", response_model=schemas.IndexView, dependencies=_CHANGES)
def activate_index(door: TheDoor, version: str) -> Response:
    """Have searches run on this snapshot, and pin it: it stays until a rebuild is asked for.

    What has changed since it was built is searched as well, whatever its age. It is looked through
    first; one that cannot be served is refused with the reason, and nothing is changed.
    """
    snapshot, space = _find(door, version), door.settings.space
    if snapshot.space != space:
        raise Conflict(
            f"This snapshot is of the space {snapshot.space}; this service searches {space}."
        )
    try:
        door.library.examine(snapshot)
    except SnapshotRefused as error:
        reason = error.detail.rstrip(".")
        raise SnapshotRefused(f"Nothing was changed; it cannot be served: {reason}.") from error
    return Reply(views.index_view(door.stores.snapshots.activate(snapshot.version)))


@router.post(
    "/{version}/verify", status_code=202, response_model=schemas.JobView, dependencies=_CHANGES
)
def verify_index(door: TheDoor, who: TheCaller, version: str) -> Response:
    """Compare a snapshot with its manifest, file by file; the job's result says how it is."""
    known = _find(door, version).version
    limit = door.settings.queue_limit
    job = intake.submit_verify(
        door.stores, door.doorbell, version=known, queue_limit=limit, tenant=who.tenant
    )
    return _accepted(job)


def _find(door: Door, version: str) -> Snapshot:
    if not ids.can_be(version):
        raise SnapshotNotFound
    return door.stores.snapshots.get(version)


def _seen_up_to(door: Door) -> int:
    """Up to which revision searches of this process see changes; -1 where they see nothing."""
    try:
        return door.library.view().revision
    except IndexUnavailable:
        return -1


def _accepted(job: Job) -> Response:
    return accepted(views.job_view(job), f"/v1/jobs/{job.id}")

"""`/v1/indexes`: the snapshots that searches run on."""

from fastapi import APIRouter
from starlette.responses import Response

from api import schemas, views
from api.dependencies import TheDoor
from api.errors import RebuildPending
from api.replies import Reply, accepted
from sightsong.core import intake
from sightsong.core.jobs import Queue

router = APIRouter(prefix="/v1/indexes", tags=["library"])


@router.get("", response_model=schemas.IndexesView)
def list_indexes(door: TheDoor) -> Response:
    """List the snapshots, newest first, and say which one is served."""
    stores, space = door.stores, door.settings.space
    # Before the snapshot: a track that is embedded meanwhile shows as stale, never as fresh.
    is_busy = stores.jobs.is_busy(Queue.TRACKS)
    active = stores.snapshots.active(space)
    built_from = 0 if active is None else active.revision
    return Reply(
        {
            "items": [views.index_view(snapshot) for snapshot in stores.snapshots.listed()],
            "active": None if active is None else active.version,
            "stale": is_busy or stores.tracks.revision(space) > built_from,
        }
    )


@router.post("", status_code=202, response_model=schemas.JobView)
def rebuild_index(door: TheDoor) -> Response:
    """Build a new snapshot now. New tracks are found without this: it runs by itself."""
    job = intake.submit_rebuild(door.stores, door.doorbell)
    if job is None:
        raise RebuildPending
    return accepted(views.job_view(job), f"/v1/jobs/{job.id}")

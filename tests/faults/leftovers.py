"""Photos that were answered long ago, by the thousand, put past the service where it finds them."""

import hashlib
import os
import time
import uuid
from pathlib import Path

from sqlalchemy import Connection, insert

from sightsong.adapters.store import migrate
from sightsong.adapters.store.connect import open_database
from sightsong.adapters.store.schema import blobs, jobs, results
from tests.e2e.service import Service

PHOTO = b"\xff\xd8 a photo of long ago"
_TWO_HOURS_S = 7200.0


def files_in(service: Service) -> set[str]:
    """The ids of all photos on disk."""
    return {path.name for path in (service.data_dir / "blobs").rglob("*") if path.is_file()}


def orphan(service: Service, *, age_s: float = _TWO_HOURS_S) -> str:
    """A photo on disk that no row knows; its id."""
    blob_id = uuid.uuid4().hex
    path: Path = service.data_dir / "blobs" / blob_id[:2] / blob_id[2:4] / blob_id
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(PHOTO)
    then = time.time() - age_s
    os.utime(path, (then, then))
    return blob_id


def answered(service: Service, count: int, *, ended_s: float, image_over_s: float | None) -> None:
    """Photos of jobs that ended so long ago, and whose images should have gone so long ago."""
    migrate.upgrade(service.database_url)
    database = open_database(service.database_url)
    ids = [orphan(service) for _ in range(count)]
    now = time.time()
    until = None if image_over_s is None else now - image_over_s
    if ids:
        with database.write() as connection:
            _insert(connection, ids, ended_at=now - ended_s, until=until)
    database.close()


def _insert(
    connection: Connection, ids: list[str], *, ended_at: float, until: float | None
) -> None:
    content = {"sha256": hashlib.sha256(PHOTO).hexdigest(), "size_bytes": len(PHOTO)}
    kept = {**content, "media_type": "image/jpeg", "created_at": ended_at}
    connection.execute(insert(blobs), [{**kept, "id": one} for one in ids])
    job = {
        "kind": "photo",
        "queue": "photos",
        "state": "succeeded",
        "state_version": 3,
        "priority": 1,
        "attempt": 1,
        "max_attempts": 3,
        "crash_count": 0,
        "params": {},
        **dict.fromkeys(("available_at", "created_at", "started_at", "finished_at"), ended_at),
        "image_until": until,
    }
    told = [{**job, "id": str(uuid.UUID(one)), "blob_id": one} for one in ids]
    connection.execute(insert(jobs), told)
    answer = {"attempt": 1, "payload": {"caption": "long ago"}}
    connection.execute(insert(results), [{**answer, "job_id": one["id"]} for one in told])

"""From rows to the records of the core, and back."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import islice
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row

from sightsong.adapters.store.schema import jobs
from sightsong.core.affect import Affect
from sightsong.core.embeddings import Space, Vectors
from sightsong.core.facts import facts_of
from sightsong.core.fingerprints import Fingerprint
from sightsong.core.jobs import (
    BlobId,
    Job,
    JobError,
    JobId,
    JobKind,
    JobState,
    KeepQuery,
    Owner,
    WorkerInfo,
)
from sightsong.core.snapshots import Entry, Snapshot, SnapshotState, Windows
from sightsong.core.tenancy import TenantId, UserId
from sightsong.core.tracks import (
    FileStamp,
    KnownFile,
    SoundPrint,
    Tags,
    Track,
    TrackId,
    TrackState,
    Verdict,
)

#: Values in one query: well below SQLite's 32,766 parameters.
CHUNK = 1000

#: What `job` reads: in a batch of claims, each column more takes time.
OF_JOB = (
    jobs.c.id,
    jobs.c.kind,
    jobs.c.state,
    jobs.c.state_version,
    jobs.c.attempt,
    jobs.c.max_attempts,
    jobs.c.crash_count,
    jobs.c.priority,
    jobs.c.params,
    jobs.c.created_at,
    jobs.c.owner,
    jobs.c.parent_id,
    jobs.c.blob_id,
    jobs.c.started_at,
    jobs.c.finished_at,
    jobs.c.error,
    jobs.c.custom_id,
    jobs.c.deadline_at,
    jobs.c.tenant,
    jobs.c.user_id,
)
#: And what else is shown of one.
SHOWN = (*OF_JOB, jobs.c.cached_from)

Item = TypeVar("Item")


def chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Split what could be too long for one query."""
    iterator = iter(items)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk


def job(row: Row[Any]) -> Job:
    """Read the columns `OF_JOB` or `SHOWN`, and `payload` of `results` if it was joined."""
    values = row._mapping  # noqa: SLF001 - public, for all its underscore
    cached_from = values.get("cached_from")
    return Job(
        id=JobId(values["id"]),
        kind=JobKind(values["kind"]),
        state=JobState(values["state"]),
        state_version=values["state_version"],
        attempt=values["attempt"],
        max_attempts=values["max_attempts"],
        crash_count=values["crash_count"],
        priority=values["priority"],
        params=values["params"],
        created_at=values["created_at"],
        owner=_owner(values["owner"]),
        parent_id=JobId(values["parent_id"]) if values["parent_id"] else None,
        blob_id=BlobId(values["blob_id"]) if values["blob_id"] else None,
        started_at=values["started_at"],
        finished_at=values["finished_at"],
        error=JobError(**values["error"]) if values["error"] else None,
        result=values.get("payload"),
        custom_id=values["custom_id"],
        deadline_at=values["deadline_at"],
        tenant=TenantId(values["tenant"]),
        user=UserId(values["user_id"]) if values["user_id"] else None,
        cached_from=JobId(cached_from) if cached_from else None,
    )


def error(reason: JobError | None) -> dict[str, str] | None:
    """Write an error as JSON."""
    return None if reason is None else asdict(reason)


def worker(row: Row[Any]) -> WorkerInfo:
    """Read a row of `workers`."""
    return WorkerInfo(
        owner=Owner(row.owner),
        door=row.door,
        pid=row.pid,
        profile=row.profile,
        device=row.device,
        space=row.space or "",
        models=tuple(row.models or ()),
        heard_per_s=row.heard_per_s,
    )


def track(row: Row[Any]) -> Track:
    """Read a row of `tracks`."""
    reason = row.error or {}
    return Track(
        id=TrackId(row.id),
        sha256=row.sha256,
        path=row.path,
        state=TrackState(row.state),
        tags=shown(row),
        added_at=row.added_at,
        duration_s=row.duration_s,
        affect=_affect(row),
        descriptors=row.descriptors,
        reason_code=reason.get("code"),
        reason=reason.get("detail"),
        recording_id=None if row.recording_id is None else TrackId(row.recording_id),
    )


def tags(said: dict[str, Any] | None) -> Tags:
    """Read tags; those of the first releases have fewer fields."""
    values = dict(said or {})
    return Tags(**values | {"labels": tuple(values.get("labels") or ())})


def said(tags: Tags) -> dict[str, Any] | None:
    """Write tags as JSON, without what they leave out; None where they say nothing."""
    return {name: value for name, value in asdict(tags).items() if value not in (None, ())} or None


def shown(row: Row[Any]) -> Tags:
    """Read the tags that a row of `tracks` shows."""
    found = tags(row.tags)
    for weightier in (row.given, row.edits):
        if weightier:  # few tracks have either, and a snapshot reads them all
            found = tags(weightier).over(found)
    return found


def known_file(row: Row[Any], *, ingest_id: JobId) -> KnownFile:
    """Read a row of `track_files`, with what its track says of itself, for an ingest."""
    found = row.verdict if row.ingest_id == ingest_id else None
    verdict = Verdict.REMOVED if row.removed_at is not None else Verdict(found or Verdict.KNOWN)
    stamp = FileStamp(size_bytes=row.size_bytes, mtime_ns=row.mtime_ns)
    return KnownFile(stamp=stamp, verdict=verdict, given=tags(row.given))


def sound_print(row: Row[Any]) -> SoundPrint:
    """Read a row of `tracks` with its fingerprint, which the release before did not make."""
    return SoundPrint(
        track_id=TrackId(row.track_id),
        duration_s=row.duration_s,
        fingerprint=unpacked(row.fingerprint or b"", "<u4").astype(np.uint32),
        recording_id=None if row.recording_id is None else TrackId(row.recording_id),
    )


def query(row: Row[Any]) -> KeepQuery:
    """Read a row of `queries`."""
    return KeepQuery(
        job_id=JobId(row.job_id),
        space=Space(row.space),
        vector=unpacked(row.vector, "<f4").astype(np.float32),
        affect=_affect(row),
    )


def snapshot(row: Row[Any]) -> Snapshot:
    """Read a row of `snapshots`."""
    return Snapshot(
        version=row.version,
        space=Space(row.space),
        path=row.path,
        revision=row.revision,
        manifest=row.manifest,
        state=SnapshotState(row.state),
        is_pinned=row.pinned_after is not None,
        created_at=row.created_at,
    )


def entry(row: Row[Any]) -> Entry:
    """Read a row of `tracks` with the vector of an embedding."""
    vector = unpacked(row.vector, "<f4").astype(np.float16)  # (d,)
    return Entry(track_id=TrackId(row.id), vector=vector, facts=facts_of(track(row)))


def windows(row: Row[Any]) -> Windows:
    """Read the windows of a row of `embeddings`."""
    dimension = len(row.vector) // np.dtype("<f4").itemsize
    vectors = unpacked(row.windows, "<f2").astype(np.float16)
    return Windows(
        vectors=vectors.reshape(-1, dimension),  # (n, d)
        starts_s=tuple(row.window_starts_s),
    )


def packed(array: Vectors | Fingerprint, dtype: str) -> bytes:
    """Write an array in C order as little-endian `dtype`."""
    return np.ascontiguousarray(array, dtype=dtype).tobytes()


def unpacked(content: bytes, dtype: str) -> NDArray[Any]:
    """Read what `packed` wrote; (n,), read-only."""
    return np.frombuffer(content, dtype=dtype)


def _owner(value: str | None) -> Owner | None:
    return None if value is None else Owner(value)


def _affect(row: Row[Any]) -> Affect | None:
    if row.valence is None or row.arousal is None:
        return None
    return Affect(valence=row.valence, arousal=row.arousal)

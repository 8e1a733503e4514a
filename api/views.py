"""From records to the JSON of the answers. The same record always gives the same bytes."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sightsong.core import ports
from sightsong.core.affect import Affect
from sightsong.core.ingests import Ingest, Problem, Progress, Watched, Wish
from sightsong.core.jobs import Job, JobKind, JobState, Outlook
from sightsong.core.keys import ApiKey
from sightsong.core.snapshots import Snapshot
from sightsong.core.tenancy import Scope
from sightsong.core.times import rfc_3339
from sightsong.core.tracks import Track

#: Others may have a parent that is something else.
_OF_BATCHES = frozenset({JobKind.PHOTO, JobKind.TEXT})


def job_view(job: Job, outlook: Outlook | None = None) -> dict[str, Any]:
    """Show a job, and what it may expect while it is queued."""
    eta_s = None if outlook is None else outlook.eta_s
    return {
        **job_summary(job),
        "queue_position": None if outlook is None else outlook.ahead + 1,
        "eta_s": None if eta_s is None else round(eta_s, 1),
        "result": None if job.result is None else with_audio(job.result),
    }


def job_summary(job: Job) -> dict[str, Any]:
    """Show a job as lists do: without its result."""
    deadline = job.deadline_at
    return {
        "id": job.id,
        "kind": job.kind.value,
        "state": job.state.value,
        "state_version": job.state_version,
        "custom_id": job.custom_id,
        "user": job.user,
        "batch_id": job.parent_id if job.kind in _OF_BATCHES else None,
        "cached_from": job.cached_from,
        **_life(job),
        "deadline_at": None if deadline is None else time_view(deadline),
    }


def with_audio(result: Mapping[str, Any]) -> dict[str, Any]:
    """Show a stored result, with the address of each match's audio: only the door knows it."""
    shown = dict(result)
    if "matches" in shown:
        shown["matches"] = [match_view(match) for match in shown["matches"]]
    return shown


def match_view(match: Mapping[str, Any]) -> dict[str, Any]:
    """Show a match, with the address of its audio."""
    return {**match, "audio_url": audio_url(match["track_id"])}


def similar_view(match: Mapping[str, Any]) -> dict[str, Any]:
    """Show a match of another track: no feeling was asked for, so that the cosine says it all."""
    return {
        "rank": match["rank"],
        "track_id": match["track_id"],
        "title": match["title"],
        "artist": match["artist"],
        "score": match["score"],
        "cosine": match["parts"]["cosine"],
        "window_start_s": match["window_start_s"],
        "audio_url": audio_url(match["track_id"]),
    }


def affect_view(affect: Affect | None) -> dict[str, float | None]:
    """Show a point of the affect plane, as answers do."""
    if affect is None:
        return {"valence": None, "arousal": None}
    return {"valence": _decimals(affect.valence), "arousal": _decimals(affect.arousal)}


def index_receipt(view: ports.LibraryView) -> dict[str, Any]:
    """Name what of the index an answer depends on."""
    return {"index_snapshot": view.snapshot, "index_revision": view.revision}


def ingest_view(ingest: Ingest, progress: Progress) -> dict[str, Any]:
    """Show an ingest with the state of the tracks that it has found."""
    job, result = ingest.job, ingest.job.result or {}
    scan = _scan(ingest.scan.counted(), result)
    is_done = job.state.is_final and progress.open_tracks == 0
    return {
        "id": job.id,
        "status": _status(ingest, is_done=is_done),
        "state": job.state.value,
        **_life(job),
        "source": _source(ingest.wish),
        "dry_run": ingest.wish.dry_run,
        "library": ingest.wish.library,
        "scan": scan,
        "tracks": {state.value: progress.tracks.get(state, 0) for state in JobState},
        "problems": scan["unreadable"] + sum(progress.failed.values()),
        "failed": dict(progress.failed),
        "heard_s": round(progress.heard_s, 1),
        "rates": {
            "tracks_per_s": _rounded(progress.tracks_per_s),
            "hours_per_hour": _rounded(progress.hours_per_hour),
        },
        "overall": _overall(job, progress) if is_done else None,
        "eta_s": 0.0 if is_done else _eta_s(ingest, progress),
        "estimate": result.get("estimate"),
        "done": is_done,
    }


def trouble_view(problem: Problem) -> dict[str, Any]:
    """Show what an ingest could not take in."""
    return {
        "file": problem.file,
        "code": problem.code,
        "detail": problem.detail,
        "track_id": problem.track_id,
    }


def watch_view(watched: Watched) -> dict[str, Any]:
    """Show a folder that is kept in step."""
    return {
        "id": watched.id,
        "path": watched.path,
        "added_at": time_view(watched.added_at),
        "ingest_id": watched.ingest_id,
    }


def track_view(track: Track) -> dict[str, Any]:
    """Show a track; never where its file lies."""
    affect, code = track.affect, track.reason_code
    return {
        "id": track.id,
        "title": track.title,
        "artist": track.tags.artist,
        "album": track.tags.album,
        "genre": track.tags.genre,
        "mood": track.tags.mood,
        "licence": track.tags.licence,
        "library": track.tags.library,
        "explicit": track.tags.explicit,
        "tags": list(track.tags.labels),
        "state": track.state.value,
        "duration_s": track.duration_s,
        "valence": None if affect is None else affect.valence,
        "arousal": None if affect is None else affect.arousal,
        "descriptors": dict(track.descriptors),
        "reason": None if code is None else {"code": code, "detail": track.reason or ""},
        "recording_id": track.recording_id,
        "audio_url": audio_url(track.id),
        "cover_url": f"/v1/tracks/{track.id}/cover",
    }


def track_detail(track: Track, recording: Sequence[Track]) -> dict[str, Any]:
    """Show a track, and what else is the same recording (none: it is there once)."""
    same = None
    if track.recording_id is not None:
        same = {"id": track.recording_id, "tracks": [one.id for one in recording]}
    return {**track_view(track), "recording": same}


def index_view(snapshot: Snapshot) -> dict[str, Any]:
    """Show a snapshot of the index; what the manifests of older services did not say is null."""
    manifest = snapshot.manifest
    recall = manifest.get("recall_at_10")
    return {
        "version": snapshot.version,
        "space": snapshot.space,
        "state": snapshot.state.value,
        "is_pinned": snapshot.is_pinned,
        "backend": manifest.get("backend"),
        "kind": manifest.get("kind"),
        "tracks": int(manifest.get("tracks", 0)),
        "revision": snapshot.revision,
        "recall_at_10": dict(recall) if isinstance(recall, Mapping) else None,
        "bytes": manifest.get("bytes"),
        "built_s": manifest.get("built_s"),
        "created_at": time_view(snapshot.created_at),
    }


def key_view(key: ApiKey) -> dict[str, Any]:
    """Show a key; never what its secret could be checked with."""
    return {
        "id": key.id,
        "name": key.name,
        "tenant": key.tenant,
        "scopes": scopes_view(key.scopes),
        "last4": key.last4,
        "created_at": time_view(key.created_at),
        "expires_at": None if key.expires_at is None else time_view(key.expires_at),
        "revoked_at": None if key.revoked_at is None else time_view(key.revoked_at),
        "used_at": None if key.used_at is None else time_view(key.used_at),
        "requests_per_min": key.requests_per_min,
        "jobs_per_day": key.jobs_per_day,
    }


def scopes_view(scopes: Collection[Scope]) -> list[str]:
    """Show scopes, always in the same order."""
    return [scope.value for scope in Scope if scope in scopes]


def audio_url(track_id: str) -> str:
    """Say where a track's audio is served."""
    return f"/v1/tracks/{track_id}/audio"


def time_view(seconds: float) -> str:
    """Show a time: RFC 3339, UTC, milliseconds."""
    return rfc_3339(seconds)


def _life(job: Job) -> dict[str, Any]:
    started, finished, error = job.started_at, job.finished_at, job.error
    return {
        "created_at": time_view(job.created_at),
        "started_at": None if started is None else time_view(started),
        "finished_at": None if finished is None else time_view(finished),
        "attempt": job.attempt,
        "error": None if error is None else {"code": error.code, "detail": error.detail},
    }


def _status(ingest: Ingest, *, is_done: bool) -> str:
    """Say in a word where an ingest is."""
    state = ingest.job.state
    if ingest.is_canceled or state is JobState.CANCELED:
        return "canceled"
    if is_done:
        return "failed" if state is JobState.FAILED else "done"
    if ingest.is_paused:
        return "paused"
    return _STATUS[state]


_STATUS = {
    JobState.QUEUED: "waiting",
    JobState.RUNNING: "scanning",
    JobState.SUCCEEDED: "listening",
    JobState.FAILED: "failed",
}


def _scan(counted: Mapping[str, int], result: Mapping[str, Any]) -> dict[str, int]:
    """The counts of a scan; of one that has ended, those that its job has kept."""
    kept = {name: result[name] for name in counted if isinstance(result.get(name), int)}
    return {**counted, **kept}


def _source(wish: Wish) -> dict[str, Any]:
    named = (("upload", wish.inbox), ("url", wish.url), ("library", wish.unheard))
    kind = next((name for name, is_it in named if is_it), "paths")
    files = wish.uploads if wish.inbox else None
    return {"kind": kind, "paths": list(wish.paths), "url": wish.url, "files": files}


def _overall(job: Job, progress: Progress) -> dict[str, float] | None:
    """How fast the whole was, from the begin of its scan to the end of its last track."""
    heard = progress.tracks.get(JobState.SUCCEEDED, 0)
    if not heard or job.started_at is None or progress.ended_at is None:
        return None
    took_s = max(progress.ended_at, job.finished_at or 0.0) - job.started_at
    if took_s <= 0:
        return None
    return {
        "took_s": round(took_s, 3),
        "tracks_per_s": round(heard / took_s, 3),
        "hours_per_hour": round(progress.heard_s / took_s, 3),
    }


def _eta_s(ingest: Ingest, progress: Progress) -> float | None:
    rate = progress.tracks_per_s
    if ingest.is_paused or not rate:
        return None
    return round(progress.open_tracks / rate, 1)


def _decimals(value: float) -> float:
    # Adding 0.0 turns -0.0 into 0.0: the same answer must have the same bytes.
    return round(value, 4) + 0.0


def _rounded(rate: float | None) -> float | None:
    return None if rate is None else round(rate, 3)

"""From records to the JSON of the answers. The same record always gives the same bytes."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sightsong.core.jobs import Job, JobState
from sightsong.core.snapshots import Snapshot
from sightsong.core.tracks import Track


def job_view(job: Job) -> dict[str, Any]:
    """Show a job."""
    return {
        "id": job.id,
        "kind": job.kind.value,
        "state": job.state.value,
        "state_version": job.state_version,
        **_life(job),
        "result": None if job.result is None else with_audio(job.result),
    }


def with_audio(result: Mapping[str, Any]) -> dict[str, Any]:
    """Show a stored result, with the address of each match's audio: only the door knows it."""
    shown = dict(result)
    if "matches" in shown:
        shown["matches"] = [
            {**match, "audio_url": audio_url(match["track_id"])} for match in shown["matches"]
        ]
    return shown


def ingest_view(job: Job, children: Mapping[JobState, int]) -> dict[str, Any]:
    """Show an ingest with the state of the tracks that it has found."""
    open_tracks = sum(count for state, count in children.items() if not state.is_final)
    return {
        "id": job.id,
        "state": job.state.value,
        **_life(job),
        "scan": None if job.result is None else dict(job.result),
        "tracks": {state.value: children.get(state, 0) for state in JobState},
        "done": job.state.is_final and open_tracks == 0,
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
        "state": track.state.value,
        "duration_s": track.duration_s,
        "valence": None if affect is None else affect.valence,
        "arousal": None if affect is None else affect.arousal,
        "descriptors": dict(track.descriptors),
        "reason": None if code is None else {"code": code, "detail": track.reason or ""},
        "audio_url": audio_url(track.id),
    }


def index_view(snapshot: Snapshot) -> dict[str, Any]:
    """Show a snapshot of the index."""
    return {
        "version": snapshot.version,
        "space": snapshot.space,
        "state": snapshot.state.value,
        "tracks": int(snapshot.manifest.get("tracks", 0)),
        "created_at": time_view(snapshot.created_at),
    }


def audio_url(track_id: str) -> str:
    """Say where a track's audio is served."""
    return f"/v1/tracks/{track_id}/audio"


def time_view(seconds: float) -> str:
    """Show a time: RFC 3339, UTC, milliseconds."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _life(job: Job) -> dict[str, Any]:
    started, finished, error = job.started_at, job.finished_at, job.error
    return {
        "created_at": time_view(job.created_at),
        "started_at": None if started is None else time_view(started),
        "finished_at": None if finished is None else time_view(finished),
        "attempt": job.attempt,
        "error": None if error is None else {"code": error.code, "detail": error.detail},
    }

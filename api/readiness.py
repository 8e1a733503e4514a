"""Whether the service can do its work: one check for each thing that it needs."""

import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from api.dependencies import Door, DoorSettings
from sightsong.core import ports
from sightsong.core.errors import SightsongError
from sightsong.core.jobs import WorkerInfo
from sightsong.core.snapshots import Snapshot
from sightsong.core.tracks import TrackFilter, TrackState

#: The doors that do the work; each is a check of its own.
_DOORS = ("workers", "indexer")
_READY = TrackFilter(state=TrackState.READY)


def readiness(door: Door) -> dict[str, Any]:
    """Check everything; never raises.

    `unready` is what stops new work from being taken in; `degraded` is what only delays it, or
    leaves answers thin.
    """
    checks = {
        **_database_and_who_it_knows(door),
        "broker": _broker(door),
        "disk": _disk(door),
    }
    return {"status": _worst(checks), "checks": checks}


def unanswered() -> dict[str, Any]:
    """What is known when the database keeps silent."""
    checks = {"database": _check("unready", "The database does not answer in time.")}
    return {"status": _worst(checks), "checks": checks}


def _database_and_who_it_knows(door: Door) -> dict[str, dict[str, Any]]:
    try:
        return {
            "database": _check("ok", "answers"),
            **_processes(door),
            "index": _index(door),
        }
    except SightsongError as error:
        unknown = _check("degraded", "unknown while the database does not answer")
        names = [*_DOORS, "profile", "index"]
        return {"database": _check("unready", error.detail)} | dict.fromkeys(names, unknown)


def _processes(door: Door) -> dict[str, dict[str, Any]]:
    alive = door.stores.jobs.workers_alive(within_s=door.settings.worker_alive_s)
    by_door = {name: [worker for worker in alive if worker.door == name] for name in _DOORS}
    checks: dict[str, dict[str, Any]] = {
        name: _alive(found, door.settings) | {"processes": _alike(found)}
        for name, found in by_door.items()
    }
    return checks | {"profile": _of_one_profile(alive, door.settings)}


def _alive(found: Sequence[WorkerInfo], settings: DoorSettings) -> dict[str, str]:
    """Whether one is there that answers as the API expects."""
    fitting = [worker for worker in found if _fits(worker, settings)]
    if not fitting:
        return _check("degraded", f"none of profile {settings.profile} is alive; work waits")
    places = sorted({f"{worker.profile} on {worker.device}" for worker in fitting})
    return _check("ok", f"{len(fitting)} alive: {', '.join(places)}")


def _of_one_profile(alive: Sequence[WorkerInfo], settings: DoorSettings) -> dict[str, str]:
    """Whether a process takes jobs that would answer from another index than the API's."""
    stranger = next((worker for worker in alive if not _fits(worker, settings)), None)
    if stranger is None:
        return _check("ok", f"{settings.profile}, {settings.space}")
    theirs = f"{stranger.profile}, {stranger.space or 'no space told'}"
    return _check(
        "degraded",
        f"the API is of {settings.profile}, {settings.space}; one of the {stranger.door} lately "
        f"alive is of {theirs}",
    )


def _fits(worker: WorkerInfo, settings: DoorSettings) -> bool:
    """Whether a process answers as the API expects; one that does not tell its space may."""
    return worker.profile == settings.profile and worker.space in {"", settings.space}


def _alike(found: Sequence[WorkerInfo]) -> list[dict[str, Any]]:
    """What the processes run; those that run the same are counted together."""
    counts = Counter((w.profile, w.device, w.space, w.models) for w in found)
    return [
        {
            "count": count,
            "profile": profile,
            "device": device,
            "space": space,
            "models": list(models),
        }
        for (profile, device, space, models), count in sorted(counts.items())
    ]


def _index(door: Door) -> dict[str, str]:
    """Whether searches of this process run on the active snapshot, and whether it still will do."""
    active, health = door.stores.snapshots.active(door.settings.space), door.library.health()
    if active is None:
        return _check("degraded", _without_snapshot(door, health))
    wrong = _wrong_with(door, active, health)
    if wrong is not None:
        return _check("degraded", wrong)
    kind, tracks = active.manifest.get("kind", "index"), int(active.manifest.get("tracks", 0))
    told = f"{active.version}: {kind}, {tracks:,} tracks"
    if health.serving == active.version:
        return _check("ok", told)
    return _check("ok", f"{told}; {health.serving} serves until it is open")


def _wrong_with(door: Door, active: Snapshot, health: ports.Health) -> str | None:
    if health.refused is not None:
        reason, serving = health.refused.rstrip("."), health.serving or "none"
        return f"{active.version} is refused: {reason}; {serving} serves meanwhile"
    if health.serving is None:
        return f"{active.version} has not been opened yet"
    limit = door.settings.index_delta
    cure = "`sightsong index rebuild` builds a new one in its place"
    if health.held_back is not None:
        return f"{health.held_back.rstrip('.')}; {cure}"
    if active.is_pinned and changed_since(door, active) >= limit:
        return (
            f"{active.version} is pinned, and {limit:,} or more tracks have changed since; {cure}"
        )
    return None


def changed_since(door: Door, active: Snapshot | None) -> int:
    """Count what has changed since the active snapshot, as far as it is of interest."""
    stores, space = door.stores, door.settings.space
    if active is None and not stores.tracks.page(limit=1, where=_READY):
        return 0  # what is left then are notes of tracks that were removed
    since = 0 if active is None else active.revision
    return stores.tracks.count_changes(space, since=since, limit=door.settings.index_delta)


def _without_snapshot(door: Door, health: ports.Health) -> str:
    tracks = changed_since(door, None)
    if not tracks:
        return _without_tracks(door)
    if health.refused is not None:
        return f"no snapshot yet: {health.refused.rstrip('.')}"
    is_all = tracks < door.settings.index_delta
    told = "1 track is" if tracks == 1 else f"{tracks:,} tracks{'' if is_all else ' or more'} are"
    return f"no snapshot yet; {told} searched without one"


def _without_tracks(door: Door) -> str:
    """Why nothing can be found: no music, or none that this service's model has heard yet."""
    if next(door.stores.tracks.unheard(door.settings.space), None) is None:
        return "there is none yet; ingest some music"
    return (
        "the music model is another than the one that heard the library; its tracks are heard "
        "anew when the indexer starts, and found one by one (`sightsong ingest list`)"
    )


def _broker(door: Door) -> dict[str, str]:
    error = door.doorbell_error()
    if error is None:
        return _check("ok", "the last ring got through")
    return _check("degraded", "the last ring did not get through; workers look by themselves")


def _disk(door: Door) -> dict[str, str]:
    settings = door.settings
    try:
        free = shutil.disk_usage(settings.storage_dir).free
    except OSError:
        return _check("unready", "the storage folder cannot be read")
    if free < settings.disk_reserve_bytes:
        return _check("unready", "less is free than the reserve")
    return _check("ok", f"{free // 2**20:,} MiB free")


def _check(status: str, detail: str) -> dict[str, str]:
    return {"status": status, "detail": detail}


def _worst(checks: Mapping[str, Mapping[str, Any]]) -> str:
    found = {check["status"] for check in checks.values()}
    if "unready" in found:
        return "unready"
    return "degraded" if "degraded" in found else "ready"

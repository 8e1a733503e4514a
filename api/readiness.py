"""Whether the service can do its work: one check for each thing that it needs."""

import shutil
from typing import Any

from api.dependencies import Door
from sightsong.core.errors import SightsongError

#: The doors that do the work; each is a check of its own.
_DOORS = ("workers", "indexer")


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


def _database_and_who_it_knows(door: Door) -> dict[str, dict[str, str]]:
    try:
        return {
            "database": _check("ok", "answers"),
            **_processes(door),
            "index": _index(door),
        }
    except SightsongError as error:
        unknown = _check("degraded", "unknown while the database does not answer")
        names = [*_DOORS, "index"]
        return {"database": _check("unready", error.detail)} | dict.fromkeys(names, unknown)


def _processes(door: Door) -> dict[str, dict[str, str]]:
    alive = door.stores.jobs.workers_alive(within_s=door.settings.worker_alive_s)
    checks = {}
    for name in _DOORS:
        count = sum(1 for worker in alive if worker.door == name)
        missing = _check("degraded", "none is alive; accepted work waits")
        checks[name] = _check("ok", f"{count} alive") if count else missing
    return checks


def _index(door: Door) -> dict[str, str]:
    active = door.stores.snapshots.active(door.settings.space)
    if active is None:
        return _check("degraded", "there is none yet; ingest some music")
    return _check("ok", active.version)


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


def _worst(checks: dict[str, dict[str, str]]) -> str:
    found = {check["status"] for check in checks.values()}
    if "unready" in found:
        return "unready"
    return "degraded" if "degraded" in found else "ready"

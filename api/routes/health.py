"""`/healthz`, `/readyz` and the front door itself."""

from typing import Any

import anyio
from fastapi import APIRouter
from starlette.responses import Response

from api import examples, readiness, schemas
from api.dependencies import TheDoor
from api.replies import Reply

router = APIRouter(tags=["service"])

_HEADERS = {"Cache-Control": "no-store"}


@router.get("/", include_in_schema=False)
def greet(door: TheDoor) -> Response:
    """Say what this is and where to read on."""
    return Reply(
        {
            "service": "sightsong",
            "profile": door.settings.profile,
            "docs": "/docs",
            "openapi": "/openapi.json",
            "ready": "/readyz",
        }
    )


_ALIVE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {"example": examples.ALIVE}}}
}


@router.get("/healthz", responses=_ALIVE)
async def healthz() -> dict[str, str]:
    """Say that this process lives; looks at nothing else."""
    return examples.ALIVE


@router.get(
    "/readyz",
    response_model=schemas.ReadinessView,
    responses={503: {"model": schemas.ReadinessView, "description": "Cannot take work in"}},
)
async def readyz(door: TheDoor) -> Response:
    """Say whether the service can do its work: 200 if ready or degraded, 503 if unready."""
    answer = readiness.unanswered()
    with anyio.move_on_after(door.settings.ready_timeout_s):
        # A database that hangs must not hang this: its thread is left behind.
        answer = await anyio.to_thread.run_sync(readiness.readiness, door, abandon_on_cancel=True)
    status = 503 if answer["status"] == "unready" else 200
    return Reply(answer, status_code=status, headers=_HEADERS)

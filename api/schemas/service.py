"""The index, and whether the service can do its work."""

from typing import Literal

from pydantic import BaseModel, Field

from api.schemas.shared import Time


class IndexView(BaseModel):
    """A snapshot of the index."""

    version: str
    space: str
    state: Literal["ready", "active", "retired"]
    tracks: int
    created_at: Time


class IndexesView(BaseModel):
    """The snapshots of the index."""

    items: list[IndexView]
    active: str | None = Field(description="The version that is served.")
    stale: bool = Field(description="Whether there are tracks that it does not hold yet.")


class ProcessView(BaseModel):
    """What one or several alike processes run."""

    count: int
    profile: str
    device: str
    space: str = Field(description="Of its music vectors.")
    models: list[str] = Field(description="What it has loaded, each as `id@revision`.")


class CheckView(BaseModel):
    """One thing that the service needs."""

    status: Literal["ok", "degraded", "unready"]
    detail: str
    processes: list[ProcessView] | None = Field(
        default=None, description="Of `workers` and `indexer`: those that are alive."
    )


class ReadinessView(BaseModel):
    """Whether the service can do its work."""

    status: Literal["ready", "degraded", "unready"]
    checks: dict[str, CheckView]

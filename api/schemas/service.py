"""The index, and whether the service can do its work."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from api import examples
from api.schemas.shared import Time


class NoQuery(BaseModel):
    """No parameters: any that is given was meant for something else."""

    model_config = ConfigDict(extra="forbid")


class IndexView(BaseModel):
    """A snapshot of the index."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.INDEX]})

    version: str
    space: str
    state: Literal["ready", "active", "retired"]
    is_pinned: bool = Field(description="Stays active until a rebuild is asked for.")
    backend: str | None = Field(description="Where it lies.", examples=["faiss"])
    kind: str | None = Field(description="How it narrows a search down.", examples=["ivf"])
    tracks: int
    revision: int = Field(description="Of the tracks that it was built from.")
    recall_at_10: dict[str, float] | None = Field(
        description="Share of the ten nearest that it finds, as measured when it was built: for "
        "vectors of the `library`, and of `text`."
    )
    bytes: int | None = Field(description="On disk.")
    built_s: float | None = Field(description="Seconds that building it took.")
    created_at: Time


class DeltaView(BaseModel):
    """What has changed since the active snapshot; it is searched beside it."""

    tracks: int = Field(description="New, changed and removed ones, counted up to the limit.")
    limit: int = Field(description="A rebuild comes by itself when there are so many.")


class IndexesView(BaseModel):
    """The snapshots of the index."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.INDEXES]})

    items: list[IndexView] = Field(description="Newest first.")
    active: str | None = Field(description="The version that searches run on.")
    stale: bool = Field(
        description="Whether searches do not see every track yet: some wait to be listened to, or "
        "this process has yet to look at the last changes (it does so twice a second)."
    )
    refused: str | None = Field(
        description="Why this process does not serve the active snapshot; null where it does."
    )
    held_back: str | None = Field(
        description="Why it does not search what has changed since; null where it does."
    )
    delta: DeltaView


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

    model_config = ConfigDict(json_schema_extra={"examples": [examples.READINESS]})

    status: Literal["ready", "degraded", "unready"]
    checks: dict[str, CheckView]

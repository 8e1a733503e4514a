"""Jobs: how one is shown, and which ones to list."""

import contextlib
import re
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from api import examples, ids
from api.schemas.photos import PhotoResult, TextResult
from api.schemas.shared import ErrorView, State, Time

Kind = Literal["photo", "text", "embed", "ingest", "rebuild", "verify", "prune"]

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")


def _moment(value: object) -> datetime:
    """Read a time as RFC 3339 has it; a bare number could be seconds or milliseconds."""
    if isinstance(value, str) and _RFC_3339.fullmatch(value):
        with contextlib.suppress(ValueError):  # the thirtieth of February
            return datetime.fromisoformat(value.upper())
    raise PydanticCustomError(
        "moment",
        "must be a time as RFC 3339 has it, such as 2026-11-20T23:42:07Z (in an address, a plus "
        "sign is written %2B)",
    )


class JobSummary(BaseModel):
    """A job: anything that takes time."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.JOB_SUMMARY]})

    id: str
    kind: Kind
    state: State
    state_version: int = Field(description="Grows with each change; a part of the ETag.")
    custom_id: str | None = Field(description="What its sender calls it.")
    user: str | None = Field(description="For which user of the tenant it was asked.")
    batch_id: str | None = Field(description="The batch that it is a part of.")
    cached_from: str | None = Field(
        description="The job whose answer it was given, because the same was asked again."
    )
    created_at: Time
    started_at: Time | None
    finished_at: Time | None
    attempt: int = Field(description="How often it was begun.")
    error: ErrorView | None = Field(description="Why it failed, or why its last attempt did.")
    deadline_at: Time | None = Field(description="It fails if it has not begun by then.")


class JobView(JobSummary):
    """A job, with its result."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.JOB]})

    queue_position: int | None = Field(
        description="While it is queued: 1 where it is the next; null where that is not known."
    )
    eta_s: float | None = Field(
        description="Seconds until its end, from how fast jobs ended lately; null while unknown."
    )
    result: PhotoResult | TextResult | dict[str, Any] | None


class JobsQuery(BaseModel):
    """Which jobs to list; each condition narrows."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=20, ge=1, le=100)
    cursor: str | None = None
    state: State | None = None
    kind: list[Kind] = Field(
        default=["photo", "text"], min_length=1, max_length=7, description="One of these."
    )
    created_after: (
        Annotated[
            datetime,
            BeforeValidator(_moment),
            WithJsonSchema({"type": "string", "format": "date-time"}),
        ]
        | None
    ) = Field(
        default=None,
        description="RFC 3339. That time itself is not included.",
        examples=["2026-11-20T23:42:07.312Z"],
    )
    custom_id: (
        Annotated[
            str,
            StringConstraints(
                strip_whitespace=True, min_length=1, max_length=64, pattern=ids.PRINTABLE
            ),
        ]
        | None
    ) = Field(default=None, description="What their sender calls them.")

    batch: str | None = Field(default=None, pattern=ids.ID, description="By id.")
    user: str | None = Field(
        default=None,
        max_length=ids.LONGEST_USER,
        pattern=ids.USER,
        description="For which of your users they were asked.",
    )


class JobsPage(BaseModel):
    """A page of jobs, newest first, without their results."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.JOBS]})

    items: list[JobSummary]
    next_cursor: str | None = Field(description="For the next page; null on the last.")

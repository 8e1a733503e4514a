"""Keys: what is asked of a new one, and how one is shown; who asks, and how much they have."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from api import ids
from api.examples import keys as examples
from api.schemas.shared import Time
from sightsong.core.tenancy import Scope

#: Of a key's life, and of the time in which two may be used: ten years, a month.
_LONGEST_LIFE_S = 10 * 366 * 24 * 3600
_LONGEST_OVERLAP_S = 30 * 24 * 3600
_MOST_REQUESTS = 1_000_000
_MOST_JOBS = 1_000_000_000

Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=ids.PRINTABLE),
]
TenantName = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=ids.TENANT)]


def _once(scopes: list[Scope]) -> list[Scope]:
    if len(set(scopes)) != len(scopes):
        raise PydanticCustomError("scopes", "must name each scope once")
    return scopes


class KeyRequest(BaseModel):
    """A key that is to be made."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.NEW_KEY]})

    name: Name = Field(description="What you call it: who has it, or what for.")
    scopes: Annotated[list[Scope], AfterValidator(_once)] = Field(
        min_length=1,
        max_length=len(Scope),
        description="`jobs`: ask for answers, search and play. `library`: change the music and "
        "its index too. `admin`: make and revoke keys.",
        json_schema_extra={"uniqueItems": True},
    )
    tenant: TenantName | None = Field(
        default=None, description="Whose its jobs are; absent: yours. A new name is a new tenant."
    )
    expires_in_s: float | None = Field(
        default=None,
        gt=0,
        le=_LONGEST_LIFE_S,
        allow_inf_nan=False,
        description="From now; absent: it does not expire.",
    )
    requests_per_min: int | None = Field(
        default=None,
        ge=1,
        le=_MOST_REQUESTS,
        description="Absent: as many as the service allows to any key.",
    )
    jobs_per_day: int | None = Field(
        default=None,
        ge=1,
        le=_MOST_JOBS,
        description="Photos and texts that it may submit on one day (UTC); absent: any number.",
    )


class RotateRequest(BaseModel):
    """How a key is to be replaced."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.ROTATE_KEY]})

    overlap_s: float = Field(
        default=0,
        ge=0,
        le=_LONGEST_OVERLAP_S,
        allow_inf_nan=False,
        description="How long the old one still opens; 0: no more from now on.",
    )


class KeyView(BaseModel):
    """A key, without what makes it one."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.KEY]})

    id: str
    name: str
    tenant: str
    scopes: list[Scope]
    last4: str = Field(description="How it ends.")
    created_at: Time
    expires_at: Time | None
    revoked_at: Time | None
    used_at: Time | None = Field(description="Lately; not each use is noted.")
    requests_per_min: int | None = Field(description="Null: as many as the service allows to any.")
    jobs_per_day: int | None = Field(description="Null: any number.")


class MadeKeyView(KeyView):
    """A key that was just made: all of it, this once."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.MADE_KEY]})

    key: str = Field(description="Keep it: it is shown once, and the service does not keep it.")


class KeysView(BaseModel):
    """The keys that you may manage, newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.KEYS]})

    items: list[KeyView]
    next_cursor: str | None = Field(description="Always null: all of them are on one page.")


class MeView(BaseModel):
    """Who asks."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.ME]})

    tenant: str
    user: str | None = Field(description="As `Sightsong-User` named them.")
    key: KeyView | None = Field(description="Null where none came with the request.")
    scopes: list[Scope]


class UsageQuery(BaseModel):
    """How far back to look."""

    model_config = ConfigDict(extra="forbid")

    days: int = Field(default=30, ge=1, le=366, description="Today (UTC) is the first of them.")


class UsageDayView(BaseModel):
    """What was submitted on one day."""

    day: str = Field(description="In UTC.", examples=["2026-11-21"])
    photos: int
    texts: int


class UsageView(BaseModel):
    """What was submitted with your key; without one, what was submitted without one."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.USAGE]})

    items: list[UsageDayView] = Field(description="Newest first; no day is left out.")
    today: UsageDayView
    jobs_per_day: int | None = Field(description="Photos and texts together; null: any number.")

"""Webhooks: what is asked of one, and how it and what it was told are shown."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from api import ids
from api.examples import webhooks as examples
from api.schemas.shared import Time

_LONGEST_OVERLAP_S = 30 * 24 * 3600
EventName = Literal["job.succeeded", "job.failed", "job.canceled", "batch.completed"]
Url = Annotated[
    str,
    Field(
        min_length=1,
        max_length=2048,
        description="Where to post to: https, with its usual port, on the open web. The operator "
        "may name receivers that need not be (SIGHTSONG_WEBHOOK_PRIVATE).",
    ),
]
Description = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=200, pattern=ids.PRINTABLE),
]


def _once(events: list[EventName]) -> list[EventName]:
    if len(set(events)) != len(events):
        raise PydanticCustomError("events", "must name each event once")
    return events


Events = Annotated[
    list[EventName],
    AfterValidator(_once),
    Field(max_length=4, json_schema_extra={"uniqueItems": True}),
]


class WebhookRequest(BaseModel):
    """A webhook that is to be registered."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [examples.NEW_WEBHOOK]}
    )

    url: Url
    events: Events = Field(
        default=["job.succeeded", "job.failed", "job.canceled", "batch.completed"],
        description="What it is told of; empty: only what names it as its `webhook`.",
    )
    description: Description | None = Field(default=None, description="What you call it.")


class WebhookChangeRequest(BaseModel):
    """What to change of a webhook; what is left out, or null, stays."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [examples.CHANGE_WEBHOOK]}
    )

    url: Url | None = None
    events: Events | None = None
    description: Description | None = Field(default=None, description="Empty: none.")
    enabled: bool | None = Field(
        default=None,
        description="A webhook that is not is told nothing. What waited when it was disabled is "
        "sent when it is enabled again.",
    )


class SecretRotation(BaseModel):
    """How a secret is to be replaced."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [examples.ROTATE_SECRET]}
    )

    overlap_s: float = Field(
        default=86_400,
        ge=0,
        le=_LONGEST_OVERLAP_S,
        allow_inf_nan=False,
        description="How long the old one signs as well.",
    )


class WebhookView(BaseModel):
    """A webhook, without its secret."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.WEBHOOK]})

    id: str
    url: str
    events: list[EventName]
    description: str | None
    enabled: bool
    disabled_reason: str | None = Field(description="Why the service disabled it itself.")
    failing_since: Time | None = Field(description="Its first failure after its last success.")
    created_at: Time


class MadeWebhookView(WebhookView):
    """A webhook that was just registered, with its secret."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.MADE_WEBHOOK]})

    secret: str = Field(description="What deliveries are signed with; see docs/webhooks.md.")


class WebhooksView(BaseModel):
    """Your webhooks, the oldest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.WEBHOOKS]})

    items: list[WebhookView]
    next_cursor: str | None = Field(description="Always null: all of them are on one page.")


class SecretView(BaseModel):
    """What deliveries are signed with."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.SECRET]})

    secret: str


class AttemptView(BaseModel):
    """One try to deliver."""

    at: Time
    status: int | None = Field(description="Of the receiver's answer; null: there was none.")
    error: str | None = Field(description="Why there was none.")
    took_ms: float


class DeliveryView(BaseModel):
    """What a webhook is told, or was."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.DELIVERY]})

    id: str = Field(description="The receiver gets it as `webhook-id`, the same each time.")
    event: EventName | Literal["test"]
    subject_id: str | None = Field(description="The job or the batch; null for a test.")
    state: Literal["pending", "delivered", "failed"]
    attempt: int = Field(description="How often it was tried since it was last asked for.")
    next_at: Time | None = Field(description="When it is tried next; null: not again.")
    created_at: Time
    attempts: list[AttemptView] = Field(description="The oldest first.")


class DeliveriesPage(BaseModel):
    """Deliveries, newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.DELIVERIES]})

    items: list[DeliveryView]
    next_cursor: str | None = Field(description="Of the next page; null: this is the last one.")


class DeliveriesQuery(BaseModel):
    """Which deliveries to list."""

    model_config = ConfigDict(extra="forbid")

    state: Literal["pending", "delivered", "failed"] | None = None
    limit: int = Field(default=20, ge=1, le=100)
    cursor: str | None = None

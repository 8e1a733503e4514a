"""`/v1/webhooks`: where to tell of what has ended, and what was told."""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from api import access, paging, views
from api.access import TheCaller
from api.dependencies import Door, TheDoor
from api.examples import webhooks as examples
from api.replies import Reply
from api.routes import bodies
from api.schemas import webhooks as schemas
from sightsong.adapters.web import TOLD, checked
from sightsong.core.errors import DeliveryNotFound, WebhookNotFound
from sightsong.core.tenancy import Scope
from sightsong.core.webhooks import (
    Delivery,
    DeliveryState,
    Event,
    NewWebhook,
    Webhook,
    WebhookChange,
    new_secret,
)

router = APIRouter(
    prefix="/v1/webhooks", tags=["webhooks"], dependencies=access.guarded(Scope.JOBS)
)

_ID = re.compile(r"[0-9a-f-]{36}")
_DELIVERY_ID = re.compile(r"msg_[0-9a-f]{32}")
_NO_STORE = {"Cache-Control": "no-store"}


def _example(status: int, example: object) -> dict[int | str, dict[str, Any]]:
    return {status: {"content": {"application/json": {"example": example}}}}


async def new_webhook(request: Request, door: TheDoor) -> schemas.WebhookRequest:
    """Read which webhook is to be registered."""
    return await bodies.read_json(request, door, schemas.WebhookRequest)


async def what_to_change(request: Request, door: TheDoor) -> schemas.WebhookChangeRequest:
    """Read what is to be changed."""
    return await bodies.read_json(request, door, schemas.WebhookChangeRequest)


async def how_to_rotate(request: Request, door: TheDoor) -> schemas.SecretRotation:
    """Read how a secret is to be replaced; an empty body asks for nothing in particular."""
    return await bodies.read_optional(request, door, schemas.SecretRotation)


@router.post(
    "",
    status_code=201,
    response_model=schemas.MadeWebhookView,
    openapi_extra=bodies.described(schemas.WebhookRequest),
)
def register_webhook(
    door: TheDoor, who: TheCaller, asked: Annotated[schemas.WebhookRequest, Depends(new_webhook)]
) -> Response:
    """Register an address that is told when jobs and batches end.

    What is sent to it is signed with the secret in the answer: see docs/webhooks.md. Send it a
    test before you rely on it.
    """
    secret = new_secret()
    webhook = door.stores.webhooks.add(
        NewWebhook(
            url=_address(door, asked.url),
            secret=secret,
            events=frozenset(Event(one) for one in asked.events),
            description=asked.description or None,
            tenant=who.tenant,
        )
    )
    headers = _NO_STORE | {"Location": f"/v1/webhooks/{webhook.id}"}
    return Reply({**_view(webhook), "secret": secret}, status_code=201, headers=headers)


@router.get("", response_model=schemas.WebhooksView)
def list_webhooks(door: TheDoor, who: TheCaller) -> Response:
    """List your webhooks, the oldest first."""
    found = door.stores.webhooks.listed(who.tenant)
    return Reply({"items": [_view(one) for one in found], "next_cursor": None}, headers=_NO_STORE)


@router.get("/{webhook_id}", response_model=schemas.WebhookView)
def read_webhook(door: TheDoor, who: TheCaller, webhook_id: str) -> Response:
    """Look at one webhook, and at whether it works."""
    webhook = door.stores.webhooks.get(_checked(webhook_id), tenant=who.tenant)
    return Reply(_view(webhook), headers=_NO_STORE)


@router.patch(
    "/{webhook_id}",
    response_model=schemas.WebhookView,
    openapi_extra=bodies.described(schemas.WebhookChangeRequest),
)
def change_webhook(
    door: TheDoor,
    who: TheCaller,
    webhook_id: str,
    asked: Annotated[schemas.WebhookChangeRequest, Depends(what_to_change)],
) -> Response:
    """Change a webhook; enable one that was disabled, which forgets its failures."""
    change = WebhookChange(
        url=None if asked.url is None else _address(door, asked.url),
        events=None if asked.events is None else frozenset(Event(one) for one in asked.events),
        is_enabled=asked.enabled,
        description=asked.description,
    )
    webhook = door.stores.webhooks.change(_checked(webhook_id), change, tenant=who.tenant)
    return Reply(_view(webhook), headers=_NO_STORE)


@router.delete("/{webhook_id}", status_code=204)
def remove_webhook(door: TheDoor, who: TheCaller, webhook_id: str) -> Response:
    """Forget a webhook, with its secret and its log; what it was still to be told is not sent."""
    door.stores.webhooks.remove(_checked(webhook_id), tenant=who.tenant)
    return Response(status_code=204)


@router.get("/{webhook_id}/secret", response_model=schemas.SecretView)
def read_secret(door: TheDoor, who: TheCaller, webhook_id: str) -> Response:
    """Show what its deliveries are signed with: the newest secret, after a rotation."""
    webhook = door.stores.webhooks.get(_checked(webhook_id), tenant=who.tenant)
    return Reply({"secret": webhook.secrets[-1].text}, headers=_NO_STORE)


@router.post(
    "/{webhook_id}/rotate",
    response_model=schemas.SecretView,
    openapi_extra=bodies.described(schemas.SecretRotation, required=False),
)
def rotate_secret(
    door: TheDoor,
    who: TheCaller,
    webhook_id: str,
    asked: Annotated[schemas.SecretRotation, Depends(how_to_rotate)],
) -> Response:
    """Make a new secret. The old one signs beside it for `overlap_s` seconds (a day).

    So a receiver can be given the new one while it still knows only the old one.
    """
    secret = new_secret()
    door.stores.webhooks.rotate(
        _checked(webhook_id), secret, tenant=who.tenant, overlap_s=asked.overlap_s
    )
    return Reply({"secret": secret}, headers=_NO_STORE)


@router.post(
    "/{webhook_id}/test",
    status_code=202,
    response_model=schemas.DeliveryView,
    responses=_example(202, examples.TEST_DELIVERY),
)
def test_webhook(door: TheDoor, who: TheCaller, webhook_id: str) -> Response:
    """Have an event `test` sent, signed and tried again as any other; its log tells how it went."""
    delivery = door.stores.webhooks.test(_checked(webhook_id), tenant=who.tenant)
    return Reply(_delivery_view(delivery), status_code=202, headers=_NO_STORE)


@router.get("/{webhook_id}/deliveries", response_model=schemas.DeliveriesPage)
def list_deliveries(
    door: TheDoor,
    who: TheCaller,
    webhook_id: str,
    asked: Annotated[schemas.DeliveriesQuery, Query()],
) -> Response:
    """List what a webhook was told and is still to be told, newest first, with each attempt.

    Kept for 30 days, or until the job or batch is erased.
    """
    before = None if asked.cursor is None else paging.from_cursor(asked.cursor)
    try:
        found = door.stores.webhooks.deliveries(
            _checked(webhook_id),
            tenant=who.tenant,
            state=None if asked.state is None else DeliveryState(asked.state),
            limit=asked.limit + 1,
            before=before,
        )
    except DeliveryNotFound as error:
        raise paging.no_cursor() from error
    page = paging.page(found, limit=asked.limit, view=_delivery_view, place=lambda one: one.id)
    return Reply(page, headers=_NO_STORE)


@router.post(
    "/{webhook_id}/deliveries/{delivery_id}/replay",
    status_code=202,
    response_model=schemas.DeliveryView,
    responses=_example(202, examples.REPLAYED_DELIVERY),
)
def replay_delivery(door: TheDoor, who: TheCaller, webhook_id: str, delivery_id: str) -> Response:
    """Have something sent again, now, whatever became of it; under the same `webhook-id`.

    It has all its attempts again, the first of them now.
    """
    webhook_id = _checked(webhook_id)
    if not _DELIVERY_ID.fullmatch(delivery_id):
        door.stores.webhooks.get(webhook_id, tenant=who.tenant)
        raise DeliveryNotFound
    delivery = door.stores.webhooks.replay(webhook_id, delivery_id, tenant=who.tenant)
    return Reply(_delivery_view(delivery), status_code=202, headers=_NO_STORE)


def _checked(webhook_id: str) -> str:
    """See that an id can be one.

    Raises:
        WebhookNotFound: it cannot.
    """
    if not _ID.fullmatch(webhook_id):
        raise WebhookNotFound
    return webhook_id


def _address(door: Door, url: str) -> str:
    """See that an address is of a form that is posted to; its host is looked at when it is.

    Raises:
        UrlNotAllowed: it is not.
    """
    return str(checked(url, private=door.settings.webhook_private, refusal=TOLD))


def _view(webhook: Webhook) -> dict[str, Any]:
    since = webhook.failing_since
    return {
        "id": webhook.id,
        "url": webhook.url,
        "events": [event.value for event in Event if event in webhook.events],
        "description": webhook.description,
        "enabled": webhook.is_enabled,
        "disabled_reason": webhook.disabled_reason,
        "failing_since": None if since is None else views.time_view(since),
        "created_at": views.time_view(webhook.created_at),
    }


def _delivery_view(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "event": delivery.event.value,
        "subject_id": delivery.subject_id,
        "state": delivery.state.value,
        "attempt": delivery.attempt,
        "next_at": None if delivery.next_at is None else views.time_view(delivery.next_at),
        "created_at": views.time_view(delivery.created_at),
        "attempts": [
            {
                "at": views.time_view(one.at),
                "status": one.status,
                "error": one.error,
                "took_ms": one.took_ms,
            }
            for one in delivery.attempts
        ],
    }

"""Who asks, and what for: the caller of a request, and the scopes that an operation needs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Security
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from api import errors, ids, rates
from api.dependencies import Door, TheDoor
from api.dependencies import door as the_door
from sightsong.core.errors import InvalidRequest, MissingScope, RateLimited, Unauthorized
from sightsong.core.jobs import Account
from sightsong.core.keys import ApiKey
from sightsong.core.tenancy import (
    DEFAULT_TENANT,
    EVERYTHING,
    NOBODY,
    Scope,
    TenantId,
    UserId,
    Whose,
    is_user_name,
)

USER_HEADER = "Sightsong-User"
_SCHEME = "bearer"


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who asks."""

    tenant: TenantId = DEFAULT_TENANT
    user: UserId | None = None  #: Of the tenant, as it has named them; None: itself.
    scopes: frozenset[Scope] = EVERYTHING
    key_id: str = ""  #: Of the key that came with the request; empty: none.
    jobs_per_day: int | None = None  #: That the key may submit.

    @property
    def whose(self) -> Whose:
        """Whom it is remembered for."""
        return Whose(tenant=self.tenant, user=self.user or NOBODY)

    @property
    def turns(self) -> str | None:
        """Whose share of what only a few may do at once it takes; nobody's without a key."""
        return self.tenant if self.key_id else None

    @property
    def account(self) -> Account:
        """Whom a submit is counted for."""
        return Account(key_id=self.key_id, jobs_per_day=self.jobs_per_day)


async def caller(request: Request, door: TheDoor) -> Caller:
    """Find out who asks.

    A service that needs no key still checks one that comes: who has it acts as its tenant.

    Raises:
        Unauthorized: a key is needed and missing, or the one that came is not valid.
        RateLimited: its key has had enough requests for now.
        InvalidRequest: the name of the user cannot be one.
    """
    # Whoever is refused here may not have sent all of the body yet.
    errors.note_unread(request, is_unread=has_body(request))
    key = await _key(request, door)
    if key is not None:
        await _spend(request, door, key)
    user = _user(request.headers.getlist(USER_HEADER))
    errors.note_unread(request, is_unread=False)
    if key is None:
        return Caller(user=user)
    return Caller(
        tenant=key.tenant,
        user=user,
        scopes=key.scopes,
        key_id=key.id,
        jobs_per_day=key.jobs_per_day,
    )


TheCaller = Annotated[Caller, Security(caller)]


class Needs:
    """A dependency that lets pass who has one of some scopes."""

    def __init__(self, scopes: tuple[Scope, ...]) -> None:
        self.scopes = scopes

    async def __call__(self, request: Request, who: TheCaller) -> None:
        """Let pass, or not.

        Raises:
            MissingScope: the caller has none of them.
        """
        if who.scopes.isdisjoint(self.scopes):
            errors.note_unread(request, is_unread=has_body(request))
            raise MissingScope(f"This needs a key with the scope {' or '.join(self.scopes)}.")


def needs(*scopes: Scope) -> Needs:
    """Make a dependency that lets pass who has one of these scopes."""
    return Needs(scopes)


def guarded(*scopes: Scope) -> list[Any]:
    """Make what a router says so that all of its operations need one of these scopes."""
    return [Depends(needs(*scopes))]


async def let_in(request: Request, *scopes: Scope) -> tuple[Door, Caller]:
    """Do by hand what those dependencies do: find out who asks, and see that they may.

    Raises:
        Unauthorized, RateLimited, InvalidRequest: as `caller`.
        MissingScope: the caller has none of these scopes.
    """
    door = await the_door(request)
    who = await caller(request, door)
    await Needs(scopes)(request, who)
    return door, who


def scopes_of(router: APIRouter) -> Iterator[tuple[str, str, tuple[Scope, ...]]]:
    """List the operations of a router that need a scope: method, path, and which of them."""
    for route in router.routes:
        if isinstance(route, APIRoute):
            asked = [one.dependency for one in route.dependencies]
            for one in asked:
                if isinstance(one, Needs):
                    yield from ((method, route.path, one.scopes) for method in route.methods or ())


async def _key(request: Request, door: Door) -> ApiKey | None:
    """Check the key that a request has come with, if any."""
    sent = _sent(request.headers.getlist("authorization"))
    if sent is None:
        if door.settings.needs_key:
            raise Unauthorized
        return None
    return door.keyring.remembered(sent) or await run_in_threadpool(door.keyring.check, sent)


def _sent(values: list[str]) -> str | None:
    """Read a key from the values of its header; what a proxy has asked for (`Basic …`) is none."""
    if len(values) > 1:
        raise Unauthorized("Send one Authorization header.")
    scheme, _, text = (values[0] if values else "").strip().partition(" ")
    if scheme.lower() == _SCHEME:
        return text.strip()
    return None


async def _spend(request: Request, door: Door, key: ApiKey) -> None:
    """Count a request for its key, and note what its answer has to say of that."""
    bucket = rates.bucket(key.requests_per_min or door.settings.key_requests_per_min)
    draw = await door.rates.take(key.id, bucket)
    errors.tell(request, rates.headers(bucket, draw))
    if not draw.is_taken:
        raise RateLimited(retry_after_s=draw.wait_s(bucket))


def has_body(request: Request) -> bool:
    """Whether a request announces a body."""
    headers = request.headers
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


def _user(values: list[str]) -> UserId | None:
    if not values:
        return None
    name = values[0]
    if len(values) > 1 or not is_user_name(name):
        raise InvalidRequest(
            f"{USER_HEADER} must be sent once, with 1 to {ids.LONGEST_USER} printable ASCII "
            "characters, and a blank neither first nor last."
        )
    return UserId(name)

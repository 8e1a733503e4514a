"""Who asks, and what for: the caller of a request, and the scopes that an operation needs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Security
from starlette.requests import Request

from sightsong.core.errors import InvalidRequest, MissingScope
from sightsong.core.tenancy import (
    DEFAULT_TENANT,
    EVERYTHING,
    NOBODY,
    Scope,
    TenantId,
    UserId,
    Whose,
)

USER_HEADER = "Sightsong-User"
_LONGEST_USER = 64


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


async def caller(request: Request) -> Caller:
    """Find out who asks.

    Raises:
        Unauthorized: a key is needed and missing, or the one that came is not valid.
        RateLimited: its key has had enough requests for now.
        InvalidRequest: the name of the user cannot be one.
    """
    return Caller(user=_user(request.headers.getlist(USER_HEADER)))


TheCaller = Annotated[Caller, Security(caller)]


def needs(*scopes: Scope) -> Callable[..., Any]:
    """Make a dependency that lets pass who has one of these scopes."""

    async def check(who: TheCaller) -> None:
        if who.scopes.isdisjoint(scopes):
            raise MissingScope(f"This needs a key with the scope {' or '.join(scopes)}.")

    return check


def guarded(*scopes: Scope) -> list[Any]:
    """Make what a router says so that all of its operations need one of these scopes."""
    return [Depends(needs(*scopes))]


def _user(values: list[str]) -> UserId | None:
    if not values:
        return None
    name = values[0]
    if len(values) > 1 or not (0 < len(name) <= _LONGEST_USER and name.isascii()):
        raise InvalidRequest(f"{USER_HEADER} must be sent once, with 1 to 64 ASCII characters.")
    if not name.isprintable() or name != name.strip():
        raise InvalidRequest(f"{USER_HEADER} must be printable.")
    return UserId(name)

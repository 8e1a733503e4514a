"""`/v1/keys`: make keys, replace them, revoke them."""

import re
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from api import access, schemas, views
from api.access import Caller, TheCaller
from api.dependencies import Door, TheDoor
from api.replies import Reply
from api.routes import bodies
from sightsong.core import keys
from sightsong.core.errors import KeyNotFound, MissingScope
from sightsong.core.keys import ApiKey
from sightsong.core.tenancy import DEFAULT_TENANT, Scope, TenantId

router = APIRouter(prefix="/v1/keys", tags=["keys"], dependencies=access.guarded(Scope.ADMIN))

_ID = re.compile(r"[a-z0-9]{12}")
_NO_STORE = {"Cache-Control": "no-store"}


async def new_key(request: Request, door: TheDoor) -> schemas.KeyRequest:
    """Read which key is to be made."""
    return await bodies.read_json(request, door, schemas.KeyRequest)


async def how_to_rotate(request: Request, door: TheDoor) -> schemas.RotateRequest:
    """Read how a key is to be replaced; an empty body asks for nothing in particular."""
    return await bodies.read_optional(request, door, schemas.RotateRequest)


@router.post(
    "",
    status_code=201,
    response_model=schemas.MadeKeyView,
    openapi_extra=bodies.described(schemas.KeyRequest),
)
def create_key(
    door: TheDoor, who: TheCaller, asked: Annotated[schemas.KeyRequest, Depends(new_key)]
) -> Response:
    """Make a key. The answer is the only one that has all of it: keep it, and show it nobody.

    A key of the tenant `default` makes keys of any tenant; one of another tenant makes keys of its
    own, with scopes that it has itself.
    """
    tenant = who.tenant if asked.tenant is None else TenantId(asked.tenant)
    if _reach(who) not in {None, tenant}:
        raise MissingScope("This key makes keys of its own tenant only.")
    scopes = frozenset(asked.scopes)
    _refuse_more(who, scopes)
    said = asked.model_dump(include={"expires_in_s", "requests_per_min", "jobs_per_day"})
    issued = keys.issue()
    new = keys.NewKey(
        id=issued.id,
        digest=issued.digest,
        last4=issued.last4,
        name=asked.name,
        scopes=scopes,
        tenant=tenant,
        **said,
    )
    return _made(door.stores.keys.create(new), issued)


@router.get("", response_model=schemas.KeysView)
def list_keys(door: TheDoor, who: TheCaller) -> Response:
    """List the keys, newest first: of your tenant; with a key of the tenant `default`, all."""
    found = door.stores.keys.listed(_reach(who))
    items = [views.key_view(key) for key in found]
    return Reply({"items": items, "next_cursor": None}, headers=_NO_STORE)


@router.get("/{key_id}", response_model=schemas.KeyView)
def read_key(door: TheDoor, who: TheCaller, key_id: str) -> Response:
    """Look at one key."""
    return Reply(views.key_view(_find(door, who, key_id)), headers=_NO_STORE)


@router.delete("/{key_id}", status_code=204)
def revoke_key(door: TheDoor, who: TheCaller, key_id: str) -> Response:
    """Revoke a key: it opens nothing any more, within two seconds everywhere. Safe to repeat."""
    door.stores.keys.revoke(_checked(key_id), tenant=_reach(who))
    door.keyring.forget(key_id)
    return Response(status_code=204)


@router.post(
    "/{key_id}/rotate",
    status_code=201,
    response_model=schemas.MadeKeyView,
    openapi_extra=bodies.described(schemas.RotateRequest, required=False),
)
def rotate_key(
    door: TheDoor,
    who: TheCaller,
    key_id: str,
    asked: Annotated[schemas.RotateRequest, Depends(how_to_rotate)],
) -> Response:
    """Make another key in place of one: same name, scopes, limits and length of life.

    The old one opens for `overlap_s` seconds yet (at once nothing, unless you say so), in which all
    who use it can be given the new one.
    """
    old = _find(door, who, key_id)
    _refuse_more(who, old.scopes)
    issued = keys.issue()
    made = door.stores.keys.rotate(old.id, issued, overlap_s=asked.overlap_s, tenant=_reach(who))
    door.keyring.forget(old.id)
    return _made(made, issued)


def _reach(who: Caller) -> TenantId | None:
    """Whose keys a caller manages; None: everybody's."""
    return None if who.tenant == DEFAULT_TENANT else who.tenant


def _refuse_more(who: Caller, scopes: frozenset[Scope]) -> None:
    """See that a caller gives no more than it has; who runs the service gives anything."""
    if _reach(who) is not None and not scopes <= who.scopes:
        raise MissingScope("This key makes keys with scopes that it has itself only.")


def _find(door: Door, who: Caller, key_id: str) -> ApiKey:
    """Read a key that a caller manages by what may be its id.

    Raises:
        KeyNotFound: it is none, or another tenant's.
    """
    found = door.stores.keys.find(_checked(key_id))
    if found is None or _reach(who) not in {None, found.tenant}:
        raise KeyNotFound
    return found


def _checked(key_id: str) -> str:
    if not _ID.fullmatch(key_id):
        raise KeyNotFound
    return key_id


def _made(key: ApiKey, issued: keys.Issued) -> Response:
    """Show a new key, with what makes it one."""
    headers = {"Location": f"/v1/keys/{key.id}", **_NO_STORE}
    return Reply({**views.key_view(key), "key": issued.text}, status_code=201, headers=headers)

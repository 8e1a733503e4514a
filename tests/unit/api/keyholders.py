"""Keys in the tests, and who asks with them."""

from sightsong.core import keys, ports
from sightsong.core.keys import ApiKey
from sightsong.core.tenancy import DEFAULT_TENANT, Scope, TenantId

JOBS, LIBRARY, ADMIN = Scope.JOBS, Scope.LIBRARY, Scope.ADMIN


def give_key(
    stores: ports.Stores, *scopes: Scope, tenant: str = DEFAULT_TENANT, **limits: object
) -> str:
    """Store a key; returns all of it."""
    issued = keys.issue()
    stores.keys.create(
        keys.NewKey(
            id=issued.id,
            digest=issued.digest,
            last4=issued.last4,
            name="a test's",
            scopes=frozenset(scopes or (JOBS,)),
            tenant=TenantId(tenant),
            **limits,  # type: ignore[arg-type]
        )
    )
    return issued.text


def id_of(text: str) -> str:
    """The part of a key that names it."""
    presented = keys.read(text)
    assert presented is not None
    return presented.id


def stored(stores: ports.Stores, text: str) -> ApiKey:
    """The row of a key."""
    found = stores.keys.find(id_of(text))
    assert found is not None
    return found


def bearing(text: str, **more: str) -> dict[str, str]:
    """The headers of somebody with a key."""
    return {"Authorization": f"Bearer {text}", **more}

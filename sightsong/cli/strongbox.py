"""The keys of a service whose database is at hand: no key is needed to make the first one."""

import contextlib
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from sightsong.adapters import store
from sightsong.adapters.settings import Settings
from sightsong.adapters.store import migrate
from sightsong.client import IssuedKeyView, KeyView
from sightsong.core import keys
from sightsong.core.errors import ConfigurationError, KeyNotFound
from sightsong.core.keys import ApiKey, NewKey
from sightsong.core.ports import Keys
from sightsong.core.tenancy import DEFAULT_TENANT, EVERYTHING, Scope, TenantId
from sightsong.core.times import rfc_3339
from sightsong.local import ground


class Strongbox:
    """The keys' rows themselves, asked as a client asks a service. Keys of every tenant.

    Attributes:
        place: which database they are in, in words; without its password.
    """

    def __init__(self, rows: Keys, *, place: str) -> None:
        self._rows = rows
        self.place = place

    def create_key(
        self,
        name: str,
        *,
        scopes: Sequence[str],
        tenant: str | None = None,
        expires_in_s: float | None = None,
        requests_per_min: int | None = None,
        jobs_per_day: int | None = None,
    ) -> IssuedKeyView:
        """Make a key; what is returned holds it, as nothing else will.

        Without any scopes it is for jobs; where no key is good yet, for everything: somebody must
        be able to.
        """
        if not scopes:
            scopes = [Scope.JOBS] if self._rows.has_usable() else sorted(EVERYTHING)
        issued = keys.issue()
        new = NewKey(
            id=issued.id,
            digest=issued.digest,
            last4=issued.last4,
            name=name,
            scopes=frozenset(map(Scope, scopes)),
            tenant=DEFAULT_TENANT if tenant is None else TenantId(tenant),
            expires_in_s=expires_in_s,
            requests_per_min=requests_per_min,
            jobs_per_day=jobs_per_day,
        )
        return {**_view(self._rows.create(new)), "key": issued.text}

    def keys(self) -> list[KeyView]:
        """Read all keys, newest first."""
        return [_view(key) for key in self._rows.listed(None)]

    def key(self, key_id: str) -> KeyView:
        """Read one key.

        Raises:
            KeyNotFound: there is none.
        """
        found = self._rows.find(key_id)
        if found is None:
            raise KeyNotFound
        return _view(found)

    def revoke_key(self, key_id: str) -> None:
        """Let a key open nothing from now on; again is fine.

        Raises:
            KeyNotFound: there is none.
        """
        self._rows.revoke(key_id)

    def rotate_key(self, key_id: str, *, overlap_s: float = 0) -> IssuedKeyView:
        """Make a key in the place of another, which is good for `overlap_s` more.

        Raises:
            KeyNotFound: there is none.
            Conflict: it is good no more.
        """
        issued = keys.issue()
        return {**_view(self._rows.rotate(key_id, issued, overlap_s=overlap_s)), "key": issued.text}


@contextlib.contextmanager
def opened(chosen: Settings, *, is_made: bool) -> Iterator[Strongbox]:
    """Open the keys in the database that the settings name.

    Args:
        chosen: the settings.
        is_made: whether a database in the data folder is made, or brought to the schema of this
            release, as `sightsong up` would; one that others may use as well never is.

    Raises:
        ConfigurationError: it is not there, or of another release; says which command to run.
        StoreUnavailable: it does not answer.
    """
    file = Path(chosen.database.removeprefix("sqlite:///"))
    was_there = bool(chosen.database_url) or file.exists()
    if is_made and not chosen.database_url:
        ground.prepare_folder(chosen.data_dir)
        migrate.upgrade(chosen.database)
    if not chosen.database_url and not file.exists():
        folder = shlex.quote(str(chosen.data_dir.absolute()))
        raise ConfigurationError(
            f"there is no database {file}; name the service's folder with --data, or make one with "
            f"`sightsong keys create NAME --local --data {folder}`"
        )
    if not migrate.is_current(chosen.database):
        raise ConfigurationError(
            "the database is not at the schema of this release; run `sightsong migrate` first"
        )
    stores = store.open_stores(chosen.database, chosen.blobs_dir)
    with contextlib.closing(stores):
        place = ground.without_password(chosen.database_url) if chosen.database_url else str(file)
        yield Strongbox(stores.keys, place=place if was_there else f"{place}, which is new")


def _view(key: ApiKey) -> KeyView:
    """A key as a service tells of it."""
    return {
        "id": key.id,
        "name": key.name,
        "tenant": key.tenant,
        "scopes": sorted(key.scopes),
        "last4": key.last4,
        "created_at": rfc_3339(key.created_at),
        "expires_at": _if_ever(key.expires_at),
        "revoked_at": _if_ever(key.revoked_at),
        "used_at": _if_ever(key.used_at),
        "requests_per_min": key.requests_per_min,
        "jobs_per_day": key.jobs_per_day,
    }


def _if_ever(seconds: float | None) -> str | None:
    return None if seconds is None else rfc_3339(seconds)

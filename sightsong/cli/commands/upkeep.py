"""`migrate` and `version`."""

import platform
from importlib import metadata

from sightsong.adapters import settings
from sightsong.adapters.store import migrate as migrations
from sightsong.cli import session
from sightsong.cli.options import AsJson, DataDir
from sightsong.cli.screen import Screen
from sightsong.local import ground


@session.reported
def migrate(data: DataDir = None, as_json: AsJson = False) -> None:
    """Bring the database to the schema of this release.

    The database is the one that SIGHTSONG_DATABASE_URL names, or else the one in the data folder.
    `sightsong up` does this by itself.
    """
    screen = Screen(as_json=as_json)
    chosen = settings.load(**({} if data is None else {"data_dir": data}))
    if not chosen.database_url:
        ground.prepare_folder(chosen.data_dir)
    migrations.upgrade(chosen.database)
    screen.show("the database is up to date")
    screen.result({"migrated": True})


@session.reported
def version(as_json: AsJson = False) -> None:
    """Print the version of Sightsong."""
    screen = Screen(as_json=as_json)
    release = metadata.version("sightsong")
    if not as_json:
        screen.show(release)
    screen.result({"version": release, "python": platform.python_version()})

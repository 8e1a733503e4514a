"""What the tables of a database look like, whoever made them."""

import hashlib
import json
from pathlib import Path
from typing import Any

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from sightsong.adapters.store import migrate
from sightsong.adapters.store.connect import open_database

#: By table: its columns, indexes, unique constraints and so on, each by what it says.
Shape = dict[str, dict[str, Any]]


def migrated(url: str, revision: str) -> Shape:
    """Migrate a database as an older release did; its shape then."""
    database = open_database(url)
    with database.write() as connection:
        command.upgrade(migrate._config(connection), revision)  # noqa: SLF001 - the same as `upgrade`
        found = shape(connection)
    database.close()
    return found


def revisions() -> list[str]:
    """All migrations that there are, first to last."""
    folder = str(Path(migrate.__file__).parent / "migrations")
    return [one.revision for one in ScriptDirectory(folder).walk_revisions()][::-1]


def shape(connection: Connection) -> Shape:
    """Read it from the database itself."""
    seen = inspect(connection)
    return {
        table: {
            "columns": {one["name"]: _column(one) for one in seen.get_columns(table)},
            "key": seen.get_pk_constraint(table)["constrained_columns"],
            "indexes": sorted(_index(one) for one in seen.get_indexes(table)),
            "unique": sorted(one["column_names"] for one in seen.get_unique_constraints(table)),
            "refers": sorted(
                [one["constrained_columns"], one["referred_table"], one["referred_columns"]]
                for one in seen.get_foreign_keys(table)
            ),
            "checks": sorted(one["sqltext"] for one in seen.get_check_constraints(table)),
        }
        for table in sorted(seen.get_table_names())
        if table != "alembic_version"
    }


def digest(shape: Shape) -> str:
    """Twelve letters that change when anything of it does."""
    return hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()[:12]


def _column(one: Any) -> dict[str, Any]:  # noqa: ANN401 - what SQLAlchemy reflects
    return {"type": str(one["type"]), "nullable": one["nullable"], "default": one["default"]}


def _index(one: Any) -> str:  # noqa: ANN401 - what SQLAlchemy reflects
    where = [str(said) for key, said in one.get("dialect_options", {}).items() if "where" in key]
    return json.dumps([one["name"], one["column_names"], bool(one["unique"]), where])

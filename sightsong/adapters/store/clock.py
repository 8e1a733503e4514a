"""The database's clock: the one that every time in every row is read from."""

from typing import Any

from sqlalchemy import Double, ScalarSelect, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class db_now(FunctionElement[float]):  # noqa: N801 - reads as the SQL function that it is
    """Now, in seconds since the epoch, when the database evaluates it.

    Postgres: microseconds, and not the start of the transaction, which may have waited for a lock.
    SQLite 3.40: whole milliseconds (its julianday), give or take the 40 µs that a double leaves.
    """

    type = Double()
    inherit_cache = True


def db_now_once() -> ScalarSelect[float]:
    """Now, as one number for a whole query: what an index can be searched by.

    Postgres would ask the clock again for each row, and so read them all.
    """
    return select(db_now()).scalar_subquery()


@compiles(db_now, "sqlite")
def _on_sqlite(_element: db_now, _compiler: SQLCompiler, **_options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's signature
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(db_now, "postgresql")
def _on_postgres(_element: db_now, _compiler: SQLCompiler, **_options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's signature
    return "CAST(extract(epoch FROM clock_timestamp()) AS DOUBLE PRECISION)"

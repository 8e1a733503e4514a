"""Migrations that have landed: they stay what they are, and the release before each lives on."""

import itertools

import pytest

from tests.contract import shapes

#: What the tables are like after each, on SQLite and on Postgres. A database that was migrated says
#: so for ever, and nobody looks again: what landed must never make anything else. Change nothing
#: here; add a line for each new migration.
LANDED: dict[str, tuple[str, str]] = {
    "0001": ("f6d4762424db", "d24822bf5c7d"),
    "0002": ("75bd9d37cc52", "3c32abc8731b"),
    "0003": ("57f168fc9313", "f0d099c67e9c"),
    "0004": ("9189e19d2264", "674d449d78c0"),
    "0005": ("aa34856346d1", "734ab2e3a41d"),
    "0006": ("2abeafc7cbd0", "71568752856d"),
    "0007": ("62d77381b1ab", "60f39e464fb8"),
    "0008": ("f63e2504e975", "25468c585324"),
    "0009": ("d7dda8ba63f1", "65365e1c7ea8"),
}
_KINDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.servers)]


@pytest.fixture(params=_KINDS, scope="module")
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def grown(
    kind: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, shapes.Shape]:
    """What the tables are like after each migration."""
    if kind == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('landed') / 'landed.db'}"
    else:
        url = request.getfixturevalue("new_postgres_database")("landed")
    return {one: shapes.migrated(url, one) for one in shapes.revisions()}


def test_every_migration_makes_what_it_made_when_it_landed(kind: str, grown):
    column = 0 if kind == "sqlite" else 1
    landed = {revision: digests[column] for revision, digests in LANDED.items()}
    now = {revision: shapes.digest(found) for revision, found in grown.items()}
    assert now == landed, "write a new migration instead of changing one that has landed"


def test_every_migration_lets_the_release_before_write_and_read_on(grown):
    order = list(grown)
    for before, after in itertools.pairwise(order):
        assert hindrances(grown[before], grown[after]) == [], after


def test_what_would_hinder_the_release_before_is_seen():
    column = {"type": "TEXT", "nullable": True, "default": None}
    table = {"key": [], "indexes": [], "unique": [], "refers": [], "checks": []}
    before = {"jobs": {**table, "columns": {"kept": column, "gone": column, "wider": column}}}
    columns = {
        "kept": {**column, "nullable": False},
        "wider": {**column, "type": "BLOB"},
        "demanded": {**column, "nullable": False},
        "filled": {**column, "nullable": False, "default": "0"},
        "free": column,
    }
    one_each = '["uq_jobs_kept", ["kept"], true, []]'
    after = {"jobs": {**table, "columns": columns, "indexes": [one_each]}}
    assert hindrances(before, after) == [
        "jobs.gone is gone",
        "jobs.kept became strict",
        "jobs.wider became BLOB",
        "jobs.demanded is demanded",
        f"jobs wants {one_each}",
    ]


def hindrances(before: shapes.Shape, after: shapes.Shape) -> list[str]:
    """What statements of the release before would stumble over."""
    found = [f"{table} is gone" for table in before if table not in after]
    for table, old in before.items():
        new = after.get(table, old)
        found += _of_columns(table, old["columns"], new["columns"])
        found += [
            f"{table} wants {rule}"
            for rules in ("unique", "refers", "checks")
            for rule in new[rules]
            if rule not in old[rules]
        ]
        unique = [one for one in new["indexes"] if "true" in one and one not in old["indexes"]]
        found += [f"{table} wants {one}" for one in unique]
    return found


def _of_columns(table: str, old, new) -> list[str]:
    found = [f"{table}.{name} is gone" for name in sorted(old.keys() - new.keys())]
    for name in sorted(old.keys() & new.keys()):
        if old[name]["nullable"] and not new[name]["nullable"]:
            found.append(f"{table}.{name} became strict")
        if old[name]["type"] != new[name]["type"]:
            found.append(f"{table}.{name} became {new[name]['type']}")
    return found + [
        f"{table}.{name} is demanded"
        for name in sorted(new.keys() - old.keys())
        if not new[name]["nullable"] and new[name]["default"] is None
    ]

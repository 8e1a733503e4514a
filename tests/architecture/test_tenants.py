"""No route reads or ends a job without saying whose it may be."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROUTES = sorted((ROOT / "api").rglob("*.py"))
#: Of `stores.jobs`, what finds or changes a job by an id that somebody has sent.
OWNED = {"get", "cancel", "erase"}


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """All calls of something's attribute, each with what is called: `door.stores.jobs.get`."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def says(call: ast.Call, name: str) -> bool:
    """Whether a call gives a keyword, and not as None."""
    given = [one.value for one in call.keywords if one.arg == name]
    return bool(given) and ast.unparse(given[0]) != "None"


@pytest.mark.parametrize("path", ROUTES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_route_says_whose_job_it_may_be(path):
    for called, call in calls(path):
        what, _, name = called.rpartition(".")
        if what.endswith("stores.jobs") and name in OWNED:
            assert says(call, "tenant"), f"{called} in line {call.lineno}"
        if called.endswith(("erasing.erase_job", "erasing.erase_batch", "JobFilter")):
            assert says(call, "tenant"), f"{called} in line {call.lineno}"


@pytest.mark.parametrize("store", ["batches", "webhooks"])
@pytest.mark.parametrize("path", ROUTES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_route_says_whose_batch_or_webhook_it_may_be(path, store):
    for called, call in calls(path):
        if f"stores.{store}." in called and called.rpartition(".")[2] in OWNED:
            assert says(call, "tenant"), f"{called} in line {call.lineno}"


def test_the_routes_are_looked_at():
    found = [called for path in ROUTES for called, _ in calls(path)]

    assert sum(called.endswith("stores.jobs.get") for called in found) >= 1
    assert any(called.endswith("stores.jobs.cancel") for called in found)

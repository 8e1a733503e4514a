"""A service of real processes to be hurt, with servers of its own; and the figures of a run."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.estate import Estate, open_estate
from tests.faults.figures import Figure, Figures

_KEPT: list[Figure] = []


@pytest.fixture(params=["embedded", pytest.param("servers", marks=pytest.mark.servers)])
def store(request: pytest.FixtureRequest) -> str:
    """Where the jobs lie: SQLite and a folder, or Postgres and Redis."""
    return str(request.param)


@pytest.fixture
def estate(store: str, tmp_path: Path) -> Iterator[Estate]:
    """A service that is not yet up, on either store; its servers are."""
    with open_estate(store, tmp_path) as estate:
        yield estate


@pytest.fixture
def on_servers(tmp_path: Path) -> Iterator[Estate]:
    """A service on Postgres and Redis that is not yet up; its servers are."""
    with open_estate("servers", tmp_path) as estate:
        yield estate


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Estate]:
    """A service on SQLite and a folder that is not yet up."""
    with open_estate("embedded", tmp_path) as estate:
        yield estate


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Figures:
    """Where a test puts what it measures; its row is that of its mark `row`."""
    mark = request.node.get_closest_marker("row")
    store = request.getfixturevalue("store") if "store" in request.fixturenames else ""
    return Figures(_KEPT, row=str(mark.args[0]) if mark else "", store=store)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show all figures, in the order of the fault table."""
    if not _KEPT:
        return
    terminalreporter.section("figures of the fault suite")
    for figure in sorted(_KEPT, key=lambda one: (len(one.row), one.row, one.store)):
        terminalreporter.write_line(f"{'' if figure.holds else 'MISSED '}{figure}")

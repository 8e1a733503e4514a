"""A service of real processes to be hurt, with servers of its own; and the figures of a run."""

import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.daemons import Postgres, Redis, server_folder
from tests.e2e.service import Service
from tests.faults.estate import Estate
from tests.faults.figures import Figure, Figures

_KEPT: list[Figure] = []


@pytest.fixture(params=["embedded", pytest.param("servers", marks=pytest.mark.servers)])
def store(request: pytest.FixtureRequest) -> str:
    """Where the jobs lie: SQLite and a folder, or Postgres and Redis."""
    return str(request.param)


@pytest.fixture
def estate(store: str, tmp_path: Path) -> Iterator[Estate]:
    """A service that is not yet up, on either store; its servers are."""
    with ExitStack() as stack:
        estate = _on_servers(stack, tmp_path) if store == "servers" else _embedded(tmp_path)
        stack.callback(estate.service.down)
        yield estate


@pytest.fixture
def on_servers(tmp_path: Path) -> Iterator[Estate]:
    """A service on Postgres and Redis that is not yet up; its servers are."""
    with ExitStack() as stack:
        estate = _on_servers(stack, tmp_path)
        stack.callback(estate.service.down)
        yield estate


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Estate]:
    """A service on SQLite and a folder that is not yet up."""
    estate = _embedded(tmp_path)
    try:
        yield estate
    finally:
        estate.service.down()


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


def _embedded(folder: Path) -> Estate:
    return Estate(service=Service(folder / "data"))


def _on_servers(stack: ExitStack, folder: Path) -> Estate:
    postgres = stack.enter_context(Postgres(stack.enter_context(server_folder())))
    redis = stack.enter_context(Redis(stack.enter_context(server_folder())))
    urls = {
        "SIGHTSONG_DATABASE_URL": postgres.create(f"faults{uuid.uuid4().hex[:8]}"),
        "SIGHTSONG_BROKER_URL": redis.url,
    }
    return Estate(service=Service(folder / "data", env=urls), postgres=postgres, redis=redis)

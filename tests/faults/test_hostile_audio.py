"""A hundred broken and odd audio files, by each door that music comes in through."""

import csv
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from indexer.scan import is_audio
from tests.e2e.service import DEMO_TRACKS, Service
from tests.faults.estate import Estate
from tests.faults.figures import Figures
from tests.faults.processes import memory_of
from tests.waiting import wait_until

HOSTILE = Path(__file__).parents[3] / "shared" / "data" / "hostile" / "audio"
pytestmark = [
    pytest.mark.processes,
    pytest.mark.faults,
    pytest.mark.long,
    pytest.mark.skipif(not HOSTILE.is_dir(), reason="the hostile audio files are not here"),
]

_FILES = 100
_LONGEST_S = 30.0
#: What a worker's processes may keep of all that, in bytes: heaps do not shrink to the byte.
_KEPT_BYTES = 96 * 2**20
#: What `docs/errors.md` knows of a track or a file of an ingest.
_ERRORS = Path(__file__).parents[2] / "docs" / "errors.md"


def documented() -> set[str]:
    """The codes that a track or a piece of an ingest may end with, as the document says."""
    cells = [line.split("|") for line in _ERRORS.read_text("utf-8").splitlines()]
    rows = [row for row in cells if len(row) > 4 and row[1].strip().startswith("`")]
    return {
        row[1].strip(" `")
        for row in rows
        if {"track", "problem"} & set(row[3].replace(",", " ").split())
    }


def hostile_files() -> list[Path]:
    with (HOSTILE / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return [HOSTILE / row["file"] for row in csv.DictReader(file)]


def by_folder(service: Service, _scratch: Path) -> str:
    return asked(service, json={"path": str(HOSTILE)})


def by_upload(service: Service, _scratch: Path) -> str:
    files = [("file", (path.name, path.read_bytes())) for path in hostile_files()]
    return asked(service, files=files)


def by_zip(service: Service, scratch: Path) -> str:
    archive = scratch / "hostile.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for path in hostile_files():
            packed.write(path, path.name)
    return asked(service, json={"path": str(archive)})


def asked(service: Service, **body: Any) -> str:  # noqa: ANN401 - as httpx takes it
    answer = service.client.post("/v1/ingests", **body)
    assert answer.status_code == 202, answer.text
    return f"/v1/ingests/{answer.json()['id']}"


def problems_of(service: Service, ingest: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        params = {"limit": 50} | ({"cursor": cursor} if cursor else {})
        page = service.client.get(f"{ingest}/problems", params=params).raise_for_status().json()
        found += page["items"]
        if not (cursor := page["next_cursor"]):
            return found


@pytest.mark.parametrize("come_in", [by_folder, by_upload, by_zip])
def test_each_hostile_file_ends_with_a_documented_code_and_leaves_nothing_behind(
    embedded: Estate, tmp_path: Path, figures: Figures, come_in: Callable[[Service, Path], str]
):
    assert len(hostile_files()) == _FILES
    service = embedded.service
    service.up()
    service.ingest(DEMO_TRACKS)
    worker = service.process_of("workers")
    base = memory_of(worker.pid)
    ingest = come_in(service, tmp_path)
    wait_until(lambda: service.client.get(ingest).json()["done"], within_s=300, every_s=0.2)
    report, problems = service.client.get(ingest).json(), problems_of(service, ingest)
    ended = report["tracks"]["succeeded"] + len(problems) + report["scan"]["duplicates"]
    assert ended == report["scan"]["found"], report
    # An archive's files of other endings are passed over without a count.
    assert report["scan"]["found"] >= sum(is_audio(path.name) for path in hostile_files())
    assert {one["code"] for one in problems} <= documented()
    figures.measured(
        f"{come_in.__name__}: heard of {_FILES}", report["tracks"]["succeeded"], at_least=5
    )
    figures.measured(
        f"{come_in.__name__}: slowest file", slowest_s(service), "s", at_most=_LONGEST_S
    )
    assert [service.process_of(door).poll() for door in ("api", "workers", "indexer")] == [None] * 3
    grown = memory_of(worker.pid) - base
    figures.measured(
        f"{come_in.__name__}: memory that the worker kept",
        grown / 2**20,
        "MiB",
        at_most=_KEPT_BYTES / 2**20,
    )
    assert service.rows("SELECT max(attempt) FROM jobs WHERE kind = 'embed'") == [(1,)]


def slowest_s(service: Service) -> float:
    """The longest that a track's job took, from its claim to its end."""
    (row,) = service.rows("SELECT max(finished_at - started_at) FROM jobs WHERE kind = 'embed'")
    return float(row[0])

"""A data folder whose music another model has heard: what its user sees, and that it heals."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from sightsong.adapters.store.connect import open_database
from sightsong.core import affect_space
from tests.e2e.service import DEMO_TRACKS, Service
from tests.waiting import wait_until

pytestmark = pytest.mark.processes


def hear_with_another(service: Service) -> None:
    """Leave the folder as a release with another music model would have left it."""
    database = open_database(service.database_url)
    other = {"other": "sightsong/affect-space@0", "this": affect_space.SPACE}
    try:
        with database.write() as connection:
            for table in ("embeddings", "spaces", "snapshots", "gone", "queries", "phrases"):
                move = f"UPDATE {table} SET space = :other WHERE space = :this"  # noqa: S608 - ours
                connection.execute(text(move), other)
    finally:
        database.close()


def library_ingests(service: Service) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = service.client.get("/v1/ingests").json()["items"]
    return [one for one in items if one["source"]["kind"] == "library"]


def index_detail(service: Service) -> str:
    try:
        return str(service.client.get("/readyz").json()["checks"]["index"]["detail"])
    except httpx.TransportError:
        return ""


def test_a_library_that_another_model_has_heard_is_found_again_by_itself(tmp_path: Path):
    before = Service(tmp_path / "data")
    try:
        before.up()
        before.ingest(DEMO_TRACKS)
        tracks = before.client.get("/v1/tracks").json()["items"]
    finally:
        before.down()
    hear_with_another(before)

    after = Service(tmp_path / "data")
    try:
        after.start("api")
        wait_until(lambda: "another than the one that heard" in index_detail(after), within_s=60)
        after.start("workers")
        after.start("indexer")
        wait_until(lambda: [one["done"] for one in library_ingests(after)] == [True], within_s=300)
        asked = {"text": "calm", "top_k": 12, "per_artist": 12}
        found = after.client.post("/v1/jobs", json=asked, headers={"Prefer": "wait=20"}).json()
        ids = {match["track_id"] for match in found["result"]["matches"]}
        assert ids == {track["id"] for track in tracks}
        assert after.client.get("/v1/tracks").json()["items"] == tracks, "nothing else has changed"
    finally:
        after.down()

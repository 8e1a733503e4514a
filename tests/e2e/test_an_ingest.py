"""Bulk ingestion through the whole service: hurt, hostile, stopped, watched."""

import shutil
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.e2e.service import DEMO_TRACKS, Service
from tests.waiting import wait_until

pytestmark = pytest.mark.processes

_HOSTILE = Path(__file__).parents[3] / "shared" / "data" / "hostile" / "audio"
#: Everything about a library except ids and times.
_TRACKS = """
    SELECT t.sha256, t.state, t.duration_s, t.valence, t.arousal, e.vector, e.windows, e.digest
    FROM tracks t LEFT JOIN embeddings e ON e.track_id = t.id ORDER BY t.sha256
"""
_FILES = "SELECT path, size_bytes, verdict FROM track_files ORDER BY path"


def rows(service: Service, query: str) -> list[tuple[Any, ...]]:
    return [tuple(_plain(value) for value in row) for row in service.rows(query)]


def _plain(value: object) -> object:
    return bytes(value) if isinstance(value, memoryview) else value


def begin(service: Service, *paths: Path, **wish: object) -> str:
    body = {"paths": [str(path) for path in paths]} | wish
    answer = service.client.post("/v1/ingests", json=body)
    assert answer.status_code == 202, answer.text
    return f"/v1/ingests/{answer.json()['id']}"


def view(service: Service, ingest: str) -> dict[str, Any]:
    answer = service.client.get(ingest)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def ended(service: Service, ingest: str) -> int:
    tracks = view(service, ingest)["tracks"]
    return sum(tracks.values()) - tracks["queued"] - tracks["running"]


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """The demo's tracks, each twice with other bytes behind its sound."""
    folder = tmp_path / "music"
    folder.mkdir()
    for track in sorted(DEMO_TRACKS.glob("*.ogg")):
        for i in range(2):
            (folder / f"{i} {track.name}").write_bytes(track.read_bytes() + b"\0" * i)
    return folder


def test_an_ingest_hurt_again_and_again_ends_as_one_that_was_left_alone(
    own_service: Service, music: Path, tmp_path: Path
):
    own_service.up()
    worker, indexer = own_service.process_of("workers"), own_service.process_of("indexer")
    hurt = begin(own_service, music)
    for done in (0, 3, 8, 13):
        wait_until(lambda done=done: ended(own_service, hurt) >= done, within_s=60)
        for process in (indexer, worker):
            own_service.kill(process)
        worker, indexer = own_service.start("workers"), own_service.start("indexer")
    wait_until(lambda: view(own_service, hurt)["done"], within_s=120, every_s=0.1)

    alone = Service(tmp_path / "left alone")
    try:
        alone.up()
        quiet = view(alone, f"/v1/ingests/{alone.ingest(music)['id']}")
        after = view(own_service, hurt)
        assert (after["scan"], after["tracks"]) == (quiet["scan"], quiet["tracks"])
        assert rows(own_service, _TRACKS) == rows(alone, _TRACKS)
        assert rows(own_service, _FILES) == rows(alone, _FILES)
    finally:
        alone.down()


@pytest.mark.skipif(not _HOSTILE.is_dir(), reason="the hostile audio files are not here")
def test_every_hostile_file_ends_with_a_word_and_hurts_no_other(demo_service: Service):
    ingest = begin(demo_service, _HOSTILE)
    began = time.monotonic()
    wait_until(lambda: view(demo_service, ingest)["done"], within_s=120, every_s=0.2)
    took_s = time.monotonic() - began
    report = view(demo_service, ingest)
    problems: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = demo_service.client.get(
            f"{ingest}/problems", params={"limit": 50} | ({"cursor": cursor} if cursor else {})
        ).json()
        problems += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    failed = Counter(one["code"] for one in problems)
    assert set(failed) <= {
        "audio_broken",
        "audio_silent",
        "audio_too_short",
        "audio_too_long",
        "audio_protected",
        "unsupported_audio",
        "unreadable",
    }
    heard = report["tracks"]["succeeded"]
    assert heard + failed.total() + report["scan"]["duplicates"] == report["scan"]["found"]
    assert heard > 0
    assert took_s < 60
    assert demo_service.process_of("workers").poll() is None


@pytest.fixture
def long_music(tmp_path: Path) -> Path:
    """Enough to be stopped in the midst of it: 24 tracks of four minutes."""
    folder = tmp_path / "long"
    folder.mkdir()
    noise = np.random.default_rng(7).normal(0, 0.1, 22_050 * 240).astype(np.float32)
    for i in range(24):
        soundfile.write(folder / f"{i:02}.flac", np.roll(noise, i * 1000), 22_050)
    return folder


def test_an_ingest_can_be_paused_resumed_and_given_up(own_service: Service, long_music: Path):
    own_service.up()
    ingest = begin(own_service, long_music)
    wait_until(lambda: ended(own_service, ingest) >= 1, within_s=60)
    paused = own_service.client.post(f"{ingest}/pause")
    assert (paused.status_code, paused.json()["status"]) == (200, "paused")
    wait_until(lambda: view(own_service, ingest)["tracks"]["running"] == 0, within_s=60)
    at_rest = ended(own_service, ingest)
    assert at_rest < 24
    time.sleep(2)  # two rounds of looking for work
    assert ended(own_service, ingest) == at_rest
    own_service.client.post(f"{ingest}/resume")
    wait_until(lambda: ended(own_service, ingest) > at_rest, within_s=60)
    canceled = own_service.client.post(f"{ingest}/cancel").json()
    assert (canceled["status"], canceled["done"]) == ("canceled", True)
    states = view(own_service, ingest)["tracks"]
    assert states["canceled"] > 0
    again = own_service.ingest(long_music)
    assert again["tracks"]["succeeded"] == states["canceled"]


def test_a_watched_folder_is_kept_in_step(own_service: Service, tmp_path: Path):
    folder = tmp_path / "watched"
    folder.mkdir()
    tracks = sorted(DEMO_TRACKS.glob("*.ogg"))[:3]
    for track in tracks[:2]:
        shutil.copy(track, folder)
    own_service.up()
    begin(own_service, folder, watch=True)

    def titles() -> int:
        listed = own_service.client.get("/v1/tracks", params={"state": "ready"}).json()
        return len(listed["items"])

    wait_until(lambda: titles() == 2, within_s=60, every_s=0.1)
    shutil.copy(tracks[2], folder)
    wait_until(lambda: titles() == 3, within_s=60, every_s=0.1)
    (folder / tracks[0].name).unlink()
    wait_until(lambda: titles() == 2, within_s=60, every_s=0.1)

"""The main job, through real processes: a photo in, songs out."""

import json

import pytest

from tests.e2e.service import DEMO_PHOTOS, DEMO_TRACKS, Service

pytestmark = pytest.mark.processes


def photos() -> list[bytes]:
    return [path.read_bytes() for path in sorted(DEMO_PHOTOS.glob("*.jpg"))]


def test_each_demo_photo_gets_emotion_caption_and_five_songs(demo_service: Service):
    for photo in photos():
        job = demo_service.finish(demo_service.submit(photo))
        assert job["state"] == "succeeded"
        result = job["result"]
        assert sum(result["emotion"]["distribution"].values()) == pytest.approx(1.0)
        assert result["caption"] != result["emotional_caption"]
        assert [match["rank"] for match in result["matches"]] == [1, 2, 3, 4, 5]
        assert result["receipt"]["index_snapshot"]


def test_the_same_photo_twice_gives_the_same_bytes(demo_service: Service):
    photo = photos()[0]
    results = [
        demo_service.finish(demo_service.submit(photo, top_k=12))["result"] for _ in range(2)
    ]
    first, second = (json.dumps(result["matches"]) for result in results)
    assert first == second
    assert results[0]["receipt"] == results[1]["receipt"]


def test_a_photo_alone_and_in_a_crowd_gives_the_same_bytes(demo_service: Service):
    alone = demo_service.finish(demo_service.submit(photos()[1]))
    ids = [demo_service.submit(photo) for photo in photos() * 5]
    crowd = [demo_service.finish(job_id) for job_id in ids]
    assert max(job["result"]["timings_ms"]["batch"] for job in crowd) > 1
    for job in crowd[1::4]:
        assert json.dumps(job["result"]["matches"]) == json.dumps(alone["result"]["matches"])


def test_different_photos_get_different_songs(demo_service: Service):
    first_songs = {
        demo_service.finish(demo_service.submit(photo))["result"]["matches"][0]["title"]
        for photo in photos()
    }
    assert len(first_songs) >= 3


def test_the_song_of_a_match_can_be_heard_from_its_best_window(demo_service: Service):
    job = demo_service.finish(demo_service.submit(photos()[0]))
    match = job["result"]["matches"][0]
    part = demo_service.client.get(match["audio_url"], headers={"Range": "bytes=0-99"})
    assert (part.status_code, len(part.content)) == (206, 100)
    assert part.headers["content-type"] == "audio/ogg"
    assert match["window_start_s"] >= 0


def test_a_photo_that_is_truncated_fails_with_a_code(demo_service: Service):
    job = demo_service.finish(demo_service.submit(photos()[0][:2000]))
    assert (job["state"], job["error"]["code"]) == ("failed", "image_broken")


def test_a_second_ingest_of_the_same_folder_does_nothing_twice(demo_service: Service):
    before = demo_service.client.get("/v1/indexes").json()["active"]
    again = demo_service.ingest(DEMO_TRACKS)
    assert (again["scan"]["new"], again["scan"]["known"]) == (0, 12)
    assert demo_service.client.get("/v1/indexes").json()["active"] == before

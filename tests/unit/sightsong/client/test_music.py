"""What the client sends about ingests and tracks."""

from pathlib import Path

import httpx
import pytest

from sightsong.client import Client, ProblemResponse
from tests.unit.sightsong.fake_service import FakeService, problem
from tests.unit.sightsong.ingest_views import ingest, page, trouble


def test_an_ingest_says_only_what_is_wished(client: Client, service: FakeService, tmp_path: Path):
    service.on("POST", "/v1/ingests", ingest(done=False))
    client.ingest(tmp_path, "/other", dry_run=True, restore=True)
    wanted = {"paths": [str(tmp_path), "/other"], "dry_run": True, "restore": True}
    assert service.sent("POST", "/v1/ingests") == wanted


def test_an_address_is_taken_in_by_itself(client: Client, service: FakeService):
    service.on("POST", "/v1/ingests", ingest(done=False))
    client.ingest("s3://bucket/music")
    assert service.sent("POST", "/v1/ingests") == {"url": "s3://bucket/music"}
    with pytest.raises(ValueError, match="by itself"):
        client.ingest("s3://bucket/music", "/other")


def test_nothing_is_no_ingest(client: Client, service: FakeService):
    with pytest.raises(ValueError, match="nothing"):
        client.ingest()
    assert service.requests == []


def test_an_upload_is_a_form_of_the_files(client: Client, service: FakeService, tmp_path: Path):
    song = tmp_path / 'a "song".mp3'
    song.write_bytes(b"m" * 600_000)
    service.on("POST", "/v1/ingests", ingest(done=False))
    counted: list[int] = []
    client.upload_music([song], dry_run=True, on_bytes=counted.append)
    [request] = service.requests
    assert dict(request.url.params) == {"dry_run": "true"}
    assert b'name="file"; filename="a %22song%22.mp3"' in request.content
    assert b"\r\n\r\n" + b"m" * 600_000 + b"\r\n--" in request.content
    assert int(request.headers["content-length"]) == len(request.content)
    assert "transfer-encoding" not in request.headers
    assert (sum(counted), len(counted) > 1) == (600_000, True)


def test_an_upload_that_was_refused_for_now_is_sent_whole_again(
    client: Client, service: FakeService, tmp_path: Path
):
    song = tmp_path / "song.mp3"
    song.write_bytes(b"music")
    later = problem(503, "insufficient_storage", "later", **{"Retry-After": "1"})
    service.on("POST", "/v1/ingests", later, ingest(done=False))
    client.upload_music({"album/song.mp3": song})
    first, second = service.asked("POST", "/v1/ingests")
    assert first.content == second.content
    assert b'filename="album/song.mp3"' in second.content


def test_a_file_that_becomes_shorter_ends_the_upload(client: Client, tmp_path: Path):
    song = tmp_path / "song.mp3"
    song.write_bytes(b"m" * 300_000)

    def cut(_count: int) -> None:
        song.write_bytes(b"")

    with pytest.raises(OSError, match="shorter"):
        client.upload_music([song], on_bytes=cut)


def test_problems_come_page_by_page(client: Client, service: FakeService):
    first = {"items": [trouble(1)], "next_cursor": "more"}
    service.on("GET", "/v1/ingests/i-1/problems", first, page(trouble(2)))
    found = [row["file"][0] for row in client.problems("i-1")]
    assert found == ["1", "2"]
    assert [r.url.params.get("cursor") for r in service.requests] == [None, "more"]


@pytest.mark.parametrize("word", ["pause", "resume", "cancel", "retry"])
def test_an_ingest_is_told_what_to_do_by_a_post(client: Client, service: FakeService, word: str):
    service.on("POST", f"/v1/ingests/i-1/{word}", ingest(done=False, retried=0))
    assert getattr(client, f"{word}_ingest")("i-1")["id"] == "i-1"


def test_watches_are_read_and_ended(client: Client, service: FakeService):
    service.on("GET", "/v1/watches", page({"id": "w-1", "path": "/m"}))
    service.on("DELETE", "/v1/watches/w-1", httpx.Response(204))
    [watched] = client.watches()
    client.unwatch(watched["id"])
    assert len(service.asked("DELETE", "/v1/watches/w-1")) == 1


def test_tracks_are_asked_for_by_what_they_are(client: Client, service: FakeService):
    service.on("GET", "/v1/tracks", page({"id": "a"}))
    assert [track["id"] for track in client.tracks(genre="jazz", q="morning")] == ["a"]
    [request] = service.requests
    assert dict(request.url.params) == {"genre": "jazz", "q": "morning", "limit": "100"}


def test_an_edit_sends_only_what_is_said(client: Client, service: FakeService):
    service.on("PATCH", "/v1/tracks/t-1", {"id": "t-1", "title": "New"})
    assert client.edit_track("t-1", title="New", mood=None)["title"] == "New"
    assert service.sent("PATCH", "/v1/tracks/t-1") == {"title": "New", "mood": None}


def test_a_removed_track_needs_no_answer(client: Client, service: FakeService):
    service.on("DELETE", "/v1/tracks/t-1", httpx.Response(204))
    client.remove_track("t-1")
    assert len(service.requests) == 1


def test_a_preview_is_a_piece_as_ogg(client: Client, service: FakeService):
    service.on("GET", "/v1/tracks/t-1/audio", httpx.Response(200, content=b"OggS"))
    assert client.preview("t-1", start_s=40, duration_s=5) == b"OggS"
    [request] = service.requests
    assert dict(request.url.params) == {"format": "ogg", "start": "40", "duration": "5"}


def test_a_track_without_a_cover_is_a_problem(client: Client, service: FakeService):
    service.on("GET", "/v1/tracks/t-1/cover", problem(404, "no_cover", "It has none."))
    with pytest.raises(ProblemResponse) as refused:
        client.cover("t-1")
    assert refused.value.code == "no_cover"


def test_a_recording_is_asked_for_as_often_as_it_is_there(client: Client, service: FakeService):
    service.on("POST", "/v1/jobs", {"id": "j-1", "state": "queued"})
    client.submit_photo(b"\xff\xd8\xff", duplicates=True)
    assert dict(service.requests[0].url.params) == {"duplicates": "true"}

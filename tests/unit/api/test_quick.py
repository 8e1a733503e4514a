"""The short way of a request without parameters answers as the long way of one with some."""

from api.access import USER_HEADER
from tests.unit.api.asking import image_bytes


def plain(answer):
    """An answer without what differs each time."""
    left_out = ("x-request-id", "location", "content-length", "etag")
    headers = {name: value for name, value in answer.headers.items() if name not in left_out}
    body = answer.json()
    for name in ("id", "created_at", "request_id", "instance"):
        body.pop(name, None)
    return answer.status_code, headers, body


def test_a_submit_is_the_same_both_ways(caller):
    image = image_bytes()
    short = caller.post("/v1/jobs", content=image, headers={"Content-Type": "image/png"})
    long = caller.post("/v1/jobs?cache=true", content=image, headers={"Content-Type": "image/png"})
    assert short.status_code == 202
    assert plain(short) == plain(long)


def test_a_refused_submit_is_the_same_both_ways(caller):
    for content, kind in ((b"no image", "image/png"), (b"{}", "application/json")):
        headers = {"Content-Type": kind}
        short = caller.post("/v1/jobs", content=content, headers=headers)
        long = caller.post("/v1/jobs?cache=true", content=content, headers=headers)
        assert short.status_code in {415, 422}
        assert plain(short) == plain(long)


def test_a_poll_is_the_same_both_ways(caller):
    job = caller.submit(image_bytes()).json()
    path = f"/v1/jobs/{job['id']}"
    short, long = caller.get(path), caller.get(f"{path}?wait=0")
    assert short.status_code == 200
    assert plain(short) == plain(long)
    known = {"If-None-Match": short.headers["etag"]}
    assert caller.get(path, headers=known).status_code == 304
    assert caller.get(f"{path}?wait=0", headers=known).status_code == 304


def test_who_asks_is_looked_at_on_the_short_way_too(caller):
    refused = caller.get("/v1/jobs/none", headers={USER_HEADER: "x" * 65})
    assert refused.status_code == 422

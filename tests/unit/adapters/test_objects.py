"""Object stores: fsspec's memory, and S3 as moto's server on loopback plays it."""

import io
import sys
from datetime import UTC, datetime

import pytest

from sightsong.adapters.objects import ObjectStores
from sightsong.core.errors import ConfigurationError, FetchFailed, UrlNotAllowed

FILES = {
    "music/b.mp3": b"B" * 3,
    "music/a/2.mp3": b"second",
    "music/a/1.mp3": b"first",
    "music/.hidden/x.mp3": b"no",
    "music/a/.part": b"no",
    "musical.mp3": b"no",
    "other/c.mp3": b"no",
}
WRONG = [
    "bucket://shop/music",
    "memory://shop",
    "memory://shop/musical.mp3",
    "memory://shop/music/../other/c.mp3",
    "memory://shop/music/./b.mp3",
    "memory://shop/music//b.mp3",
    "memory://shop/music/b.mp3::file:///etc/passwd",
    "memory://shop/music/b.mp3::other",
    "simplecache::memory://shop/music/b.mp3",
    "file:///etc/passwd",
    "/etc/passwd",
    "MEMORY://shop/music",
    "memory://shop/music/\n",
    "memory://shop/music/a\\..\\b",
    "s3://shop/music",
    "",
]


@pytest.fixture
def memory():
    fsspec = pytest.importorskip("fsspec", reason="the extra s3 is not installed")
    store = fsspec.filesystem("memory")
    for key, content in FILES.items():
        store.pipe(f"/shop/{key}", content)
    yield ObjectStores(["memory://shop/music/"])
    store.rm("/shop", recursive=True)


@pytest.fixture(scope="module")
def s3_options():
    """What it takes to reach a server of S3 on loopback that holds FILES."""
    server_module = pytest.importorskip("moto.server", reason="moto is not installed")
    pytest.importorskip("s3fs", reason="the extra s3 is not installed")
    server = server_module.ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    options = {"key": "k", "secret": "very-secret", "endpoint_url": f"http://{host}:{port}"}
    options |= {"client_kwargs": {"region_name": "eu-west-1"}, "skip_instance_cache": True}
    try:
        _fill(options)
        yield options
    finally:
        server.stop()


def _fill(options) -> None:
    import s3fs  # noqa: PLC0415 - it may be absent

    store = s3fs.S3FileSystem(**options)
    store.mkdir("shop")
    for key, content in FILES.items():
        store.pipe(f"shop/{key}", content)
    store.touch("shop/music/a/")  # the mark that consoles make for a folder


@pytest.fixture
def s3(s3_options):
    return ObjectStores(["s3://shop/music"], options=s3_options)


def fetched(stores, url, *, start=0, size=None):
    to = io.BytesIO()
    stores.fetch(url, to, start=start, size=size)
    return to.getvalue()


@pytest.mark.parametrize("kind", ["memory", "s3"])
def test_what_lies_below_an_address_is_listed_by_name_without_hidden_files(kind, request):
    found = list(request.getfixturevalue(kind).listing(f"{kind}://shop/music"))
    names = ["music/a/1.mp3", "music/a/2.mp3", "music/b.mp3"]
    assert [file.url for file in found] == [f"{kind}://shop/{name}" for name in names]
    assert [file.size_bytes for file in found] == [5, 6, 3]


@pytest.mark.parametrize("kind", ["memory", "s3"])
def test_a_listed_file_tells_when_it_was_written(kind, request):
    now_ns = datetime.now(UTC).timestamp() * 1e9
    for file in request.getfixturevalue(kind).listing(f"{kind}://shop/music/"):
        assert abs(file.mtime_ns - now_ns) < 600e9


@pytest.mark.parametrize("kind", ["memory", "s3"])
def test_one_file_is_listed_as_itself(kind, request):
    url = f"{kind}://shop/music/b.mp3"
    assert [file.url for file in request.getfixturevalue(kind).listing(url)] == [url]


@pytest.mark.parametrize("kind", ["memory", "s3"])
@pytest.mark.parametrize(
    ("part", "content"),
    [
        ({}, b"second"),
        ({"start": 2}, b"cond"),
        ({"start": 1, "size": 3}, b"eco"),
        ({"size": 0}, b""),
        ({"start": 4, "size": 100}, b"nd"),
    ],
)
def test_a_file_or_a_part_of_it_is_fetched(kind, request, part, content):
    stores = request.getfixturevalue(kind)
    assert fetched(stores, f"{kind}://shop/music/a/2.mp3", **part) == content


@pytest.mark.parametrize("kind", ["memory", "s3"])
def test_a_file_that_is_not_there_cannot_be_fetched(kind, request):
    with pytest.raises(FetchFailed, match="nothing lies"):
        fetched(request.getfixturevalue(kind), f"{kind}://shop/music/none.mp3")


@pytest.mark.parametrize("kind", ["memory", "s3"])
def test_a_folder_that_is_not_there_cannot_be_listed(kind, request):
    with pytest.raises(FetchFailed, match="nothing lies"):
        list(request.getfixturevalue(kind).listing(f"{kind}://shop/music/none"))


@pytest.mark.parametrize("url", WRONG)
def test_only_allowed_addresses_are_listed_or_fetched(memory, url):
    with pytest.raises(UrlNotAllowed):
        list(memory.listing(url))
    with pytest.raises(UrlNotAllowed):
        fetched(memory, url)


def test_where_nothing_is_allowed_nothing_is_read():
    with pytest.raises(UrlNotAllowed):
        fetched(ObjectStores([]), "s3://shop/music/b.mp3")


@pytest.mark.parametrize(
    "allowed", ["s3://", "s3", "file:///music", "s3://a::b", "s3://u:p@b", "s3://b/../c", "any://b"]
)
def test_an_allow_list_that_cannot_work_is_told_at_once(allowed):
    with pytest.raises(ConfigurationError):
        ObjectStores([allowed])


def test_a_whole_file_of_several_requests_arrives_whole(s3_options):
    s3fs = pytest.importorskip("s3fs")
    content = bytes(range(256)) * 40_000  # 10 MB: more than is asked for at once
    s3fs.S3FileSystem(**s3_options).pipe("shop/large/a.wav", content)
    stores = ObjectStores(["s3://shop/large"], options=s3_options)
    assert fetched(stores, "s3://shop/large/a.wav") == content


def test_a_store_that_does_not_answer_is_told_without_its_keys(s3_options):
    options = s3_options | {
        "endpoint_url": "http://127.0.0.1:9",
        "config_kwargs": {"retries": {"max_attempts": 0}},
    }
    stores = ObjectStores(["s3://shop"], options=options)
    with pytest.raises(FetchFailed) as raised:
        list(stores.listing("s3://shop/music"))
    assert "secret" not in raised.value.detail
    assert "127.0.0.1" not in raised.value.detail


def test_a_disk_that_is_full_is_no_fault_of_the_store(memory):
    class Full(io.BytesIO):
        def write(self, content) -> int:
            raise OSError(28, "no room")

        def writelines(self, lines) -> None:
            for line in lines:
                self.write(line)

    with pytest.raises(OSError, match="no room"):
        memory.fetch("memory://shop/music/b.mp3", Full())


@pytest.mark.parametrize("scheme", ["gs", "az"])
def test_a_missing_package_is_named(scheme):
    package = {"gs": "gcsfs", "az": "adlfs"}[scheme]
    if package in sys.modules:
        pytest.skip(f"{package} is installed")
    with pytest.raises(ConfigurationError, match=package):
        fetched(ObjectStores([f"{scheme}://shop"]), f"{scheme}://shop/a.mp3")

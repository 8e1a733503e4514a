"""Object stores (S3, Google Cloud Storage, Azure), read in place through fsspec.

Credentials and endpoints come from where each store's own library looks for them (`AWS_…`,
`AWS_ENDPOINT_URL`, a role of the machine): they pass through no setting of ours.
"""

import importlib
import re
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO

from sightsong.core.errors import ConfigurationError, FetchFailed, UrlNotAllowed
from sightsong.core.ports import RemoteFile

#: What must be installed for each kind of address. `memory` is fsspec's own, for tests.
_PACKAGES = {"s3": "s3fs", "gs": "gcsfs", "az": "adlfs", "memory": "fsspec"}
_EXTRA = "s3"

#: A bucket, without a port or a user, and a key.
_PATH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[^/]+)*")
#: Longest address; keys of S3 have 1024 bytes at most.
_LONGEST = 2048
#: Bytes of one request.
_CHUNK = 8 * 1024 * 1024
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: When a file was last written, as each library calls it.
_TIMES = ("LastModified", "mtime", "last_modified", "updated", "created")
#: What the libraries raise besides `OSError`, by module and name.
_THEIR_ERRORS = (
    ("botocore.exceptions", "BotoCoreError"),
    ("botocore.exceptions", "ClientError"),
    ("aiohttp", "ClientError"),
    ("google.auth.exceptions", "GoogleAuthError"),
    ("azure.core.exceptions", "AzureError"),
)


class ObjectStores:
    """The `Objects` port over fsspec: only what lies at or below the allowed addresses."""

    def __init__(self, allowed: Sequence[str], *, options: Mapping[str, Any] | None = None) -> None:
        """Take the allow-list.

        Args:
            allowed: addresses such as `s3://bucket/music`.
            options: for the store's library, instead of what it finds by itself.

        Raises:
            ConfigurationError: one of `allowed` is no address of an object store.
        """
        self._allowed = tuple(one.rstrip("/") for one in allowed)
        self._options = dict(options or {})
        self._stores: dict[str, Any] = {}
        self._lock = threading.Lock()
        for one in self._allowed:
            if not _is_plain(one):
                raise ConfigurationError(f"{one} is no address such as s3://bucket/music")

    def listing(self, url: str) -> Iterator[RemoteFile]:
        """List the files below an address (or the one at it), in the order of their names.

        Folder by folder: only the entries of open folders are held. Hidden names are left out,
        and so are names that are no plain paths (`..`, `//`).

        Raises:
            UrlNotAllowed: it does not lie below an allowed address.
            FetchFailed: the store does not answer, or refuses.
            ConfigurationError: the package for this kind of store is not installed.
        """
        scheme, path = self._checked(url)
        store = self._store(scheme)
        waiting = [_Entry(path, {"type": "directory"})]
        while waiting:
            entry = waiting.pop()
            if entry.is_folder:
                waiting += reversed(_entries(store, entry.path))
            else:
                yield entry.file(scheme)

    def fetch(self, url: str, to: BinaryIO, *, start: int = 0, size: int | None = None) -> None:
        """Copy a file, or `size` bytes of it from `start` on, as they come.

        Raises:
            UrlNotAllowed: it does not lie below an allowed address.
            FetchFailed: it cannot be had; a part of it may have been copied.
            ConfigurationError: the package for this kind of store is not installed.
        """
        scheme, path = self._checked(url)
        store = self._store(scheme)
        to.writelines(_chunks(store, path, start=start, size=size))

    def _checked(self, url: str) -> tuple[str, str]:
        url = url.rstrip("/")
        is_below = any(url == one or url.startswith(f"{one}/") for one in self._allowed)
        if not (is_below and _is_plain(url)):
            raise UrlNotAllowed("this address is not one of those that this service may read")
        scheme, _, path = url.partition("://")
        return scheme, path

    def _store(self, scheme: str) -> Any:  # noqa: ANN401 - fsspec is imported when it is needed
        with self._lock:
            if scheme not in self._stores:
                self._stores[scheme] = self._opened(scheme)
            return self._stores[scheme]

    def _opened(self, scheme: str) -> Any:  # noqa: ANN401 - as above
        try:
            fsspec = importlib.import_module("fsspec")
            # Nothing is remembered between listings: files come and go.
            return fsspec.filesystem(scheme, use_listings_cache=False, **self._options)
        except ImportError as error:
            package = _PACKAGES[scheme]
            extra = f"the extra `{_EXTRA}`" if scheme == _EXTRA else f"the package {package}"
            raise ConfigurationError(f"{scheme}:// needs {extra} to be installed") from error
        except _failures() as error:
            raise _failed(error) from error


class _Entry:
    """A folder or a file of a store."""

    def __init__(self, path: str, info: Mapping[str, Any]) -> None:
        self.path = path
        self.is_folder = info["type"] == "directory"
        self._info = info

    def file(self, scheme: str) -> RemoteFile:
        times = (self._info[name] for name in _TIMES if self._info.get(name) is not None)
        return RemoteFile(
            url=f"{scheme}://{self.path}",
            size_bytes=int(self._info["size"] or 0),
            mtime_ns=_nanoseconds(next(times, None)),
        )


def _entries(store: Any, path: str) -> list[_Entry]:  # noqa: ANN401 - a file system of fsspec
    """Read one folder, by name; a file is the one entry of itself."""
    try:
        infos = store.ls(path, detail=True)
    except _failures() as error:
        raise _failed(error) from error
    found = [_Entry(info["name"].strip("/"), info) for info in infos]
    return sorted(
        (
            one
            for one in found
            # A folder may have an object of its own name as a mark.
            if not (one.path == path and (one.is_folder or len(found) > 1))
            and not one.path.rpartition("/")[2].startswith(".")
            and _is_plain_path(one.path)
        ),
        key=lambda one: one.path,
    )


def _chunks(
    store: Any,  # noqa: ANN401 - a file system of fsspec
    path: str,
    *,
    start: int,
    size: int | None,
) -> Iterator[bytes]:
    try:
        with store.open(path, "rb", block_size=_CHUNK, cache_type="none") as file:
            file.seek(start)
            left = file.size - start if size is None else min(size, file.size - start)
            while left > 0 and (chunk := file.read(min(_CHUNK, left))):
                left -= len(chunk)
                yield chunk
    except _failures() as error:
        raise _failed(error) from error


def _is_plain(url: str) -> bool:
    scheme, _, path = url.partition("://")
    return scheme in _PACKAGES and _is_plain_path(path) and len(url) <= _LONGEST


def _is_plain_path(path: str) -> bool:
    return (
        _PATH.fullmatch(path) is not None
        and path.isprintable()
        and "::" not in path  # fsspec would go on with another kind of store
        and "\\" not in path
        and not {".", ".."} & set(path.split("/"))
    )


def _nanoseconds(at: datetime | str | float | None) -> int:
    """A moment as nanoseconds since the epoch; 0 if it is not known."""
    if isinstance(at, str):
        at = datetime.fromisoformat(at)
    if isinstance(at, datetime):
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return (at - _EPOCH) // timedelta(microseconds=1) * 1000
    return int((at or 0) * 1_000_000_000)


def _failures() -> tuple[type[Exception], ...]:
    """What the libraries that are in use raise."""
    theirs = (getattr(sys.modules.get(module), name, None) for module, name in _THEIR_ERRORS)
    return (OSError, ValueError, *(one for one in theirs if one is not None))


def _failed(error: Exception) -> FetchFailed:
    """Say what went wrong without the words of the library, which may hold keys."""
    if isinstance(error, FileNotFoundError):
        return FetchFailed("nothing lies at this address")
    if isinstance(error, PermissionError):
        return FetchFailed("the object store refuses access")
    return FetchFailed(f"the object store does not answer as it should ({type(error).__name__})")

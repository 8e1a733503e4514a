"""One service, as its callers see it."""

import functools
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import quote

import httpx

from sightsong.client import waiting
from sightsong.client.errors import UnexpectedResponse, WaitedTooLong
from sightsong.client.views import (
    IndexesView,
    IngestView,
    JobView,
    ReadinessView,
    TracksPage,
    TrackView,
    is_final,
)
from sightsong.client.wire import Patience, Request, Wire, retry_after_s
from sightsong.core import sniff

DEFAULT_URL = "http://127.0.0.1:8000"
#: The longest that the service holds a poll back; asking for more gains nothing.
_LONGEST_POLL_S = 25.0
#: A poll answered sooner than this without news was not held back: pause before the next.
_HELD_BACK_S = 1.0
#: How often an ingest or the index is looked at while it is waited for.
_LOOK_S = 0.3
_PAGE = 100


class Client:
    """A Sightsong service, as its callers see it."""

    def __init__(
        self,
        base_url: str = DEFAULT_URL,
        *,
        timeout_s: float = 30.0,
        transport: httpx.BaseTransport | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._patience = patience or Patience()
        self._wire = Wire(
            base_url, timeout_s=timeout_s, transport=transport, patience=self._patience
        )

    @property
    def base_url(self) -> str:
        """The service's address, without a slash at its end."""
        return self._wire.base_url

    def __enter__(self) -> Self:
        """Use the client until the end of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._wire.close()

    def submit_photo(
        self,
        photo: str | Path | bytes,
        *,
        top_k: int | None = None,
        alpha: float | None = None,
        moods: Sequence[str] = (),
    ) -> JobView:
        """Send a photo and return its job, most likely still queued.

        Args:
            photo: a file, or the bytes of one.
            top_k: how many tracks to find; None leaves it to the service.
            alpha: weight of meaning against feeling, 0 .. 1; None leaves it to the service.
            moods: labels to score; none: the profile's own. One text may hold several, with commas.

        Raises:
            ProblemResponse: the photo or a mood is refused (its `code` says why), or the queue is
                full.
        """
        content = photo if isinstance(photo, bytes) else Path(photo).read_bytes()
        labels = moods if isinstance(moods, str) else ",".join(moods)
        given = {"top_k": top_k, "alpha": alpha, "moods": labels or None}
        params = {name: value for name, value in given.items() if value is not None}
        headers = {"Content-Type": sniff.media_type(content)}
        request = Request(
            method="POST", path="/v1/jobs", params=params, content=content, headers=headers
        )
        return cast("JobView", self._json(request))

    def job(self, job_id: str, *, wait_s: float = 0) -> JobView:
        """Read a job; with `wait_s`, not before it changes or that time has passed."""
        return self._poll(job_id, wait_s)[0]

    def wait(self, job_id: str, *, timeout_s: float = 600) -> JobView:
        """Wait until a job is final, and return it. Survives a restart of the service.

        Raises:
            WaitedTooLong: it was not final in time.
            ServiceUnreachable: the service was away for longer than a restart takes.
        """
        end = time.monotonic() + timeout_s
        version = -1
        while True:
            asked = time.monotonic()
            left_s = max(end - asked, 0)
            poll = functools.partial(self._poll, job_id, min(_LONGEST_POLL_S, left_s))
            job, headers = waiting.patiently(poll, pause=self._patience.pause)
            if is_final(job):
                return job
            if time.monotonic() >= end:
                raise WaitedTooLong(job_id, timeout_s=timeout_s)
            news = job["state_version"] != version
            version = job["state_version"]
            if not news and time.monotonic() - asked < _HELD_BACK_S:
                self._patience.pause(min(retry_after_s(headers, default=_HELD_BACK_S), left_s))

    def ingest(self, path: str | Path) -> IngestView:
        """Have the service take in a folder or file of music that it can read."""
        body = {"path": str(Path(path).resolve())}
        answer = self._json(Request(method="POST", path="/v1/ingests", json=body))
        return cast("IngestView", answer)

    def ingest_status(self, ingest_id: str) -> IngestView:
        """Read how far an ingest is."""
        return cast("IngestView", self._get(f"/v1/ingests/{quote(ingest_id, safe='')}"))

    def watch_ingest(self, ingest_id: str) -> Iterator[IngestView]:
        """Yield how far an ingest is, now and again, until it is done (that one included)."""
        while True:
            ingest = waiting.patiently(
                lambda: self.ingest_status(ingest_id), pause=self._patience.pause
            )
            yield ingest
            if ingest["done"]:
                return
            self._patience.pause(_LOOK_S)

    def audio(self, url: str) -> bytes:
        """Fetch the music behind the `audio_url` of a match."""
        return self._wire.fetch(Request(method="GET", path=url)).content

    def tracks_page(self, *, limit: int = _PAGE, cursor: str | None = None) -> TracksPage:
        """Read one page of the library."""
        params: dict[str, str | int | float] = {"limit": limit}
        if cursor is not None:
            params["cursor"] = cursor
        return cast("TracksPage", self._get("/v1/tracks", params))

    def tracks(self, *, limit: int | None = None) -> Iterator[TrackView]:
        """Go through the library page by page, through all of it unless `limit` is given."""
        cursor: str | None = None
        left = limit
        while left is None or left > 0:
            size = _PAGE if left is None else min(_PAGE, left)
            page = self.tracks_page(limit=size, cursor=cursor)
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return
            if left is not None:
                left -= len(page["items"])

    def indexes(self) -> IndexesView:
        """Read the index snapshots."""
        return cast("IndexesView", self._get("/v1/indexes"))

    def wait_for_index(self, *, timeout_s: float = 120) -> bool:
        """Wait until the served index holds every track; False if that took too long."""
        end = time.monotonic() + timeout_s
        while waiting.patiently(self.indexes, pause=self._patience.pause)["stale"]:
            if time.monotonic() >= end:
                return False
            self._patience.pause(_LOOK_S)
        return True

    def rebuild(self) -> JobView:
        """Have a new index built; return its job."""
        return cast("JobView", self._json(Request(method="POST", path="/v1/indexes")))

    def ready(self) -> ReadinessView:
        """Ask once whether the service can do its work; an unready one answers too.

        Raises:
            ServiceUnreachable: nothing answers.
            UnexpectedResponse: something else answers.
        """
        response = self._wire.exchange(Request(method="GET", path="/readyz"), tries=1)
        answer = self._wire.decoded(response)
        if not isinstance(answer, dict) or "checks" not in answer:
            raise UnexpectedResponse(self.base_url, status=response.status_code)
        return cast("ReadinessView", answer)

    def _poll(self, job_id: str, wait_s: float) -> tuple[JobView, httpx.Headers]:
        params = {"wait": math.ceil(wait_s)} if wait_s > 0 else None
        path = f"/v1/jobs/{quote(job_id, safe='')}"
        request = Request(method="GET", path=path, params=params, extra_s=wait_s)
        answer, headers = self._wire.call(request)
        return cast("JobView", answer), headers

    def _get(self, path: str, params: Mapping[str, str | int | float] | None = None) -> Any:  # noqa: ANN401 - JSON
        return self._json(Request(method="GET", path=path, params=params))

    def _json(self, request: Request) -> Any:  # noqa: ANN401 - JSON
        return self._wire.call(request)[0]

"""Clients that submit photos and do not give up: the workload of a run."""

import base64
import contextlib
import itertools
import json
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.faults.ledger import ACCEPTED, Ledger, Sent

DEMO_PHOTOS = sorted((Path(__file__).parents[2] / "demo" / "photos").glob("*.jpg"))
FINAL = ("succeeded", "failed", "canceled")
GONE = "gone"  #: Erased, by a client or in its time.
#: How long a client waits before it sends a submit again, whatever `Retry-After` says: the runs
#: are short.
_AGAIN_S = 0.25
_PATIENCE_S = 20.0
_BATCHES = "/v1/batches"


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What one submit sends, at every try the same."""

    body: bytes
    path: str = "/v1/jobs"
    media_type: str = "image/jpeg"


class Crowd:
    """Submits photos, each under a key of its own, and follows the jobs."""

    def __init__(
        self,
        base_url: str | Callable[[], str],
        *,
        seed: int,
        headers: dict[str, str] | None = None,
        photos: Sequence[bytes] = (),
        patience_s: float = _PATIENCE_S,
    ) -> None:
        """Make one.

        Args:
            base_url: of the API, or what tells it: with several, each request may ask another.
            seed: of which photo comes when.
            headers: of each request, for instance a key.
            photos: what is sent; none: those of the demo.
            patience_s: how long it waits for an answer.
        """
        self.ledger = Ledger()
        self._base_url = base_url if callable(base_url) else lambda: base_url
        self._headers = headers or {}
        self._photos = photos or [photo.read_bytes() for photo in DEMO_PHOTOS]
        self._random = random.Random(seed)  # noqa: S311 - a workload that can be repeated
        self._client = httpx.Client(timeout=patience_s)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def submit(self, *, until_s: float = 60.0, photo: bytes | None = None) -> str | None:
        """Submit one photo, again and again under one key until it is accepted.

        Returns:
            The id of its job; None when `until_s` seconds were not enough.
        """
        return self._until_accepted(
            Ask(body=photo if photo is not None else self._random.choice(self._photos)), until_s
        )

    def submit_words(self, words: str, *, until_s: float = 60.0) -> str | None:
        """Submit some words, as `submit` does a photo."""
        body = json.dumps({"text": words}).encode()
        return self._until_accepted(Ask(body=body, media_type="application/json"), until_s)

    def submit_batch(self, words: Sequence[str], *, until_s: float = 60.0) -> str | None:
        """Submit words and a photo in one batch, as `submit` does a photo; the batch's id."""
        photo = base64.b64encode(self._random.choice(self._photos)).decode()
        lines = [{"text": one} for one in words]
        body = "\n".join(map(json.dumps, [*lines, {"image": photo}])).encode()
        ask = Ask(body=body, path=_BATCHES, media_type="application/x-ndjson")
        return self._until_accepted(ask, until_s)

    def cancel(self, job_id: str, *, until_s: float = 60.0) -> str:
        """Cancel a job, until there is an answer; the state that this told, or `too late`."""
        answer = self._insist("POST", f"/v1/jobs/{job_id}/cancel", until_s)
        if answer is None or answer.status_code != httpx.codes.OK:
            return "too late"
        state = str(answer.json()["state"])
        self.ledger.ended(job_id, state)
        return state

    def erase(self, job_id: str, *, until_s: float = 60.0) -> bool:
        """Erase a job, until there is an answer; whether that said so."""
        answer = self._insist("DELETE", f"/v1/jobs/{job_id}", until_s)
        is_gone = answer is not None and answer.status_code == httpx.codes.NO_CONTENT
        if is_gone:
            self.ledger.erased(job_id)
        return is_gone

    def _insist(self, method: str, path: str, until_s: float) -> httpx.Response | None:
        """Ask until the service answers with something else than that it cannot now."""
        deadline = time.monotonic() + until_s
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.TransportError):
                url = f"{self._base_url()}{path}"
                answer = self._client.request(method, url, headers=self._headers)
                if answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR:
                    return answer
            time.sleep(_AGAIN_S)
        return None

    def _until_accepted(self, ask: Ask, until_s: float) -> str | None:
        key = str(uuid.UUID(int=self._random.getrandbits(128)))
        deadline = time.monotonic() + until_s
        while True:
            sent = self._try(key, ask)
            if sent.status in ACCEPTED:
                return sent.job_id
            if time.monotonic() > deadline:
                return None
            time.sleep(_AGAIN_S)

    def try_once(self, key: str, photo: bytes) -> Sent:
        """Send one submit, once."""
        return self._try(key, Ask(body=photo))

    def _try(self, key: str, ask: Ask) -> Sent:
        began = time.monotonic()
        try:
            answer = self._client.post(
                f"{self._base_url()}{ask.path}",
                content=ask.body,
                headers={"Content-Type": ask.media_type, "Idempotency-Key": key, **self._headers},
            )
        except httpx.TransportError:
            sent = Sent(key=key, status=None, took_s=time.monotonic() - began)
        else:
            sent = _told(key, answer, took_s=time.monotonic() - began)
        if ask.path == _BATCHES:
            if sent.status in ACCEPTED:
                self.ledger.batch(key, sent.job_id)
            return sent
        self.ledger.sent(sent)
        return sent

    def follow(self, job_id: str, *, within_s: float = 120.0, since: float | None = None) -> str:
        """Poll a job until it has ended, whatever happens to the service; its last state."""
        deadline = time.monotonic() + within_s
        state = "unknown"
        while time.monotonic() < deadline:
            state = self._state(job_id) or state
            if state == GONE:
                break
            if state in FINAL:
                took_s = None if since is None else time.monotonic() - since
                self.ledger.ended(job_id, state, took_s=took_s)
                break
            time.sleep(0.02)
        return state

    def send(self, count: int, *, threads: int = 4, until_s: float = 120.0) -> list[str]:
        """Submit many photos from several threads; the ids of those that were accepted."""
        with ThreadPoolExecutor(threads) as pool:
            told = pool.map(lambda _: self.submit(until_s=until_s), range(count))
            return [job_id for job_id in told if job_id is not None]

    def follow_all(self, job_ids: Sequence[str], *, within_s: float = 300.0) -> dict[str, str]:
        """Wait until jobs have ended; their states."""
        with ThreadPoolExecutor(4) as pool:
            states = pool.map(lambda one: self.follow(one, within_s=within_s), job_ids)
            return dict(zip(job_ids, states, strict=True))

    @contextmanager
    def pulsing(self, *, per_s: float, threads: int = 4) -> Iterator[None]:
        """Submit at a steady pace beside the body, each followed to its end.

        Each thread waits for its own jobs, so a service that stands still is asked less.
        """
        over = threading.Event()
        beat = itertools.count()
        began = time.monotonic()

        def go() -> None:
            while not over.is_set():
                due = began + next(beat) / per_s
                if over.wait(max(due - time.monotonic(), 0)):
                    return
                since = time.monotonic()
                if job_id := self.submit(until_s=90):
                    self.follow(job_id, within_s=90, since=since)

        workers = [threading.Thread(target=go) for _ in range(threads)]
        for worker in workers:
            worker.start()
        try:
            yield
        finally:
            over.set()
            for worker in workers:
                worker.join(200)

    def _state(self, job_id: str) -> str | None:
        try:
            answer = self._client.get(
                f"{self._base_url()}/v1/jobs/{job_id}", params={"wait": 5}, headers=self._headers
            )
        except httpx.TransportError:
            return None
        if answer.status_code == httpx.codes.GONE:
            return GONE
        if answer.status_code != httpx.codes.OK:
            return None
        job: dict[str, Any] = answer.json()
        return str(job["state"])


def _told(key: str, answer: httpx.Response, *, took_s: float) -> Sent:
    told = answer.json()
    return Sent(
        key=key,
        status=answer.status_code,
        took_s=took_s,
        job_id=told.get("id", "") if answer.status_code in ACCEPTED else "",
        code=told.get("code", ""),
    )

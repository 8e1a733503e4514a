"""A service of a few dictionaries, behind httpx's own transport port."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx

from sightsong.client import Patience

DISTRIBUTION = {
    "anger": 0.05,
    "disgust": 0.05,
    "fear": 0.1,
    "joy": 0.6,
    "sadness": 0.1,
    "surprise": 0.1,
}
RESULT: dict[str, Any] = {
    "profile": "lite",
    "emotion": {
        "dominant": "joy",
        "confidence": 0.6,
        "distribution": DISTRIBUTION,
        "agreement": None,
    },
    "valence": 0.61,
    "arousal": -0.2,
    "moods": [
        {"label": label, "score": score, "similarity": None}
        for label, score in [
            ("calm", 0.91),
            ("tender", 0.8),
            ("serene", 0.7),
            ("peaceful", 0.6),
            ("dreamy", 0.5),
            ("sad", 0.1),
        ]
    ],
    "caption": "A bright scene.",
    "emotional_caption": "A bright scene that feels like joy.",
    "matches": [
        {
            "rank": 1,
            "track_id": "t-1",
            "title": "Paper [bold]Kites\x1b[31m",
            "artist": "Ours",
            "score": 0.91,
            "reason": "Calm and bright, close to the photo.",
            "window_start_s": 65.0,
            "audio_url": "/v1/tracks/t-1/audio",
        }
    ],
}


TEXT_RESULT: dict[str, Any] = {
    "profile": "lite",
    "text": "calm piano",
    "valence": None,
    "arousal": None,
    "query": "calm piano",
    "matches": RESULT["matches"],
}
INDEX: dict[str, Any] = {
    "version": "v1",
    "space": "s@1",
    "state": "active",
    "is_pinned": False,
    "backend": "faiss",
    "kind": "ivf",
    "tracks": 12_000,
    "revision": 410,
    "recall_at_10": {"library": 0.9991, "text": 0.9957},
    "bytes": 11_500_000,
    "built_s": 9.4,
    "created_at": "2026-11-20T23:42:07.300Z",
}


def indexes(*items: dict[str, Any], changed: int = 0, stale: bool = False) -> dict[str, Any]:
    """The snapshots, of which the first is served."""
    delta = {"tracks": changed, "limit": 10_000}
    return {"items": list(items), "active": "v1", "stale": stale, "delta": delta}


def job(state: str, **more: object) -> dict[str, Any]:
    """A job as the service tells it."""
    told = {"id": "j-1", "kind": "photo", "state": state, "state_version": 1, "attempt": 1}
    times = {"created_at": "2026-11-20T23:42:07.300Z", "started_at": None, "finished_at": None}
    said = {"custom_id": None, "deadline_at": None, "queue_position": None, "eta_s": None}
    return {**told, **times, **said, "error": None, "result": None, **more}


def succeeded(*, agreement: dict[str, Any] | None = None) -> dict[str, Any]:
    """A photo's job that is done."""
    result = {**RESULT, "emotion": {**RESULT["emotion"], "agreement": agreement}}
    return job("succeeded", state_version=3, result=result, finished_at="2026-11-20T23:42:08.550Z")


def problem(status: int, code: str, detail: str, **headers: str) -> httpx.Response:
    """A refusal as the service writes it."""
    body = {"type": "about:blank", "title": code, "status": status, "detail": detail, "code": code}
    return httpx.Response(status, json=body, headers=headers)


#: An exception is raised in the client, as the network or the user's Ctrl-C would.
Answer = httpx.Response | httpx.TransportError | KeyboardInterrupt | dict[str, Any]


class FakeService:
    """Answers each route with what was put there, in turn; the last answer stays."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.pauses: list[float] = []
        self._answers: dict[tuple[str, str], Iterator[Answer]] = {}

    def on(self, method: str, path: str, *answers: Answer) -> None:
        """Put answers at a route."""
        self._answers[method, path] = _last_stays(answers)

    @property
    def transport(self) -> httpx.MockTransport:
        """What to give to a client, of either kind."""
        return httpx.MockTransport(self._answer)

    @property
    def pause(self) -> Callable[[float], None]:
        """Writes down how long the client wanted to pause, and does not."""
        return self.pauses.append

    @property
    def patience(self) -> Patience:
        """The same for clients of either kind."""

        async def pause(seconds: float) -> None:
            self.pauses.append(seconds)

        return Patience(pause=self.pause, pause_async=pause)

    def asked(self, method: str, path: str) -> list[httpx.Request]:
        """The requests that came to a route."""
        return [r for r in self.requests if (r.method, r.url.path) == (method, path)]

    def sent(self, method: str, path: str) -> object:
        """The JSON of the last request to a route."""
        return json.loads(self.asked(method, path)[-1].content)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answers = self._answers.get((request.method, request.url.path))
        answer = next(answers) if answers else problem(404, "not_found", "nothing here")
        if isinstance(answer, BaseException):
            raise answer
        if isinstance(answer, dict):
            return httpx.Response(200, json=answer)
        # A copy each time: a response belongs to the client that has read it.
        return httpx.Response(answer.status_code, headers=answer.headers, stream=answer.stream)


def _last_stays(answers: tuple[Answer, ...]) -> Iterator[Answer]:
    yield from answers
    while True:
        yield answers[-1]

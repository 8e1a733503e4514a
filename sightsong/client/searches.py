"""Calls that find tracks: for a photo, for words, like a track, like an answer but calmer."""

import json
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Unpack, cast

from sightsong.client import waiting
from sightsong.client.calls import Calls, segment
from sightsong.client.views import JobView, RefinedView, SimilarView
from sightsong.client.wire import Request
from sightsong.client.wishes import Likeness, PhotoTaste, Refinement, TextWish
from sightsong.core import sniff

#: Filters that are a span, and what each of their ends is called in an address.
_SPANS = ("duration_s", "tempo_bpm")
_LONGEST_KEY = 128


class SearchCalls(Calls):
    """What may be asked to find tracks."""

    def submit_photo(
        self,
        photo: str | Path | bytes,
        *,
        key: str | None = None,
        away_s: float = 0,
        is_patient: bool = True,
        **taste: Unpack[PhotoTaste],
    ) -> JobView:
        """Send a photo and return its job, most likely still queued.

        It is sent under a key. However often it has to be sent until an answer comes back, it
        becomes one job.

        Args:
            photo: a file, or the bytes of one.
            key: the key; a new one unless it is given. For a day, the same photo with the same
                wishes under the same key is the same job.
            away_s: how long the service may be away; it is sent again and again meanwhile.
            is_patient: whether to try again here where the service says "later", as a full one
                does; otherwise that is raised at once, with its `retry_after_s`.
            taste: how to choose and to handle it; what is left out, the service decides.

        Raises:
            ValueError: the key is not 1 to 128 printable ASCII characters.
            ProblemResponse: the photo, a mood or a filter is refused (its `code` says why), or the
                queue is full.
        """
        content = photo if isinstance(photo, bytes) else Path(photo).read_bytes()
        moods = taste.get("moods", ())
        params = _said({**taste, "moods": moods if isinstance(moods, str) else ",".join(moods)})
        if "filters" in params:
            params["filters"] = json.dumps(params["filters"], ensure_ascii=False)
        if not taste.get("caption", True):
            params["caption"] = False
        request = Request(
            method="POST",
            path="/v1/jobs",
            params=params,
            content=content,
            headers={"Content-Type": sniff.media_type(content), **_keyed(key)},
            is_idempotent=True,
            takes_later=not is_patient,
        )
        return self._submitted(request, away_s)

    def submit_text(
        self, text: str, *, key: str | None = None, away_s: float = 0, **wish: Unpack[TextWish]
    ) -> JobView:
        """Send words, such as "calm piano for a rainy evening"; return their job.

        They are sent under a key, as a photo is.

        Raises:
            ValueError: the key is not 1 to 128 printable ASCII characters.
            ProblemResponse: the words or a filter are refused, or the queue is full.
        """
        request = Request(
            method="POST",
            path="/v1/jobs",
            json={"text": text, **_said(wish)},
            headers=_keyed(key),
            is_idempotent=True,
        )
        return self._submitted(request, away_s)

    def similar(self, track_id: str, **likeness: Unpack[Likeness]) -> SimilarView:
        """Find the tracks that sound most like one; it is never among them.

        Raises:
            ProblemResponse: there is no such track, or it was not heard yet.
        """
        params = _said(likeness)
        params |= _flat(params.pop("filters", {}))
        path = f"/v1/tracks/{segment(track_id)}/similar"
        return cast("SimilarView", self._get(path, params))

    def refine(self, job_id: str, **nudges: Unpack[Refinement]) -> RefinedView:
        """Answer a photo or words again, nudged; the job stays as it is.

        Raises:
            ProblemResponse: the job has no answer that can be nudged, or a mood is not known.
        """
        path = f"/v1/jobs/{segment(job_id)}/refine"
        # No filters and no duplicates are words too: the job may have had some.
        said = {name: value for name, value in nudges.items() if value is not None}
        request = Request(method="POST", path=path, json=said)
        return cast("RefinedView", self._json(request))

    def _submitted(self, request: Request, away_s: float) -> JobView:
        job = waiting.patiently(
            lambda: self._json(request), pause=self._patience.pause, away_s=away_s
        )
        return cast("JobView", job)


def _keyed(key: str | None) -> dict[str, str]:
    """The header that names a submit, the same over all its tries."""
    key = str(uuid.uuid4()) if key is None else key
    if not (0 < len(key) <= _LONGEST_KEY and key.isascii() and key.isprintable()):
        raise ValueError(f"a key is 1 to {_LONGEST_KEY} printable ASCII characters")
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return {"Idempotency-Key": f'"{escaped}"'}


def _said(wishes: Mapping[str, Any]) -> dict[str, Any]:
    """What a caller has said; the rest is left to the service."""
    unsaid: tuple[object, ...] = (None, "", (), [], {})
    return {
        name: value for name, value in wishes.items() if value is not False and value not in unsaid
    }


def _flat(filters: Mapping[str, Any]) -> dict[str, str | float | Sequence[str]]:
    """Write filters as parameters of an address."""
    flat = {name: value for name, value in filters.items() if name not in _SPANS}
    for name in _SPANS:
        for end, value in filters.get(name, {}).items():
            flat[f"{end}_{name}"] = value
    return flat

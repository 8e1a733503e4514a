"""Calls that find tracks: for a photo, for words, like a track, like an answer but calmer."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Unpack, cast

from sightsong.client.calls import Calls, segment
from sightsong.client.views import JobView, RefinedView, SimilarView
from sightsong.client.wire import Request
from sightsong.client.wishes import Likeness, PhotoTaste, Refinement, Taste
from sightsong.core import sniff

#: Filters that are a span, and what each of their ends is called in an address.
_SPANS = ("duration_s", "tempo_bpm")


class SearchCalls(Calls):
    """What may be asked to find tracks."""

    def submit_photo(self, photo: str | Path | bytes, **taste: Unpack[PhotoTaste]) -> JobView:
        """Send a photo and return its job, most likely still queued.

        Args:
            photo: a file, or the bytes of one.
            taste: how to choose; what is left out, the service decides.

        Raises:
            ProblemResponse: the photo, a mood or a filter is refused (its `code` says why), or the
                queue is full.
        """
        content = photo if isinstance(photo, bytes) else Path(photo).read_bytes()
        moods = taste.get("moods", ())
        params = _said({**taste, "moods": moods if isinstance(moods, str) else ",".join(moods)})
        if "filters" in params:
            params["filters"] = json.dumps(params["filters"], ensure_ascii=False)
        request = Request(
            method="POST",
            path="/v1/jobs",
            params=params,
            content=content,
            headers={"Content-Type": sniff.media_type(content)},
        )
        return cast("JobView", self._json(request))

    def submit_text(self, text: str, **taste: Unpack[Taste]) -> JobView:
        """Send words, such as "calm piano for a rainy evening"; return their job.

        Raises:
            ProblemResponse: the words or a filter are refused, or the queue is full.
        """
        request = Request(method="POST", path="/v1/jobs", json={"text": text, **_said(taste)})
        return cast("JobView", self._json(request))

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

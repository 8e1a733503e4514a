"""Calls that find tracks: for a photo, for words, like a track, like an answer but calmer."""

from pathlib import Path
from typing import Unpack

from sightsong.client import wishes
from sightsong.client.calls import Calls, segment
from sightsong.client.polling import patiently
from sightsong.client.steps import Request, Steps, worked
from sightsong.client.twofold import Call
from sightsong.client.views import JobView, RefinedView, SimilarView
from sightsong.client.wishes import Likeness, PhotoTaste, Refinement, TextWish
from sightsong.core import sniff


class SearchCalls(Calls):
    """What may be asked to find tracks."""

    @Call
    def submit_photo(
        self,
        photo: str | Path | bytes,
        *,
        idempotency_key: str | None = None,
        away_s: float = 0,
        is_patient: bool = True,
        **taste: Unpack[PhotoTaste],
    ) -> Steps[JobView]:
        """Send a photo and return its job, most likely still queued.

        It is sent under an idempotency key. However often it has to be sent until an answer comes
        back, it becomes one job.

        Args:
            photo: a file, or the bytes of one.
            idempotency_key: what names this submit; a new one unless it is given. For a day, the
                same photo with the same wishes under the same one is the same job.
            away_s: how long the service may be away; it is sent again and again meanwhile.
            is_patient: whether to try again here where the service says "later", as a full one
                does; otherwise that is raised at once, with its `retry_after_s`.
            taste: how to choose and to handle it, by these names: `top_k` (tracks to find), `alpha`
                (weight of meaning against feeling, 0 .. 1), `moods`, `diversity` (0 .. 1),
                `per_artist`, `duplicates`, `filters` (see `Filters`), `caption`, `keep_image_s`,
                `priority` (0 goes first, 2 last), `deadline_s`, `custom_id`, `personal`, `webhook`,
                `cache`. What is left out, the service decides. `PhotoTaste` says more.

        Raises:
            ValueError: the idempotency key is not 1 to 128 printable ASCII characters, or is a key
                of a service.
            OSError: the file cannot be read.
            ProblemResponse: the photo, a mood or a filter is refused (its `code` says why), or the
                queue is full.
        """
        headers = wishes.keyed(idempotency_key)
        if isinstance(photo, bytes):
            content = photo
        else:
            content = yield from worked(Path(photo).read_bytes)
        request = Request(
            method="POST",
            path="/v1/jobs",
            params=wishes.of_photos(taste),
            content=content,
            headers={"Content-Type": sniff.media_type(content), **headers},
            is_idempotent=True,
            takes_later=not is_patient,
        )
        job: JobView = yield from patiently(lambda: self._json(request), away_s=away_s)
        return job

    @Call
    def submit_text(
        self,
        text: str,
        *,
        idempotency_key: str | None = None,
        away_s: float = 0,
        **wish: Unpack[TextWish],
    ) -> Steps[JobView]:
        """Send words, such as "calm piano for a rainy evening"; return their job.

        They are sent under an idempotency key, as a photo is.

        Args:
            text: the words.
            idempotency_key: what names this submit, as of a photo.
            away_s: how long the service may be away; they are sent again and again meanwhile.
            wish: how to choose and to handle it, by these names: `top_k`, `alpha`, `diversity`,
                `per_artist`, `duplicates`, `filters`, `priority`, `deadline_s`, `custom_id`,
                `personal`, `webhook`, `cache`; as of a photo. `TextWish` says more.

        Raises:
            ValueError: the idempotency key is not 1 to 128 printable ASCII characters, or is a key
                of a service.
            ProblemResponse: the words or a filter are refused, or the queue is full.
        """
        request = Request(
            method="POST",
            path="/v1/jobs",
            json={"text": text, **wishes.of_text(wish)},
            headers=wishes.keyed(idempotency_key),
            is_idempotent=True,
        )
        return patiently(lambda: self._json(request), away_s=away_s)

    @Call
    def similar(self, track_id: str, **likeness: Unpack[Likeness]) -> Steps[SimilarView]:
        """Find the tracks that sound most like one; it is never among them.

        Raises:
            ProblemResponse: there is no such track, or it was not heard yet.
        """
        params = wishes.said(likeness)
        params |= wishes.flat(params.pop("filters", {}))
        return self._get(f"/v1/tracks/{segment(track_id)}/similar", params)

    @Call
    def refine(self, job_id: str, **nudges: Unpack[Refinement]) -> Steps[RefinedView]:
        """Answer a photo or words again, nudged; the job stays as it is.

        Raises:
            ProblemResponse: the job has no answer that can be nudged, or a mood is not known.
        """
        # No filters and no duplicates are words too: the job may have had some.
        said = {name: value for name, value in nudges.items() if value is not None}
        return self._post(f"/v1/jobs/{segment(job_id)}/refine", said)

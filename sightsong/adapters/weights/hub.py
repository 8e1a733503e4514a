"""The Hugging Face hub: what it has is told by its own library, the bytes come by ranges.

The library throws an unfinished file away when its process ends. Weights are large and lines are
bad, so that the bytes are fetched here, and go on where they stopped.
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
from huggingface_hub import HfApi, constants, hf_hub_url
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils import build_hf_headers

from sightsong.adapters.weights.sources import Offer, Offered, PullFailed
from sightsong.core.catalogue import ModelSpec

#: Whatever HTTP library huggingface_hub sits on in this version: the roots of its errors.
_TRANSPORT: tuple[type[BaseException], ...] = HfHubHTTPError.__bases__
_TIMEOUT = httpx.Timeout(30, connect=10)
_ASK_S = 20.0
_CHUNK_BYTES = 1024 * 1024
#: Tries in a row that bring no byte, after which we give up; pauses of 1, 2, 4, 8 s between.
_TRIES = 5


class Hub:
    """A hub, by its address."""

    def __init__(
        self, endpoint: str | None = None, *, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self.endpoint = (endpoint or constants.ENDPOINT).rstrip("/")
        self._pause = pause

    def offer(self, spec: ModelSpec, revision: str) -> Offer:
        """Resolve a revision to a commit, and list its files.

        Raises:
            PullFailed: there is no such repository or revision, it is gated, or nothing answers.
        """
        api = HfApi(endpoint=self.endpoint, library_name="sightsong")
        with self._explained(spec, revision):
            info = api.model_info(
                spec.repository, revision=revision, files_metadata=True, timeout=_ASK_S
            )
        if not info.sha or info.siblings is None:
            raise PullFailed(f"{self.endpoint} does not say which files {spec.repository} has")
        files = {
            file.rfilename: Offered(
                size_bytes=file.size,
                sha256=file.lfs.sha256 if file.lfs else None,
                git_sha1=None if file.lfs else file.blob_id,
            )
            for file in info.siblings
            if file.size is not None
        }
        return Offer(revision=info.sha, files=files)

    def fetch(
        self,
        spec: ModelSpec,
        name: str,
        part: Path,
        *,
        revision: str,
        on_bytes: Callable[[int], None],
    ) -> None:
        """Fetch a file; a line that breaks is taken up again where it broke.

        Raises:
            PullFailed: it is refused, or the hub stays silent.
        """
        url = hf_hub_url(spec.repository, name, revision=revision, endpoint=self.endpoint)
        silent = 0
        with httpx.Client(follow_redirects=True, timeout=_TIMEOUT) as client:
            while True:
                before = _size(part)
                try:
                    _go_on(client, url, part, on_bytes)
                except httpx.TransportError as error:
                    silent = 1 if _size(part) > before else silent + 1
                    if silent >= _TRIES:
                        raise PullFailed(self._silence(error)) from error
                    self._pause(2.0 ** (silent - 1))
                except httpx.HTTPStatusError as error:
                    raise PullFailed(_refusal(error.response, spec, name)) from error
                else:
                    return

    @contextlib.contextmanager
    def _explained(self, spec: ModelSpec, revision: str) -> Iterator[None]:
        try:
            yield
        except OfflineModeIsEnabled as error:
            raise PullFailed(
                "HF_HUB_OFFLINE forbids downloads; unset it, or take a mirror: "
                "sightsong models pull --from DIR"
            ) from error
        except GatedRepoError as error:
            raise PullFailed(_gated(spec)) from error
        except RevisionNotFoundError as error:
            raise PullFailed(f"{spec.repository} has no revision {revision}") from error
        except RepositoryNotFoundError as error:
            raise PullFailed(
                f"there is no {spec.repository} at {self.endpoint}, or it is private "
                "(then log in with `hf auth login`)"
            ) from error
        except HfHubHTTPError as error:
            raise PullFailed(
                f"{self.endpoint} answers {error.response.status_code} for {spec.repository}"
            ) from error
        except _TRANSPORT as error:
            raise PullFailed(self._silence(error)) from error

    def _silence(self, error: BaseException) -> str:
        reason = str(error).partition("\n")[0] or type(error).__name__
        return (
            f"{self.endpoint} cannot be reached ({reason}); what has arrived is kept. Try again, "
            "or take a mirror: sightsong models pull --from DIR"
        )


def _go_on(client: httpx.Client, url: str, part: Path, on_bytes: Callable[[int], None]) -> None:
    """Ask for the rest of a file, and add it to the part that is there."""
    have = _size(part)
    headers = build_hf_headers(library_name="sightsong")
    # Identity: a compressed answer cannot be taken up in the middle.
    headers = {**headers, "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    with client.stream("GET", url, headers=headers) as answer:
        if answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            return  # nothing is left to come; whether it is right is for the digest to say
        answer.raise_for_status()
        goes_on = answer.status_code == httpx.codes.PARTIAL_CONTENT
        if have and not goes_on:
            on_bytes(-have)
        with part.open("ab" if goes_on else "wb") as file:
            for chunk in answer.iter_bytes(_CHUNK_BYTES):
                file.write(chunk)
                on_bytes(len(chunk))


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _refusal(answer: httpx.Response, spec: ModelSpec, name: str) -> str:
    if answer.status_code in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
        return _gated(spec)
    return f"the hub answers {answer.status_code} for {name} of {spec.repository}"


def _gated(spec: ModelSpec) -> str:
    return (
        f"{spec.repository} is gated: accept its terms on the hub's page, then log in with "
        "`hf auth login` (or set HF_TOKEN)"
    )

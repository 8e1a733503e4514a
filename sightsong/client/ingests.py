"""Calls that bring music into the library, and see how that goes."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sightsong.client.calls import LOOK_S, Calls, segment
from sightsong.client.parcels import Parcel
from sightsong.client.polling import patiently
from sightsong.client.steps import Flow, Item, Pause, Request, Steps, worked
from sightsong.client.twofold import Call, Series
from sightsong.client.views import IngestView, RetriedView, TroubleView, WatchView

#: How long the service may take to put an upload on its disk, once it is there.
_STORING_S = 120.0


class IngestCalls(Calls):
    """What may be asked about ingests."""

    @Call
    def ingest(
        self,
        *sources: str | Path,
        dry_run: bool = False,
        remove_missing: bool = False,
        restore: bool = False,
        watch: bool = False,
        library: str | None = None,
    ) -> Steps[IngestView]:
        """Have the service take in music that it can read itself.

        Args:
            sources: folders, audio files, archives or manifests; or one address in an object
                store, such as `s3://bucket/music`.
            dry_run: only tell what would be done.
            remove_missing: remove tracks whose files are gone from there.
            restore: take in again what was removed from the library by hand.
            watch: keep the library in step with these folders from now on.
            library: the part of the collection that these tracks belong to from now on.

        Raises:
            ValueError: there is no source, or an address is one of several.
            ProblemResponse: the service may not read one of them.
        """
        asked = {
            "dry_run": dry_run,
            "remove_missing": remove_missing,
            "restore": restore,
            "watch": watch,
        }
        body = _named(sources) | {name: True for name, value in asked.items() if value}
        if library is not None:
            body["library"] = library
        return self._post("/v1/ingests", body)

    @Call
    def upload_music(
        self,
        files: Sequence[str | Path] | Mapping[str, str | Path],
        *,
        dry_run: bool = False,
        restore: bool = False,
        library: str | None = None,
        on_bytes: Callable[[int], None] = lambda _count: None,
    ) -> Steps[IngestView]:
        """Send music to the service: audio files, archives, manifests; read as they are sent.

        Args:
            files: what to send; as a mapping, by the names that the service is to know.
            dry_run: only tell what would be done.
            restore: take in again what was removed from the library by hand.
            library: the part of the collection that these tracks belong to from now on.
            on_bytes: told how many bytes more were sent.

        Raises:
            OSError: a file cannot be read.
            ProblemResponse: the upload is refused: too large, or the disk is full.
        """
        if isinstance(files, Mapping):
            named = [(name, Path(path)) for name, path in files.items()]
        else:
            named = [(Path(path).name, Path(path)) for path in files]
        parcel = yield from worked(lambda: Parcel(named))
        asked = {"dry_run": dry_run, "restore": restore}
        said = {name: "true" for name, value in asked.items() if value}
        request = Request(
            method="POST",
            path="/v1/ingests",
            params=said if library is None else said | {"library": library},
            stream=parcel.pieces,
            on_bytes=on_bytes,
            headers=parcel.headers,
            extra_s=_STORING_S,
        )
        ingest: IngestView = yield from self._json(request)
        return ingest

    @Series
    def ingests(self, *, limit: int | None = None) -> Flow[IngestView]:
        """Go through the ingests, newest first."""
        return self._items("/v1/ingests", limit=limit)

    @Call
    def ingest_status(self, ingest_id: str) -> Steps[IngestView]:
        """Read how far an ingest is."""
        return self._get(_path(ingest_id))

    @Series
    def watch_ingest(self, ingest_id: str) -> Flow[IngestView]:
        """Yield how far an ingest is, now and again, until it is done (that one included)."""
        while True:
            ingest = yield from patiently(lambda: self._get(_path(ingest_id)))
            yield Item(ingest)
            if ingest["done"]:
                return
            yield Pause(LOOK_S)

    @Call
    def pause_ingest(self, ingest_id: str) -> Steps[IngestView]:
        """Let an ingest wait."""
        return self._post(f"{_path(ingest_id)}/pause")

    @Call
    def resume_ingest(self, ingest_id: str) -> Steps[IngestView]:
        """Let a paused ingest go on."""
        return self._post(f"{_path(ingest_id)}/resume")

    @Call
    def cancel_ingest(self, ingest_id: str) -> Steps[IngestView]:
        """Give up what is left of an ingest."""
        return self._post(f"{_path(ingest_id)}/cancel")

    @Call
    def retry_ingest(self, ingest_id: str) -> Steps[RetriedView]:
        """Try the tracks of an ingest that failed again."""
        return self._post(f"{_path(ingest_id)}/retry")

    @Series
    def problems(self, ingest_id: str, *, limit: int | None = None) -> Flow[TroubleView]:
        """Go through what an ingest could not take in: files first, then tracks."""
        return self._items(f"{_path(ingest_id)}/problems", limit=limit)

    @Call
    def watches(self) -> Steps[list[WatchView]]:
        """Read which folders are kept in step."""
        return self._all("/v1/watches")

    @Call
    def unwatch(self, watch_id: str) -> Steps[None]:
        """Leave a folder alone from now on; its tracks stay."""
        return self._delete(f"/v1/watches/{segment(watch_id)}")


def is_address(source: str | Path) -> bool:
    """Whether a source is an address, not a path."""
    return isinstance(source, str) and "://" in source


def _named(sources: Sequence[str | Path]) -> dict[str, object]:
    if not sources:
        raise ValueError("there is nothing to take in")
    if not any(is_address(source) for source in sources):
        return {"paths": [str(Path(source).resolve()) for source in sources]}
    if len(sources) > 1:
        raise ValueError("an address in an object store is taken in by itself")
    return {"url": str(sources[0])}


def _path(ingest_id: str) -> str:
    return f"/v1/ingests/{segment(ingest_id)}"

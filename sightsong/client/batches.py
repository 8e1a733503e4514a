"""Calls about batches: photos and words that are handed in together."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, Unpack

from sightsong.client import wishes
from sightsong.client.calls import Calls, segment
from sightsong.client.parcels import Parcel, file_pieces
from sightsong.client.polling import Awaited, held_back
from sightsong.client.steps import Flow, Params, Piece, Request, Steps, worked
from sightsong.client.twofold import Call, Series
from sightsong.client.views import BatchItem, BatchView, PlaylistView
from sightsong.client.views.batches import is_over
from sightsong.client.wishes import PhotoTaste

#: A file, the bytes of one, or its bytes under the name that its item is to have.
Photo = str | Path | bytes | tuple[str, bytes]

_PATH = "/v1/batches"
#: Files that are a whole batch, and what they are.
_WHOLE = {
    ".zip": "application/zip",
    ".ndjson": "application/x-ndjson",
    ".jsonl": "application/x-ndjson",
}
#: How long the service may take to look at all items, once they are there.
_TAKING_S = 120.0
#: Between two rows of the results: the next ones are read meanwhile.
_READING_S = 60.0


class BatchCalls(Calls):
    """What may be asked about batches."""

    @Call
    def submit_batch(
        self,
        photos: Iterable[Photo] | str | Path,
        *,
        idempotency_key: str | None = None,
        on_bytes: Callable[[int], None] = lambda _count: None,
        **taste: Unpack[PhotoTaste],
    ) -> Steps[BatchView]:
        """Send photos together, read as they are sent; return their batch.

        It is sent under an idempotency key. However often it has to be sent until an answer comes
        back, it becomes one batch. A photo that cannot be used is refused in it, and the others go
        on.

        Args:
            photos: files, bytes, or names with bytes, up to 1,000; the name of each is its item's
                `custom_id`; of files that are called alike, with the folders that tell them apart.
                Or one file that is a whole batch: `.zip`, `.ndjson` or `.jsonl`.
            idempotency_key: what names this submit; a new one unless it is given.
            on_bytes: told how many bytes more were sent.
            taste: how to choose for all of them, and to handle them, as `submit_photo` names it;
                `custom_id` and `webhook` are the batch's.

        Raises:
            ValueError: there is no photo, one file is of another kind, or the idempotency key is
                none.
            OSError: a file cannot be read.
            ProblemResponse: nothing of it could be taken (`batch_refused`), or the queue is full.
        """
        headers = wishes.keyed(idempotency_key)
        stream, form = yield from worked(lambda: _packed(photos))
        request = Request(
            method="POST",
            path=_PATH,
            params=wishes.of_photos(taste),
            stream=stream,
            on_bytes=on_bytes,
            headers={**form, **headers},
            is_idempotent=True,
            extra_s=_TAKING_S,
        )
        batch: BatchView = yield from self._json(request)
        return batch

    @Series
    def batches(self, *, limit: int | None = None) -> Flow[BatchView]:
        """Go through the batches, newest first."""
        return self._items(_PATH, limit=limit)

    @Call
    def batch(self, batch_id: str, *, wait_s: float = 0) -> Steps[BatchView]:
        """Read a batch; with `wait_s`, not before it changes or that time has passed."""
        return self._json(held_back(_path(batch_id), wait_s))

    @Call
    def wait_batch(self, batch_id: str, *, timeout_s: float = 3600) -> Steps[BatchView]:
        """Wait until all jobs of a batch have ended, and return it. Survives a restart.

        Raises:
            WaitedTooLong: some had not ended in time.
            ServiceUnreachable: the service was away for longer than a restart takes.
        """
        batch = Awaited(
            what="batch", id=batch_id, path=_path(batch_id), version="version", is_over=is_over
        )
        return batch.ended(self._wire, timeout_s=timeout_s)

    @Series
    def batch_results(self, batch_id: str, *, state: str | None = None) -> Flow[BatchItem]:
        """Go through the items in their order, each as it is now.

        Args:
            batch_id: which batch.
            state: only items in this state.

        Raises:
            AnswerCutShort: the connection was lost in the middle.
        """
        request = Request(
            method="GET",
            path=f"{_path(batch_id)}/results",
            params=wishes.said({"state": state}),
            is_followed=True,
            extra_s=_READING_S,
        )
        return self._wire.rows(request)

    @Call
    def cancel_batch(self, batch_id: str) -> Steps[BatchView]:
        """Cancel what is left of a batch; again is fine."""
        path = f"{_path(batch_id)}/cancel"
        return self._json(Request(method="POST", path=path, is_idempotent=True))

    @Call
    def erase_batch(self, batch_id: str) -> Steps[None]:
        """Erase a batch with its photos and answers; again is fine."""
        return self._delete(_path(batch_id), is_idempotent=True)

    @Call
    def playlist(
        self,
        batch_id: str,
        *,
        tracks: int | None = None,
        order: Literal["given", "path"] | None = None,
    ) -> Steps[PlaylistView]:
        """Read the tracks that go with a batch, in an order to be played in.

        Args:
            batch_id: which batch.
            tracks: how many; None leaves it to the service.
            order: `given` follows the photos, `path` the way that their feelings suggest.

        Raises:
            ProblemResponse: nothing of the batch has succeeded yet (`conflict`).
        """
        return self._get(f"{_path(batch_id)}/playlist", _listed(tracks=tracks, order=order))

    @Call
    def playlist_file(
        self,
        batch_id: str,
        format: Literal["m3u8", "jspf"],  # noqa: A002 - as the service calls it
        *,
        tracks: int | None = None,
        order: Literal["given", "path"] | None = None,
    ) -> Steps[str]:
        """Read the same as a file for players.

        Raises:
            ProblemResponse: nothing of the batch has succeeded yet (`conflict`).
        """
        params = _listed(tracks=tracks, order=order, format=format)
        path = f"{_path(batch_id)}/playlist"
        content = yield from self._content(Request(method="GET", path=path, params=params))
        return content.decode("utf-8")


def _packed(
    photos: Iterable[Photo] | str | Path,
) -> tuple[Callable[[], Iterator[Piece]], Mapping[str, str]]:
    """Make the body of a batch, and its headers."""
    if isinstance(photos, str | Path):
        return _whole(Path(photos))
    listed = [] if isinstance(photos, bytes) else list(photos)
    if not listed:
        raise ValueError("give photos as a list of at least one")
    names = _told_apart([Path(one) for one in listed if isinstance(one, str | Path)])
    named = [_named(number, photo, names) for number, photo in enumerate(listed, 1)]
    parcel = Parcel(named, field="image")
    return parcel.pieces, parcel.headers


def _whole(path: Path) -> tuple[Callable[[], Iterator[Piece]], Mapping[str, str]]:
    kind = _WHOLE.get(path.suffix.lower())
    if kind is None:
        raise ValueError(
            "one file that is a whole batch is a .zip, .ndjson or .jsonl; give photos as a list"
        )
    size = str(path.stat().st_size)
    return lambda: file_pieces(path), {"Content-Type": kind, "Content-Length": size}


def _told_apart(paths: Sequence[Path]) -> Mapping[Path, str]:
    """Name files; those that are called alike by their way from the folder that holds them all."""
    whole = {path: path.absolute() for path in paths}
    alike = Counter(path.name for path in set(whole.values()))
    above = os.path.commonpath([path.parent for path in whole.values()]) if whole else ""
    return {
        path: path.name if alike[path.name] == 1 else at.relative_to(above).as_posix()
        for path, at in whole.items()
    }


def _named(number: int, photo: Photo, names: Mapping[Path, str]) -> tuple[str, Path | bytes]:
    match photo:
        case bytes():
            return f"photo-{number}", photo
        case (name, bytes(content)):
            return name, content
        case _:
            return names[Path(photo)], Path(photo)


def _listed(**asked: str | int | None) -> Params:
    return {name: value for name, value in asked.items() if value is not None}


def _path(batch_id: str) -> str:
    return f"{_PATH}/{segment(batch_id)}"

"""Items of a batch: each becomes a job, or is refused by itself."""

import json
from dataclasses import dataclass

import anyio.from_thread
from pydantic import ValidationError

from api import deliveries, schemas
from api.access import Caller
from api.dependencies import Door
from api.errors import TooManyRequests
from api.routes import bodies, submitting, wishes
from api.schemas import wording
from api.schemas.batches import BatchParams
from sightsong.core import errors, jobs, labels
from sightsong.core.gathering import Gathering, Sent

#: What makes an item no job, and leaves the others be.
OF_ITEM = (errors.InputError, errors.FetchFailed, TooManyRequests)
_LONGEST_NAME = 64
#: Photos of one batch that are fetched; the request is held for as long as that takes.
_MOST_FETCHED = 100
_NO_PHOTO_WISHES = schemas.PhotoParams()


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a request says of its batch besides the body."""

    who: Caller
    params: BatchParams
    key: str | None  #: Under which it may be sent again.


class Items:
    """The items of one batch, as they are added to it."""

    def __init__(self, door: Door, asked: Asked, gathering: Gathering) -> None:
        """Begin; `asked.params` are what the address says."""
        self._door = door
        self._who = asked.who
        self._gathering = gathering
        self._fetched = 0
        self.params = asked.params  #: For all items, with what the body has said of them by now.

    def check(self) -> None:
        """See that what is wished for all items can be.

        Raises:
            UnknownMood: a mood that this profile cannot score.
        """
        if self._door.settings.moods:
            labels.refuse_unknown(self.params.moods, self._door.settings.moods)
        wishes.photo_ask(self._door, self._who, self.params)

    def keep(self, content: bytes) -> jobs.Blob:
        """See that some bytes are a photo, and store it.

        Raises:
            InputError: they are none that is taken.
            StorageFull: the disk has no room for it.
        """
        media_type = wishes.checked_photo(self._door, content, _NO_PHOTO_WISHES)
        return self._gathering.keep(content, media_type=media_type)

    def refuse(self, name: str | None, error: errors.SightsongError) -> None:
        """Add an item that cannot be a job."""
        self._gathering.refuse(name, error)

    def add_json(self, line: bytes) -> None:
        """Add what a line of JSON says, as one job is handed in by JSON."""
        if bodies.is_crowded(line):
            told = f"The item has more than {bodies.MOST_VALUES:,} values."
            self.refuse(None, errors.InvalidRequest(told))
            return
        try:
            said = schemas.JsonRequest.model_validate_json(line)
        except ValidationError as error:
            self.refuse(_named(line), wrong(error))
            return
        wished = wishes.of_json(self.own(), said)
        if said.text is not None:
            self._add_text(wished, said.text)
            return
        if said.image is None:
            self._add_fetched(wished, said)
            return
        try:
            content = _photo(said.image)
        except OF_ITEM as error:
            self.refuse(said.custom_id, error)
            return
        self.add_photo(wished, content)

    def _add_fetched(self, wished: schemas.PhotoParams, said: schemas.JsonRequest) -> None:
        sent = wished.model_dump(mode="json", exclude_unset=True, exclude_none=True)
        sent["image_url"] = said.image_url
        try:
            content = self._fetch(said)
        except OF_ITEM as error:
            self._gathering.refuse(said.custom_id, error, sent=sent)
            return
        self.add_photo(wished, content, sent=sent)

    def _add_text(self, wished: schemas.PhotoParams, text: str) -> None:
        try:
            ask = wishes.text_ask(self._door, self._who, text, wished)
        except OF_ITEM as error:
            self.refuse(wished.custom_id, error)
            return
        self._gathering.add(ask)

    def add_photo(
        self, wished: schemas.PhotoParams, content: bytes, *, sent: Sent | None = None
    ) -> None:
        """Add what may be a photo; `sent` as `Gathering.add` has it."""
        try:
            blob = self.keep(content)
        except OF_ITEM as error:
            self._gathering.refuse(wished.custom_id, error, sent=sent)
            return
        self.add_blob(wished, blob, sent=sent)

    def add_blob(
        self, wished: schemas.PhotoParams, blob: jobs.Blob, *, sent: Sent | None = None
    ) -> None:
        """Add a photo that is kept; `sent` as `Gathering.add` has it."""
        try:
            if self._door.settings.moods:
                labels.refuse_unknown(wished.moods, self._door.settings.moods)
            ask = wishes.photo_ask(self._door, self._who, wished)
        except OF_ITEM as error:
            self._gathering.refuse(wished.custom_id, error, sent=sent)
            return
        self._gathering.add(ask, blob, sent=sent)

    def _fetch(self, said: schemas.JsonRequest) -> bytes:
        self._fetched += 1
        if self._fetched > _MOST_FETCHED:
            raise errors.UrlNotAllowed(
                f"At most {_MOST_FETCHED} photos of a batch are fetched; send their bytes."
            )
        return anyio.from_thread.run(submitting.fetched, self._door, said.image_url or "")

    def own(self) -> schemas.PhotoParams:
        """What is wished for an item that says nothing of itself: no name, and nobody to tell."""
        return self.params.model_copy(update={"custom_id": None, "webhook": None})


def _photo(image: str) -> bytes:
    try:
        return bodies.from_base64(image)
    except ValueError as error:
        raise errors.InvalidRequest("image: must be base64.") from error


def wrong(error: ValidationError) -> errors.InvalidRequest:
    """Say what is wrong first with an item."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = "/".join(str(step) for step in first["loc"])[:_LONGEST_NAME]
    said = wording.said(first)
    return errors.InvalidRequest(f"{place}: {said}" if place else said)


def _named(line: bytes) -> str | None:
    """Read what an item that is refused was called, if it says so."""
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return None
    name = said.get("custom_id") if isinstance(said, dict) else None
    return short_name(name) if isinstance(name, str) else None


def short_name(name: str) -> str | None:
    """Make of a file's name what its item is called: the end of it, if it is long."""
    return deliveries.tidy_name(name)[-_LONGEST_NAME:].strip() or None if name else None

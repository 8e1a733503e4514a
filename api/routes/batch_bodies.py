"""What a batch is handed in as: a form, a zip, lines of JSON, or one JSON. Read item by item."""

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import ValidationError
from python_multipart.exceptions import FormParserError

from api import schemas
from api.dependencies import DoorSettings
from api.errors import BodyTooLarge
from api.forms import FileBegins, Form, Piece
from api.routes import bodies, wishes
from api.routes.batch_items import OF_ITEM, Items, short_name, wrong
from api.schemas.batches import BatchParams, BatchRequest
from sightsong.adapters import archives, disk
from sightsong.adapters.archives import ArchiveLimits
from sightsong.core import batches, errors, jobs
from sightsong.core.ingests import Problem

#: The most that a field of a form has: names for all of its photos, and what each one wishes.
_LONGEST_FIELD = 1024 * 1024
_MOST_FIELDS = 32
#: Beside an image in a line of JSON.
_LINE_ROOM_BYTES = 64 * 1024
#: Files of a zip that are photos by their names, or meant to be; texts and the like are passed by.
_PHOTOS = frozenset(
    (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".heic",
     ".heif", ".avif")
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Photo:
    """A photo of a form, whose wishes may come after it."""

    name: str | None
    found: jobs.Blob | errors.SightsongError


class Reader:
    """Takes the items of one batch out of its body."""

    def __init__(self, settings: DoorSettings, items: Items) -> None:
        """Begin; the body may say more of `items.params`."""
        self._settings = settings
        self._items = items

    def form(self, source: Iterable[Piece], boundary: bytes | None) -> None:
        """Read a form: fields `image`, beside them what is wished, and `items` for each of them.

        Raises:
            BatchRefused: it is damaged, or says of other items than it has.
            RequestValidationError: a field is wrong.
        """
        fields: dict[str, list[str]] = {}
        photos: list[_Photo] = []
        try:
            form = Form(iter(source), boundary or b"", longest_text=_LONGEST_FIELD)
            for part in form.parts():
                if isinstance(part, FileBegins):
                    photos += self._form_photo(part, form.content(), count=len(photos))
                else:
                    fields.setdefault(part.field, []).append(part.text)
                    if sum(map(len, fields.values())) > _MOST_FIELDS:
                        raise errors.BatchRefused(f"The form has more than {_MOST_FIELDS} fields.")
        except FormParserError as error:
            raise errors.BatchRefused("The multipart form is damaged.") from error
        said = _items(fields.pop("items", []), count=len(photos))
        self._items.params = _with_fields(self._items.params, fields)
        self._items.check()
        for photo, own in zip(photos, said, strict=True):
            self._add_form_photo(photo, own)

    def zip(self, source: Iterable[Piece]) -> None:
        """Read an archive of photos. Other files in it are passed over.

        Raises:
            ArchiveRefused: it is damaged, or unpacks to more than is taken.
            StorageFull: there is no room to unpack it.
        """
        self._items.check()
        settings = self._settings
        limits = ArchiveLimits(
            max_members=batches.MOST_ITEMS,
            max_bytes=settings.max_music_bytes,
            reserve_bytes=settings.disk_reserve_bytes,
        )
        settings.scratch_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=settings.scratch_dir) as folder:
            path, into = Path(folder, "album"), Path(folder, "into")
            into.mkdir()
            with disk.RoomyFile(path, reserve_bytes=settings.disk_reserve_bytes) as file:
                for piece in source:
                    file.write(piece)
            for one in archives.members(path, limits=limits, into=into, is_wanted=_is_photo):
                self._add_member(one)

    def lines(self, source: Iterable[Piece]) -> None:
        """Read lines of JSON, each one item. Blank ones between them are passed over.

        Raises:
            BatchRefused: of those there are more than a batch may have items.
        """
        self._items.check()
        longest = self._settings.max_image_bytes * 4 // 3 + _LINE_ROOM_BYTES
        blank = 0
        for line in _lines(source, longest=longest):
            if line is None:
                self._items.refuse(None, BodyTooLarge("The line is too long for an item."))
            elif line.strip():
                self._items.add_json(line)
            elif (blank := blank + 1) > batches.MOST_ITEMS:
                raise errors.BatchRefused("There are more blank lines than a batch may have items.")

    def items(self, request: BatchRequest) -> None:
        """Take the items of one JSON."""
        said = request.model_dump(exclude={"items", "filters"}, exclude_unset=True)
        if request.filters is not None:
            said["filters"] = request.filters
        self._items.params = self._items.params.model_copy(update=said)
        self._items.check()
        for one in request.items:
            self._items.add_json(json.dumps(one).encode())

    def _form_photo(
        self, part: FileBegins, content: Iterator[Piece], *, count: int
    ) -> Iterator[_Photo]:
        if part.field != "image":
            raise errors.BatchRefused(
                f"Photos go in the field 'image', not in {part.field[:80]!r}."
            )
        if count >= batches.MOST_ITEMS:
            raise errors.BatchRefused(f"A batch has at most {batches.MOST_ITEMS:,} items.")
        read = self._read(content)
        if not part.name and read == b"":
            return  # a form's field in which nothing was chosen
        try:
            if read is None:
                raise wishes.too_large(self._settings.max_image_bytes)
            yield _Photo(name=short_name(part.name), found=self._items.keep(read))
        except OF_ITEM as error:
            yield _Photo(name=short_name(part.name), found=error)

    def _read(self, content: Iterator[Piece]) -> bytes | None:
        """Read a photo; of one that is too large all but nothing is kept, and None comes."""
        photo = bytearray()
        is_whole = True
        for piece in content:
            is_whole = is_whole and len(photo) + len(piece) <= self._settings.max_image_bytes
            if is_whole:
                photo += piece
        return bytes(photo) if is_whole else None

    def _add_form_photo(self, photo: _Photo, own: Mapping[str, Any]) -> None:
        if isinstance(photo.found, errors.SightsongError):
            name = own.get("custom_id")
            self._items.refuse(
                short_name(name) if isinstance(name, str) else photo.name, photo.found
            )
            return
        try:
            said = schemas.PhotoParams.model_validate({"custom_id": photo.name} | dict(own))
        except ValidationError as error:
            self._items.refuse(photo.name, wrong(error))
            return
        known = {name: getattr(said, name) for name in said.model_fields_set}
        self._items.add_blob(self._items.own().model_copy(update=known), photo.found)

    def _add_member(self, one: archives.Member | Problem) -> None:
        if isinstance(one, Problem):
            is_unsafe = one.code == errors.UnsafeMember.code
            kind = errors.UnsafeMember if is_unsafe else errors.ArchiveRefused
            self._items.refuse(short_name(one.file), kind(f"{one.detail}."))
            return
        wished = self._items.own().model_copy(update={"custom_id": short_name(one.name)})
        if one.size_bytes > self._settings.max_image_bytes:
            refusal = wishes.too_large(self._settings.max_image_bytes)
            self._items.refuse(wished.custom_id, refusal)
        else:
            self._items.add_photo(wished, one.path.read_bytes())


def _items(texts: list[str], *, count: int) -> list[Mapping[str, Any]]:
    """Read what a form says of each of its photos."""
    if not texts:
        return [{}] * count
    if bodies.is_crowded(texts[-1].encode(), most=bodies.MOST_VALUES_OF_MANY):
        raise errors.BatchRefused(
            f"The field 'items' has more than {bodies.MOST_VALUES_OF_MANY:,} values."
        )
    try:
        said = json.loads(texts[-1])
    except (ValueError, RecursionError) as error:
        raise errors.BatchRefused("The field 'items' must be JSON.") from error
    if not isinstance(said, list) or not all(isinstance(one, dict) for one in said):
        raise errors.BatchRefused("The field 'items' must be a list of objects.")
    if len(said) != count:
        raise errors.BatchRefused(f"The field 'items' has {len(said)} items for {count} photos.")
    return said


def _with_fields(params: BatchParams, fields: Mapping[str, list[str]]) -> BatchParams:
    """Take the fields of a form before what the address says."""
    known: dict[str, object] = {
        name: texts if name == "moods" else texts[-1]
        for name, texts in fields.items()
        # An empty field of ours says nothing; a name that is not ours is refused all the same.
        if any(texts) or name not in BatchParams.model_fields
    }
    try:
        return BatchParams.model_validate(params.model_dump(exclude_unset=True) | known)
    except ValidationError as error:
        raise bodies.refused(error, where="form") from error


def _lines(source: Iterable[Piece], *, longest: int) -> Iterator[bytes | None]:
    """Split a body into lines; of one that is too long nothing is kept, and None comes."""
    line = bytearray()
    is_whole = True
    for piece in source:
        for i, part in enumerate(piece.split(b"\n")):
            if i:
                yield bytes(line) if is_whole else None
                line, is_whole = bytearray(), True
            is_whole = is_whole and len(line) + len(part) <= longest
            if is_whole:
                line += part
            else:
                line.clear()
    if line or not is_whole:
        yield bytes(line) if is_whole else None


def _is_photo(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in _PHOTOS

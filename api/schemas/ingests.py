"""Ingests: what to take into the library, and how far it is."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from api import examples, ids
from api.schemas.shared import ErrorView, State, Time, one_of

_MOST_PATHS = 1000

Path = Annotated[str, Field(min_length=1, max_length=4096)]
Library = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=ids.PRINTABLE),
]

_LIBRARY = Field(
    default=None,
    description="The name of the part of your collection that these tracks belong to from now on; "
    "what a manifest says of one weighs more. Searches can be kept to it.",
    examples=["Vinyl"],
)


class TakeInOptions(BaseModel):
    """How to take music in, however it comes."""

    model_config = ConfigDict(extra="forbid")

    dry_run: bool = Field(default=False, description="Only tell what would be done.")
    restore: bool = Field(
        default=False, description="Take in again what was removed from the library by hand."
    )
    library: Library | None = _LIBRARY


class UploadQuery(BaseModel):
    """The same, as parameters; a form's fields weigh more."""

    model_config = ConfigDict(extra="forbid")

    dry_run: bool = Field(default=False, description="Only tell what would be done.")
    restore: bool = Field(
        default=False, description="Take in again what was removed from the library by hand."
    )
    library: Library | None = _LIBRARY
    name: str | None = Field(
        default=None,
        min_length=1,
        max_length=255,
        description="What the file is called that is the body; without an ending, or left out, "
        "it gets one by its type or its first bytes.",
        examples=["album.zip"],
    )


class IngestRequest(TakeInOptions):
    """What to take into the library: one of `path`, `paths` and `url`."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [examples.INGEST_REQUEST],
            "oneOf": one_of("path", "paths", "url"),
        },
    )

    path: Path | None = Field(
        default=None,
        description=(
            "Absolute path, on the service's machine, of a folder, an audio file, an archive or a "
            "manifest."
        ),
        examples=["/home/me/Music"],
    )
    paths: list[Path] | None = Field(
        default=None, min_length=1, max_length=_MOST_PATHS, description="Several of those."
    )
    url: str | None = Field(
        default=None,
        min_length=1,
        max_length=2048,
        description="An address in an object store that this service may read.",
        examples=["s3://music/albums"],
    )
    remove_missing: bool = Field(
        default=False, description="Remove tracks whose files are gone from there."
    )
    watch: bool = Field(
        default=False, description="Keep the library in step with these folders from now on."
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [one for one in (self.path, self.paths, self.url) if one is not None]
        if len(given) != 1:
            raise PydanticCustomError("source", "give one of path, paths and url")
        if self.watch and (self.url is not None or self.dry_run):
            raise PydanticCustomError("watch", "only folders are watched, and not in a dry run")
        if self.watch and self.library is not None:
            raise PydanticCustomError(
                "watch", "what a watched folder finds later is given no library"
            )
        return self

    @property
    def all_paths(self) -> tuple[str, ...]:
        """The paths, whichever way they were given."""
        return (self.path,) if self.path is not None else tuple(self.paths or ())


class SourceView(BaseModel):
    """What an ingest takes in."""

    kind: Literal["paths", "url", "upload", "library"] = Field(
        description="`library`: the tracks that only another music model had heard."
    )
    paths: list[str] = Field(description="With links resolved.")
    url: str | None
    files: int | None = Field(description="How many were uploaded.")


class RatesView(BaseModel):
    """How fast an ingest goes, of late; null while that is not known."""

    tracks_per_s: float | None
    hours_per_hour: float | None = Field(description="Hours of audio heard in an hour.")


class OverallView(BaseModel):
    """How fast a whole ingest was: from the begin of its scan to the end of its last track."""

    took_s: float = Field(description="Pauses included.")
    tracks_per_s: float
    hours_per_hour: float = Field(description="Hours of audio heard in an hour.")


class IngestView(BaseModel):
    """An ingest: the scan, and what has become of its tracks so far."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.INGEST]})

    id: str
    status: Literal["waiting", "scanning", "listening", "paused", "done", "failed", "canceled"]
    state: State = Field(description="Of the scan alone.")
    created_at: Time
    started_at: Time | None
    finished_at: Time | None = Field(description="When the scan ended.")
    attempt: int
    error: ErrorView | None
    source: SourceView
    dry_run: bool
    library: str | None = Field(
        description="What its tracks belong to from now on, if that was said."
    )
    scan: dict[str, int] = Field(description="Counts of files, so far.")
    tracks: dict[State, int] = Field(description="Jobs of the tracks, by state.")
    problems: int = Field(description="Files and tracks that could not be taken in.")
    failed: dict[str, int] = Field(description="Tracks that failed, by the code of the error.")
    heard_s: float = Field(description="Seconds of audio that were heard.")
    rates: RatesView
    overall: OverallView | None = Field(
        description="Of the whole, once it is done; null where nothing was heard."
    )
    eta_s: float | None = Field(description="Seconds until all is heard; null while unknown.")
    estimate: dict[str, Any] | None = Field(description="What a dry run has found.")
    done: bool = Field(description="Whether nothing of it is left to do.")


class IngestsPage(BaseModel):
    """A page of ingests, newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.INGESTS]})

    items: list[IngestView]
    next_cursor: str | None = Field(description="For the next page; null on the last.")


class TroubleView(BaseModel):
    """A file that could not be taken in, or a track that could not be heard."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.TROUBLE]})

    file: str = Field(description="Its name, or its place in an archive or a manifest.")
    code: str
    detail: str
    track_id: str | None


class ProblemsPage(BaseModel):
    """A page of what could not be taken in."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.TROUBLES]})

    items: list[TroubleView]
    next_cursor: str | None = Field(description="For the next page; null on the last.")


class RetriedView(IngestView):
    """An ingest whose failed tracks are tried again."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.RETRIED]})

    retried: int = Field(description="How many tracks are tried again.")


class WatchView(BaseModel):
    """A folder that is kept in step with the library."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.WATCH]})

    id: str
    path: str
    added_at: Time
    ingest_id: str | None = Field(description="The last ingest that was begun for it.")


class WatchesView(BaseModel):
    """The folders that are kept in step."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.WATCHES]})

    items: list[WatchView]

"""What people see of an answer: bars for the emotions, a table for the tracks."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from sightsong.cli.listing import Listing, Row
from sightsong.client import JobView, RefinedView, TrackView

_BAR_CELLS = 24
_FULL, _EMPTY = "█", "·"
_MOODS_SHOWN = 5


#: What is told where no track was found.
_NONE = (
    "no tracks: the library is empty, or nothing in it is like that; "
    "take music in with `sightsong ingest FOLDER`"
)
_NONE_FITS = "no track fits these filters; leave one out, or widen it"
_NONE_REFINED = (
    "no tracks: none fits the filters that the job had (`--unfiltered` takes them away), or the "
    "library is empty"
)
_NONE_SIMILAR = (
    "no other track can be found yet; see `sightsong tracks` and `sightsong ingest list`"
)


def none_found(wishes: Mapping[str, Any], *, otherwise: str = _NONE) -> str:
    """Say why a search with these wishes has found no track."""
    return _NONE_FITS if wishes.get("filters") else otherwise


def answer(title: str, job: JobView, *, nothing: str = _NONE) -> RenderableType:
    """Everything that the job of a photo or of words says; `nothing`, where it found no track."""
    head = Text(f"\n{plain(title)}", style="bold")
    result = job["result"]
    if result is None:
        return Group(head, failure(job))
    profile = f"profile {result.get('profile') or 'unknown'}"
    said = [*feeling(result), profile, *took(job), *owed(job, result), f"job {job['id']}"]
    return Group(
        head,
        *(_seen(result) if "emotion" in result else []),
        Text(", ".join(said), style="dim"),
        matches(result["matches"], nothing=nothing),
    )


def refined(answer: RefinedView, wishes: Mapping[str, Any]) -> RenderableType:
    """The answer of a job, nudged, under what was wished of it."""
    head = Text(f"\n{plain(nudges(wishes))}", style="bold")
    said = ", ".join([*feeling(answer), f"job {answer['job_id']}"])
    why = none_found(wishes, otherwise=_NONE if "filters" in wishes else _NONE_REFINED)
    return Group(head, Text(said, style="dim"), matches(answer["matches"], nothing=why))


def nudges(wishes: Mapping[str, Any]) -> str:
    """What was asked of an answer, in a line."""
    steps = [f"{name} {wishes[name]:g}" for name in ("calmer", "happier") if wishes.get(name)]
    unwanted = [f"without {', '.join(wishes['avoid'])}"] if wishes.get("avoid") else []
    return ", ".join([*steps, *unwanted]) or "the same, chosen anew"


def feeling(of: Mapping[str, Any]) -> list[str]:
    """The point of the affect plane that an answer is for; nothing where none is known."""
    if of["valence"] is None or of["arousal"] is None:
        return []
    return [f"valence {of['valence']:+.2f}, arousal {of['arousal']:+.2f}"]


def _seen(result: Mapping[str, Any]) -> list[RenderableType]:
    """What was seen in a photo."""
    caption = result.get("emotional_caption") or result.get("caption") or ""
    return [
        Text(plain(caption)),
        emotions(result["emotion"]["distribution"]),
        *disagreement(result["emotion"].get("agreement")),
        moods(result.get("moods") or []),
    ]


def took(job: JobView) -> list[str]:
    """How long the answer took, waiting included; nothing if it is not there yet."""
    if job["finished_at"] is None:
        return []
    ended = datetime.fromisoformat(job["finished_at"])
    waited = ended - datetime.fromisoformat(job["created_at"])
    return [f"answered in {waited.total_seconds():.2f} s"]


def owed(job: JobView, result: Mapping[str, Any]) -> list[str]:
    """What an answer owes to what was there before it: an earlier answer, what the user likes."""
    copied = ["the same as before"] if job.get("cached_from") else []
    return [*copied, *(["in view of what you like"] if result.get("personal") else [])]


def failure(job: JobView) -> Text:
    """Why a job has no result, or that it has none yet."""
    error = job["error"]
    if error is None:
        return Text(f"job {job['id']} is {job['state']}")
    return Text(f"{job['state']}: {plain(error['detail'])} ({error['code']})", style="red")


def emotions(distribution: Mapping[str, float]) -> Table:
    """A bar for each emotion, the likeliest first."""
    grid = Table.grid(padding=(0, 1))
    for name, share in sorted(distribution.items(), key=lambda item: -item[1]):
        cells = round(share * _BAR_CELLS)
        bar = Text(_FULL * cells, style="cyan") + Text(_EMPTY * (_BAR_CELLS - cells), style="dim")
        grid.add_row(plain(name), bar, f"{share:4.0%}")
    return grid


def disagreement(agreement: Mapping[str, Any] | None) -> list[Text]:
    """The word that the faces do not feel like the scene; nothing if they do, or there are none."""
    if agreement is None or agreement["agrees"]:
        return []
    return [Text(plain(agreement["note"]), style="yellow")]


def moods(rows: Sequence[Mapping[str, Any]]) -> Text:
    """The moods that fit best, in one line."""
    best = ", ".join(f"{plain(row['label'])} {row['score']:.2f}" for row in rows[:_MOODS_SHOWN])
    return Text(f"moods: {best or 'none'}", style="dim")


def matches(rows: Sequence[Mapping[str, Any]], *, nothing: str) -> RenderableType:
    """The tracks that fit, best first, each with its reason below it; `nothing`, without any."""
    if not rows:
        return Text(nothing)
    return _ranked("track, and why", rows, [row["reason"] for row in rows])


def similar(rows: Sequence[Mapping[str, Any]], wishes: Mapping[str, Any]) -> RenderableType:
    """The tracks that sound like one, nearest first, each with where it does and its id."""
    if not rows:
        return Text(none_found(wishes, otherwise=_NONE_SIMILAR))
    below = [
        f"most alike from {clock(row['window_start_s'])}, id {row['track_id']}" for row in rows
    ]
    return _ranked("track, and where it is alike", rows, below)


def _ranked(head: str, rows: Sequence[Mapping[str, Any]], below: Sequence[str]) -> Table:
    shown = table("#", "score", "from", head)
    for row, said in zip(rows, below, strict=True):
        artist = f", {plain(row['artist'])}" if row.get("artist") else ""
        track = Text(plain(row["title"]), style="bold") + Text(artist, style="not bold")
        shown.add_row(
            str(row["rank"]),
            f"{row['score']:.2f}",
            clock(row["window_start_s"]),
            Group(track, Text(plain(said), style="dim")),
        )
    return shown


def tracks(rows: Sequence[TrackView], *, recordings: bool = False) -> RenderableType:
    """The tracks of the library; with `recordings`, those of one recording beside each other."""
    if not rows:
        return Text("no tracks yet; take some in with `sightsong ingest FOLDER`")
    ordered = sorted(rows, key=_by_recording) if recordings else rows
    return Listing(
        head="track",
        ids=("id", "recording") if recordings else ("id",),
        columns=(("artist",), ("length",), ("state",)),
        rows=[_track(row, recordings=recordings) for row in ordered],
    )


def _by_recording(row: TrackView) -> tuple[str, bool]:
    """By recording, and first the track that stands for it."""
    recording_id = row.get("recording_id") or ""
    return recording_id, row["id"] != recording_id


def _track(row: TrackView, *, recordings: bool) -> Row:
    length, reason = row.get("duration_s"), row.get("reason")
    state = f"{row['state']}: {reason['detail']}" if reason else row["state"]
    return Row(
        name=plain(row["title"]),
        ids=(row["id"], row.get("recording_id") or "") if recordings else (row["id"],),
        cells=(
            plain(row.get("artist") or ""),
            "" if length is None else clock(length),
            plain(state),
        ),
    )


def track(row: TrackView) -> RenderableType:
    """Everything that is known of a track."""
    length, reason, explicit = row.get("duration_s"), row.get("reason"), row.get("explicit")
    recording = row.get("recording") or {}
    said = {
        **{name: row.get(name) for name in ("artist", "album", "genre", "mood", "licence")},
        "tags": ", ".join(row.get("tags") or []),
        "library": row.get("library"),
        "explicit": None if explicit is None else ("yes" if explicit else "no"),
        "length": None if length is None else clock(length),
        "state": f"{row['state']}: {reason['detail']}" if reason else row["state"],
        "also as": ", ".join(one for one in recording.get("tracks", []) if one != row["id"]),
        "id": row["id"],
    }
    return Group(Text(plain(row["title"]), style="bold"), facts(said))


def facts(said: Mapping[str, object]) -> Table:
    """What is known of one thing, a line for each that is."""
    grid = Table.grid(padding=(0, 2))
    for name, value in said.items():
        if value not in (None, ""):
            grid.add_row(Text(name, style="dim"), Text(plain(str(value)), overflow="fold"))
    return grid


def clock(seconds: float) -> str:
    """Minutes and seconds, as players show them."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes:02d}:{rest:02d}"


def plain(text: str) -> str:
    """Drop what could command the terminal: tags of music files are anybody's text."""
    return "".join(char if char.isprintable() else " " for char in text)


def table(*columns: str) -> Table:
    """An empty table without lines."""
    empty = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        empty.add_column(column, overflow="fold")  # ids and names are there to be copied
    return empty

"""What people are told of an ingest: how fast it goes, and what it did."""

import itertools
import shlex
from collections.abc import Sequence

from sightsong.cli import show
from sightsong.cli.screen import Screen
from sightsong.client import Client, IngestView, RetriedView, TroubleView

#: What goes on, by the status of an ingest.
WORDS = {
    "waiting": "waiting its turn",
    "scanning": "looking through the files",
    "listening": "listening",
    "paused": "paused",
}
#: Counts that are told, in this order, with their words for one and for several.
_COUNTS = {
    "found": ("found", "found"),
    "new": ("new", "new"),
    "known": ("known", "known"),
    "changed": ("changed", "changed"),
    "duplicates": ("duplicate", "duplicates"),
    "moved": ("moved", "moved"),
    "removed": ("removed by you before", "removed by you before"),
    "gone": ("gone and removed", "gone and removed"),
    "missing": ("missing and kept", "missing and kept"),
    "ignored": ("ignored (no music)", "ignored (no music)"),
    "unreadable": ("unreadable", "unreadable"),
}
#: What became of tracks, by the state of their jobs; those that were heard are told first.
_STATES = {
    "succeeded": "heard",
    "running": "being heard",
    "queued": "waiting",
    "canceled": "given up",
    "failed": "could not be heard",
}
#: Rates from here on are told without a fraction.
_WHOLE = 20
_TROUBLE_SHOWN = 3  # of each kind
_TROUBLE_READ = 200
_S_PER_MIN, _S_PER_HOUR = 60, 3600


def pace(ingest: IngestView) -> str:
    """How fast an ingest goes, how long it still takes, and what has failed, in a line."""
    rates = ingest["rates"]
    parts = []
    if rates["tracks_per_s"] is not None:
        parts.append(f"{_rate(rates['tracks_per_s'])} tracks/s")
    if rates["hours_per_hour"] is not None:
        parts.append(f"{_rate(rates['hours_per_hour'])} h of audio/h")
    if ingest["eta_s"]:
        parts.append(f"{duration(ingest['eta_s'])} left")
    failed = ingest["tracks"].get("failed", 0)
    if failed:
        parts.append(f"{failed} failed")
    return ", ".join(parts)


def overall(ingest: IngestView) -> str:
    """How fast a whole ingest was, in a line; empty where that is not known."""
    known = ingest.get("overall")
    if not known:
        return ""
    tracks, hours = _rate(known["tracks_per_s"]), _rate(known["hours_per_hour"])
    return f"took {duration(known['took_s'])}: {tracks} tracks/s, {hours} h of audio/h"


def so_far(ingest: IngestView) -> str:
    """How far an ingest is, in a line."""
    status, tracks = ingest["status"], ingest["tracks"]
    parts = [f"{ingest['scan'].get('found', 0)} found"] if status == "scanning" else []
    if any(tracks.values()):
        parts.append(f"{ended(ingest)} of {_count(sum(tracks.values()), 'track')}")
    told = ", ".join(part for part in (*parts, pace(ingest)) if part)
    word = WORDS.get(status, status)
    return f"{word}: {told}" if told else word


def ended(ingest: IngestView) -> int:
    """How many tracks of an ingest need nothing more."""
    return sum(ingest["tracks"].get(state, 0) for state in ("succeeded", "failed", "canceled"))


def tell(client: Client, screen: Screen, ingest: IngestView) -> None:
    """Tell what an ingest did, and the first few of what it could not."""
    for line in (summary(ingest), overall(ingest), estimate(ingest)):
        if line:
            screen.say(line)
    if not ingest["problems"]:
        return
    for line in _by_kind(list(client.problems(ingest["id"], limit=_TROUBLE_READ))):
        screen.say(line)
    screen.say(f"all of them: sightsong ingest show {ingest['id']}")


def summary(ingest: IngestView) -> str:
    """What an ingest did, in a line."""
    if ingest["error"] is not None:
        detail = show.plain(ingest["error"]["detail"])
        return f"the ingest failed: {detail} ({ingest['error']['code']})"
    scan = ingest["scan"]
    counts = [_told(scan[name], words) for name, words in _COUNTS.items() if scan.get(name)]
    told = {"canceled": "ingest, canceled"}.get(ingest["status"], "ingest")
    told = "dry run, nothing was taken in" if ingest["dry_run"] else told
    parts = (", ".join(counts) or "no music found", _of_tracks(ingest))
    return f"{told}: {'; '.join(part for part in parts if part)}"


def estimate(ingest: IngestView) -> str:
    """What a dry run expects, in a line; empty of another ingest, and where nothing is new."""
    found = ingest["estimate"]
    if found is None or not ingest["scan"].get("new"):
        return ""
    hours, expected_s = found.get("hours"), found.get("expected_s")
    if not hours:
        return "expected: the files do not say how long they last"
    new = f"{duration(hours * _S_PER_HOUR)} of new audio"
    if expected_s is None:
        return f"expected: {new}, how long it takes is not known until a few tracks were heard"
    about = "" if expected_s < 1 else "about "
    return f"expected: {new}, {about}{duration(expected_s)} of work"


def has_changed_something(ingest: IngestView) -> bool:
    """Whether an ingest may have changed what can be found."""
    scan = ingest["scan"]
    changes = any(scan.get(name) for name in ("new", "changed", "moved", "gone"))
    return not ingest["dry_run"] and (changes or any(ingest["tracks"].values()))


def tried(ingest: RetriedView) -> str:
    """What became of the wish to try tracks again."""
    if ingest["retried"]:
        count = ingest["retried"]
        told = "1 track is tried again" if count == 1 else f"{count} tracks are tried again"
        return f"{told}; follow it with: sightsong ingest follow {ingest['id']}"
    if ingest["status"] == "canceled":
        return f"no track of it has failed: it was canceled; for the rest of it: {_anew(ingest)}"
    if ingest["problems"]:
        return f"no track of it is to be tried again; to look at its files again: {_anew(ingest)}"
    return "no track of it has failed"


def source(ingest: IngestView) -> str:
    """What an ingest takes in, in a few words."""
    given = ingest["source"]
    if given["kind"] == "upload":
        return f"{given['files'] or 'some'} uploaded"
    if given["kind"] == "library":
        return "the library, for a new music model"
    first, *more = [given["url"]] if given["url"] else given["paths"] or ["?"]
    return f"{first} and {len(more)} more" if more else str(first)


def duration(seconds: float) -> str:
    """A length of time as people say it."""
    if seconds < 1:
        return "less than 1 s"
    if seconds < _S_PER_MIN:
        return f"{seconds:.0f} s"
    if seconds < _S_PER_HOUR:
        return f"{seconds / _S_PER_MIN:.0f} min"
    return f"{seconds / _S_PER_HOUR:.1f} h"


def _by_kind(rows: Sequence[TroubleView]) -> list[str]:
    """One line for each kind of trouble, with the first few names."""
    lines = []
    by_code = sorted(rows, key=lambda row: row["code"])
    for code, group in itertools.groupby(by_code, key=lambda row: row["code"]):
        same = list(group)
        names = ", ".join(show.plain(row["file"]) for row in same[:_TROUBLE_SHOWN])
        more = ", …" if len(same) > _TROUBLE_SHOWN else ""
        lines.append(f"  {code}: {names}{more}")
    return lines


def _of_tracks(ingest: IngestView) -> str:
    """What became of the tracks of an ingest."""
    tracks = ingest["tracks"]
    parts = [f"{tracks[state]} {word}" for state, word in _STATES.items() if tracks.get(state)]
    if ingest["heard_s"] and tracks.get("succeeded"):
        parts[0] += f" ({duration(ingest['heard_s'])} of audio)"
    return ", ".join(parts)


def _anew(ingest: IngestView) -> str:
    """The command that begins such an ingest again."""
    given, library = ingest["source"], ingest.get("library")
    said = ["--library", library] if library else []
    if given["kind"] == "upload":
        return f"sightsong ingest --upload PATH... {_typed(said)}".rstrip()
    if given["kind"] == "library":
        return "sightsong up, which looks for them when it starts"
    sources = [given["url"]] if given["url"] else given["paths"]
    return f"sightsong ingest {_typed([*map(str, sources), *said])}"


def _typed(words: Sequence[str]) -> str:
    """Words as they are typed in a shell."""
    return " ".join(shlex.quote(show.plain(word)) for word in words)


def _told(count: int, words: tuple[str, str]) -> str:
    """A count with the word for one or for several."""
    return f"{count} {words[0] if count == 1 else words[1]}"


def _count(count: int, word: str) -> str:
    return _told(count, (word, f"{word}s"))


def _rate(rate: float) -> str:
    """A rate with two figures at least: slow ones are not nothing."""
    if rate >= _WHOLE:
        return f"{rate:.0f}"
    return f"{rate:.1f}" if rate >= 1 else f"{rate:.2g}"

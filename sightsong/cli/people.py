"""Users as people see them: who asks, what they like, what they did with tracks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from rich.console import RenderableType
from rich.text import Text

from sightsong.cli import ledger, show
from sightsong.cli.listing import Listing, Row
from sightsong.client import Client, FeedbackView, MeView, Preferences, PreferencesView, UsageView


@dataclass(frozen=True, kw_only=True)
class Words:
    """What a list of words is to have more and less; true where that is anything."""

    added: Sequence[str]
    taken: Sequence[str]

    def __bool__(self) -> bool:
        """Whether anything is to change."""
        return bool(self.added or self.taken)

    def of(self, old: Sequence[str]) -> list[str]:
        """Change a list: each word is there once, in the order that they came."""
        gone = {word.casefold() for word in self.taken}
        return [word for word in dict.fromkeys([*old, *self.added]) if word.casefold() not in gone]


@dataclass(frozen=True, kw_only=True)
class Wish:
    """How preferences are to change; true where they are to."""

    genres: Words
    artists: Words  #: Never to be found, as the tracks.
    tracks: Words
    flags: Mapping[str, float | bool | None]  #: What takes the place of what was said.

    def __bool__(self) -> bool:
        """Whether anything is to change."""
        return bool(self.genres or self.artists or self.tracks or self.flags)

    def of(self, old: PreferencesView) -> Preferences:
        """Change preferences; what is not wished stays."""
        never = old["never_play"]
        new: dict[str, Any] = {
            **old,
            "favourite_genres": self.genres.of(old["favourite_genres"]),
            "never_play": {
                "tracks": self.tracks.of(never["tracks"]),
                "artists": self.artists.of(never["artists"]),
            },
            **self.flags,
        }
        return cast("Preferences", new)


def me(who: MeView, usage: UsageView) -> RenderableType:
    """Who asks, what they may do, and what they have asked for today."""
    key, today, most = who["key"], usage["today"], usage["jobs_per_day"]
    sent = f"{today['photos']} photos, {today['texts']} texts"
    return show.facts(
        {
            "tenant": who["tenant"],
            "user": who["user"] or "none named",
            "key": "none" if key is None else f"{key['id']} ({key['name']}, …{key['last4']})",
            "scopes": ", ".join(who["scopes"]),
            "today": _of_whom(sent if most is None else f"{sent}, of {most} in all", who),
        }
    )


def preferences(said: PreferencesView) -> RenderableType:
    """What a user likes in general."""
    never, alpha = said["never_play"], said["alpha"]
    return show.facts(
        {
            "favourite genres": ", ".join(said["favourite_genres"]) or "none said",
            "never artists": ", ".join(never["artists"]) or "none",
            "never tracks": ", ".join(never["tracks"]) or "none",
            "alpha": "as the service has it" if alpha is None else f"{alpha:g}",
            "personal": _on(said["personal"], "memory has a say in answers"),
            "learn": _on(said["learn"], "likes and skips are taken, and have a say"),
        }
    )


def feedback(rows: Sequence[FeedbackView]) -> RenderableType:
    """A table of what a user did with tracks."""
    if not rows:
        return Text("nothing yet; say something with `sightsong like JOB RANK`")
    return Listing(
        head="action",
        ids=("id", "job", "track"),
        columns=(("at",), ("since",)),
        rows=[
            Row(
                name=row["action"],
                ids=(row["id"], row["job_id"], row["track_id"]),
                cells=(_at(row), ledger.when(row["created_at"])),
            )
            for row in rows
        ],
    )


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What is kept of a user."""

    jobs: int
    feedback: int
    has_preferences: bool


def kept(client: Client) -> Kept:
    """Count what is kept of a user."""
    said = client.preferences()
    never = said["never_play"]
    lists = (said["favourite_genres"], never["tracks"], never["artists"])
    is_usual = said["alpha"] is None and said["personal"] and said["learn"]
    return Kept(
        jobs=sum(1 for _ in client.history()),
        feedback=sum(1 for _ in client.feedback()),
        has_preferences=any(lists) or not is_usual,
    )


def erased(user: str | None, was: Kept) -> str:
    """What was erased of a user, in a line."""
    if was == Kept(jobs=0, feedback=0, has_preferences=False):
        return f"nothing was kept of {user}; is the name right?"
    preferences = ", and preferences" if was.has_preferences else ""
    said = f"{was.feedback} likes, skips and plays{preferences}"
    return f"erased of {user}: {was.jobs} photos and texts, {said}"


def _of_whom(sent: str, who: MeView) -> str:
    """Usage is counted for keys, not for users: say so where there is one."""
    return sent if who["key"] is None else f"{sent} (with this key, for all users)"


def _at(row: FeedbackView) -> str:
    position_s = row["position_s"]
    return "" if position_s is None else show.clock(position_s)


def _on(is_on: object, what: str) -> str:
    return f"on: {what}" if is_on else "off"

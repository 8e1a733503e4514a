"""What is remembered of users, in memory."""

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field

from sightsong.adapters.memory import erasing
from sightsong.adapters.memory.state import State
from sightsong.core.errors import FeedbackNotFound
from sightsong.core.jobs import Expired
from sightsong.core.people import (
    MOST_RECALLED,
    Feedback,
    FeedbackId,
    Given,
    Memory,
    NewFeedback,
    Preferences,
)
from sightsong.core.tenancy import TenantId, UserId, Whose
from sightsong.core.tracks import TrackId


@dataclass(kw_only=True)
class _Known:
    """Of everybody."""

    preferences: dict[Whose, Preferences] = field(default_factory=dict)
    feedback: dict[Whose, list[Feedback]] = field(default_factory=dict)  #: Oldest first.


class MemoryPeople:
    """The `People` port over dictionaries."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._known = _Known()

    def preferences(self, whose: Whose) -> Preferences:
        """Read what somebody likes in general; the defaults where they have said nothing."""
        with self._state.lock:
            return self._known.preferences.get(whose, Preferences())

    def set_preferences(self, whose: Whose, preferences: Preferences) -> None:
        """Store them in place of those before."""
        with self._state.lock:
            self._known.preferences[whose] = preferences

    def give(self, whose: Whose, new: NewFeedback) -> Given:
        """Store a feedback, unless the same was said of this job and track before."""
        said = (new.job_id, new.track_id, new.action)
        with self._state.lock:
            theirs = self._known.feedback.setdefault(whose, [])
            for one in theirs:
                if (one.job_id, one.track_id, one.action) == said:
                    return Given(feedback=one, is_new=False)
            added = Feedback(
                **asdict(new),
                id=FeedbackId(str(uuid.uuid4())),
                created_at=self._state.clock(),
                sequence=next(self._state.sequence),
            )
            theirs.append(added)
            return Given(feedback=added, is_new=True)

    def feedback(
        self,
        whose: Whose,
        *,
        limit: int,
        before: FeedbackId | None = None,
        below: int | None = None,
    ) -> list[Feedback]:
        """List somebody's feedback, newest first; that before a given one, or below a sequence.

        To go below a sequence, what had it need not be there any more.

        Raises:
            FeedbackNotFound: that one is not theirs, or gone.
        """
        with self._state.lock:
            theirs = self._known.feedback.get(whose, [])
            if before is not None:
                theirs = theirs[: theirs.index(self._find(whose, before))]
            left = [one for one in theirs if below is None or one.sequence < below]
            return left[::-1][:limit]

    def withdraw(self, whose: Whose, feedback_id: FeedbackId) -> None:
        """Remove a feedback.

        Raises:
            FeedbackNotFound: there is none with this id of theirs.
        """
        with self._state.lock:
            gone = self._find(whose, feedback_id)
            self._known.feedback[whose].remove(gone)

    def recall(self, whose: Iterable[Whose]) -> Mapping[Whose, Memory]:
        """Read what is remembered of some users."""
        with self._state.lock:
            return {
                one: self._memory(one)
                for one in dict.fromkeys(whose)
                if one in self._known.preferences or self._known.feedback.get(one)
            }

    def erase(self, tenant: TenantId, user: UserId | None, *, limit: int) -> Expired:
        """Erase a part of what there is of somebody: first what is remembered, then their jobs."""
        known = self._known
        with self._state.lock:
            changed = 0
            for one in {*known.preferences, *known.feedback}:
                if one.tenant == tenant and user in (None, one.user):
                    said = known.preferences.pop(one, None)
                    changed += (said is not None) + len(known.feedback.pop(one, []))
            if changed:
                return Expired(blobs=(), changed=changed)
            return erasing.of_somebody(self._state, tenant, user, limit=limit)

    def _find(self, whose: Whose, feedback_id: FeedbackId) -> Feedback:
        for one in self._known.feedback.get(whose, []):
            if one.id == feedback_id:
                return one
        raise FeedbackNotFound

    def _memory(self, whose: Whose) -> Memory:
        said = self._known.preferences.get(whose, Preferences())
        given = tuple(self._known.feedback.get(whose, [])[::-1][:MOST_RECALLED])
        recordings = self._recordings([*said.never_tracks, *(one.track_id for one in given)])
        never = {recordings.get(one, one) for one in said.never_tracks}
        return Memory(
            preferences=said,
            feedback=given,
            recordings=recordings,
            never_encodings=self._encodings(never),
            at=self._state.clock(),
        )

    def _recordings(self, named: Iterable[TrackId]) -> Mapping[TrackId, TrackId]:
        """Say which recording tracks are encodings of; of those taken out, what is left of it."""
        found: dict[TrackId, TrackId] = {}
        for one in named:
            left = self._left_of(one)
            track = self._state.there(left)
            if track is not None and track.recording_id is not None:
                found[one] = track.recording_id
            elif left != one:
                found[one] = left
        return found

    def _left_of(self, track_id: TrackId) -> TrackId:
        seen = {track_id}
        while self._state.there(track_id) is None:
            track_id = self._state.heirs.get(track_id, track_id)
            if track_id in seen:
                break
            seen.add(track_id)
        return track_id

    def _encodings(self, recordings: Collection[TrackId]) -> frozenset[TrackId]:
        """Find the encodings of some recordings in the library."""
        return frozenset(
            track.id
            for track in self._state.tracks.values()
            if track.id not in self._state.removed
            if track.recording_id in recordings or track.id in recordings
        )

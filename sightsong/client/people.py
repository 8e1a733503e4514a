"""Calls about what is remembered of a user: the client's `user`, or the tenant itself."""

from typing import Any, Unpack

from sightsong.client.calls import Calls, segment
from sightsong.client.steps import Flow, Request, Steps
from sightsong.client.twofold import Call, Series
from sightsong.client.views import Action, FeedbackView, JobSummary, Preferences, PreferencesView
from sightsong.client.wishes import said

_ME = "/v1/me"
_FEEDBACK = "/v1/feedback"
#: Between two rows of an export: the next ones are read meanwhile.
_READING_S = 60.0


class PeopleCalls(Calls):
    """What may be asked about a user."""

    @Call
    def preferences(self) -> Steps[PreferencesView]:
        """Read what the user likes."""
        return self._get(f"{_ME}/preferences")

    @Call
    def set_preferences(self, **likes: Unpack[Preferences]) -> Steps[PreferencesView]:
        """Say what the user likes, all of it: what is left out is forgotten."""
        path = f"{_ME}/preferences"
        return self._json(Request(method="PUT", path=path, json=likes, is_idempotent=True))

    @Series
    def history(self, *, limit: int | None = None) -> Flow[JobSummary]:
        """Go through what the user has asked, newest first."""
        return self._items(f"{_ME}/history", limit=limit)

    @Series
    def export(self) -> Flow[dict[str, Any]]:
        """Go through all that is kept of the user, row by row.

        Raises:
            AnswerCutShort: the connection was lost in the middle.
        """
        return self._wire.rows(
            Request(method="GET", path=f"{_ME}/export", is_followed=True, extra_s=_READING_S)
        )

    @Call
    def erase_user(self, *, everything: bool = False) -> Steps[None]:
        """Erase all that is kept of the user: jobs, feedback, preferences. Again is fine.

        Args:
            everything: to be said where the client names no user, and only there: all that is kept
                of the tenant, with all of its users.
        """
        return self._delete(
            _ME, said({"everything": everything}), is_idempotent=True, extra_s=_READING_S
        )

    @Call
    def give_feedback(
        self, job_id: str, track_id: str, action: Action, *, position_s: float | None = None
    ) -> Steps[FeedbackView]:
        """Say what the user did with a match; said again, it is the same feedback.

        Args:
            job_id: the photo or words.
            track_id: the match.
            action: `like`, `skip` or `played`.
            position_s: where in the track.

        Raises:
            ProblemResponse: there is no such job or track, or the user is not learnt from
                (`conflict`).
        """
        told = {"job_id": job_id, "track_id": track_id, "action": action}
        body = told | said({"position_s": position_s})
        return self._json(Request(method="POST", path=_FEEDBACK, json=body, is_idempotent=True))

    @Series
    def feedback(self, *, limit: int | None = None) -> Flow[FeedbackView]:
        """Go through what the user did, newest first."""
        return self._items(_FEEDBACK, limit=limit)

    @Call
    def withdraw_feedback(self, feedback_id: str) -> Steps[None]:
        """Take a feedback back."""
        return self._delete(f"{_FEEDBACK}/{segment(feedback_id)}")

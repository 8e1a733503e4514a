"""What is remembered of users."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from sightsong.core.jobs import Expired
from sightsong.core.people import Feedback, FeedbackId, Given, Memory, NewFeedback, Preferences
from sightsong.core.tenancy import TenantId, UserId, Whose


class People(Protocol):
    """Preferences and feedback. Tenants, and users of one tenant, never meet."""

    def preferences(self, whose: Whose) -> Preferences:
        """Read what somebody likes in general; the defaults where they have said nothing.

        Raises:
            StoreUnavailable: the database does not answer.
        """
        ...

    def set_preferences(self, whose: Whose, preferences: Preferences) -> None:
        """Store them in place of those before."""
        ...

    def give(self, whose: Whose, new: NewFeedback) -> Given:
        """Store a feedback, unless the same was said of this job and track before."""
        ...

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
        ...

    def withdraw(self, whose: Whose, feedback_id: FeedbackId) -> None:
        """Remove a feedback.

        Raises:
            FeedbackNotFound: there is none with this id of theirs.
        """
        ...

    def recall(self, whose: Iterable[Whose]) -> Mapping[Whose, Memory]:
        """Read what is remembered of some users, in one transaction.

        Those of whom nothing is remembered are left out.
        """
        ...

    def erase(self, tenant: TenantId, user: UserId | None, *, limit: int) -> Expired:
        """Erase a part of what there is of somebody: first what is remembered, then their jobs.

        Jobs as `Jobs.erase` does, photos and texts alone, at most `limit` at once. Call it until
        nothing changes any more: it then sees to it that the database keeps no copies.

        Args:
            tenant: whose user it is.
            user: `NOBODY`: the tenant itself; None: the tenant with all of its users.
            limit: of rows that one call changes.
        """
        ...

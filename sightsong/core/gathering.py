"""Gathering: how a batch enters. Blobs one by one as they come, then all rows at once, then a ring.

Nothing of a batch that breaks off is left.
"""

import contextlib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Self

from sightsong.core import erasing, errors, jobs, ports
from sightsong.core.batches import MOST_ITEMS, Gathered, NewBatch, Refused
from sightsong.core.intake import Ask, refuse_full, refuse_unknown_webhook
from sightsong.core.tenancy import Whose

#: What was sent of an item, JSON values only.
Sent = Mapping[str, Any]
#: Why a batch has no items, in the words of its first refusals; of more, they are alike.
_TOLD = 3


@dataclass(frozen=True, kw_only=True)
class Album:
    """What is said of a batch as a whole."""

    whose: Whose = field(default_factory=Whose)
    account: jobs.Account = field(default_factory=jobs.Account)
    custom_id: str | None = None
    webhook_id: str | None = None
    key: str | None = None  #: Under which it may be sent again; None: each time it is another.


class Gathering:
    """A batch on its way in. A context: leave it by an error, and what was stored is discarded."""

    def __init__(self, stores: ports.Stores) -> None:
        """Begin a batch with no items."""
        self._stores = stores
        self._blobs: list[jobs.BlobId] = []
        self._jobs: list[tuple[Ask, jobs.NewJob]] = []
        self._refused: list[Refused] = []
        self._digest = hashlib.sha256()
        self._is_stored = False

    def __enter__(self) -> Self:
        """Go on."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Discard the blobs of a batch that was not stored."""
        if not self._is_stored:
            erasing.discard(self._stores, self._blobs)

    @property
    def count(self) -> int:
        """How many items it has."""
        return len(self._jobs) + len(self._refused)

    def keep(self, content: bytes, *, media_type: str) -> jobs.Blob:
        """Store a photo, which has passed the door's checks.

        Raises:
            StorageFull: the disk has no room for it.
        """
        blob = self._stores.blobs.put(content, media_type=media_type)
        self._blobs.append(blob.id)
        return blob

    def add(self, ask: Ask, blob: jobs.Blob | None = None, *, sent: Sent | None = None) -> None:
        """Add an item: a photo that is kept, or words, which are in the params of `ask`.

        `sent` is what was sent of it, where that says more than what came of it: a photo that is
        fetched may be there the next time, or another.
        """
        self._see_room()
        kind = jobs.JobKind.TEXT if blob is None else jobs.JobKind.PHOTO
        new = replace(ask.job(kind, blob), position=self.count)
        said = ask.params if ask.said is None else ask.said
        made = {"kind": kind, "said": dict(said), "sha256": blob and blob.sha256}
        self._note(made if sent is None else {"sent": dict(sent)})
        self._jobs.append((ask, new))

    def refuse(
        self, custom_id: str | None, error: errors.SightsongError, *, sent: Sent | None = None
    ) -> None:
        """Add an item that cannot be a job; `sent` as in `add`."""
        self._see_room()
        told = jobs.JobError(code=error.code, detail=error.detail)
        made = {"refused": told.code, "custom_id": custom_id}
        self._note(made if sent is None else {"sent": dict(sent)})
        self._refused.append(Refused(position=self.count, custom_id=custom_id, error=told))

    def submit(self, album: Album, doorbell: ports.Doorbell, *, queue_limit: int) -> Gathered:
        """Store the batch and wake the workers.

        Args:
            album: what is said of it as a whole.
            doorbell: wakes the workers; the jobs are safe without it.
            queue_limit: as many waiting photos and words as this are enough, with those of it.

        Raises:
            BatchRefused: none of its items can be a job, or its account may never submit so many
                in a day.
            WebhookUnknown: the tenant has no such webhook.
            IdempotencyMismatch: its key was used for another batch.
            BatchErased: the batch that was made of it under its key was erased.
            QuotaExceeded: its account has too few jobs of today left.
            QueueFull: it would wait with too many others.
            StoreUnavailable: the database does not answer; it may have been stored or not.
        """
        key = self._key(album)
        if key is not None and (there := self._stores.batches.replay(key)) is not None:
            return Gathered(batch=there, is_replay=True)
        refuse_unknown_webhook(self._stores, album.webhook_id, tenant=album.whose.tenant)
        self._refuse_untold()
        self._refuse_empty()
        self._refuse_larger(album.account)
        refuse_full(self._stores, jobs.Queue.PHOTOS, queue_limit, coming=len(self._jobs))
        gathered = self._store(album, key)
        if not gathered.is_replay:
            with contextlib.suppress(errors.Unavailable):
                doorbell.ring(jobs.Queue.PHOTOS)
        return gathered

    def _store(self, album: Album, key: jobs.Idempotency | None) -> Gathered:
        try:
            return self._put(album, [self._recalled(*one) for one in self._jobs], key)
        except (errors.JobNotFound, errors.JobErased):
            # An answer that was found before is erased by now: all is worked out anew.
            return self._put(album, [new for _, new in self._jobs], key)

    def _put(self, album: Album, new: list[jobs.NewJob], key: jobs.Idempotency | None) -> Gathered:
        batch = NewBatch(
            jobs=new,
            refused=self._refused,
            custom_id=album.custom_id,
            tenant=album.whose.tenant,
            user=album.whose.user or None,
            account=album.account,
            webhook_id=album.webhook_id,
        )
        try:
            gathered = self._stores.batches.submit(batch, key)
        except errors.StoreUnavailable:
            # It may have gone away after the commit: then the rows are there, and need their blobs.
            self._is_stored = True
            raise
        self._is_stored = not gathered.is_replay
        if self._is_stored:
            held = {one.blob.id for one in new if one.blob is not None}
            erasing.discard(self._stores, [one for one in self._blobs if one not in held])
        return gathered

    def _recalled(self, ask: Ask, new: jobs.NewJob) -> jobs.NewJob:
        """Make a job a copy of one that has answered the same, if there is such."""
        if ask.recall is None:
            return new
        asked = ask.asked(new.kind, self._content(new.blob))
        if asked is None:
            return new
        tenant, oldest_s = ask.whose.tenant, ask.recall.max_age_s
        before = self._stores.jobs.answered(asked, tenant=tenant, max_age_s=oldest_s)
        if before is None or not ask.recall.holds(before):
            return replace(new, asked_digest=asked)
        return replace(new, blob=None, copy_of=before.id)

    def _content(self, blob: jobs.Blob | None) -> bytes:
        if blob is None:
            return b""
        with self._stores.blobs.open(blob.id) as file:
            return file.read()

    def _key(self, album: Album) -> jobs.Idempotency | None:
        if album.key is None:
            return None
        told = {"custom_id": album.custom_id, "user": album.whose.user}
        self._note(told | ({} if album.webhook_id is None else {"webhook": album.webhook_id}))
        return jobs.Idempotency(
            key=album.key, fingerprint=self._digest.hexdigest(), tenant=album.whose.tenant
        )

    def _note(self, told: Mapping[str, Any]) -> None:
        """Take something into the fingerprint."""
        self._digest.update(json.dumps(told, sort_keys=True, ensure_ascii=True).encode() + b"\n")

    def _see_room(self) -> None:
        if self.count >= MOST_ITEMS:
            raise errors.BatchRefused(f"A batch has at most {MOST_ITEMS:,} items.")

    def _refuse_untold(self) -> None:
        """Refuse the items that name a webhook which is not there."""
        unknown = {}
        for webhook_id, ask in {ask.webhook_id: ask for ask, _ in self._jobs}.items():
            try:
                refuse_unknown_webhook(self._stores, webhook_id, tenant=ask.whose.tenant)
            except errors.WebhookUnknown as error:
                unknown[webhook_id] = jobs.JobError(code=error.code, detail=error.detail)
        self._refused += [
            Refused(position=new.position, custom_id=new.custom_id, error=unknown[ask.webhook_id])
            for ask, new in self._jobs
            if ask.webhook_id in unknown and new.position is not None
        ]
        self._refused.sort(key=lambda one: one.position)
        self._jobs = [one for one in self._jobs if one[0].webhook_id not in unknown]

    def _refuse_empty(self) -> None:
        if self._jobs:
            return
        if not self._refused:
            raise errors.BatchRefused("The batch has no items.")
        why = dict.fromkeys(one.error.detail for one in self._refused[:_TOLD])
        raise errors.BatchRefused(f"None of its items can be taken: {' '.join(why)}")

    def _refuse_larger(self, account: jobs.Account) -> None:
        most = account.jobs_per_day
        if most is not None and len(self._jobs) > most:
            raise errors.BatchRefused(
                f"The batch has {len(self._jobs):,} jobs, more than this key may submit in a day "
                f"({most:,}). Send it in parts, on several days."
            )

"""Tenants: their keys, batches, webhooks, and what is remembered of their users."""

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    text,
)

from sightsong.adapters.store.schema.base import ID, JSON_VALUES, NAME, SEQUENCE, TERM, metadata

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(16), primary_key=True),  # the public part of the key
    Column("tenant", NAME, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("digest", String(64), nullable=False),  # SHA-256 of the secret part
    Column("last4", String(4), nullable=False),
    Column("scopes", JSON_VALUES, nullable=False),
    Column("requests_per_min", Integer),
    Column("jobs_per_day", Integer),
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double),
    Column("revoked_at", Double),
    Column("used_at", Double),
)

#: What was submitted with each key on each day (UTC).
usage = Table(
    "usage",
    metadata,
    Column("tenant", NAME, primary_key=True),
    Column("key_id", String(16), primary_key=True),  # empty: without one
    Column("day", String(10), primary_key=True),
    Column("photos", Integer, nullable=False),
    Column("texts", Integer, nullable=False),
    sqlite_with_rowid=False,
)

#: Jobs that were sent together; those are the ones whose `parent_id` it is.
batches = Table(
    "batches",
    metadata,
    Column("sequence", SEQUENCE, primary_key=True),
    Column("id", ID, nullable=False, unique=True),
    Column("tenant", NAME, nullable=False),
    Column("user_id", NAME),
    Column("custom_id", Text),
    Column("total", Integer, nullable=False),  # items, refused ones among them
    Column("refused", JSON_VALUES, nullable=False),  # a list: position, custom_id, code, detail
    Column("is_canceled", Boolean, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("finished_at", Double),
    Column("erased_at", Double),
    Column("webhook_id", ID),
)
Index("ix_batches_listed", batches.c.tenant, batches.c.sequence)

#: Where to tell of what has ended.
webhooks = Table(
    "webhooks",
    metadata,
    Column("id", ID, primary_key=True),
    Column("tenant", NAME, nullable=False, index=True),
    Column("url", Text, nullable=False),
    Column("description", Text),
    Column("events", JSON_VALUES, nullable=False),
    #: A list: secret, created_at, until (null: the present one). Signing needs them as they are.
    Column("secrets", JSON_VALUES, nullable=False),
    Column("is_enabled", Boolean, nullable=False),
    Column("disabled_reason", Text),
    Column("failing_since", Double),
    Column("failed_at", Double),  # the last time
    Column("is_slow", Boolean),  # as the last attempt was; null: nobody knows
    Column("created_at", Double, nullable=False),
    Column("removed_at", Double),  # the row stays until its deliveries are gone
)

#: What webhooks are told, and were.
deliveries = Table(
    "deliveries",
    metadata,
    Column("sequence", SEQUENCE, primary_key=True),
    Column("id", ID, nullable=False, unique=True),
    Column("webhook_id", ID, ForeignKey("webhooks.id"), nullable=False),
    Column("event", String(32), nullable=False),
    Column("subject_id", ID),  # the job or the batch
    Column("payload", JSON_VALUES, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("available_at", Double, nullable=False),
    Column("owner", Text),
    Column("lease_until", Double),
    Column("created_at", Double, nullable=False),
    Column("finished_at", Double),
)
Index("ix_deliveries_webhook_id", deliveries.c.webhook_id, deliveries.c.sequence)
Index("ix_deliveries_subject_id", deliveries.c.subject_id)
Index(
    "ix_deliveries_pending",
    deliveries.c.webhook_id,
    deliveries.c.available_at,
    sqlite_where=text("state = 'pending'"),
    postgresql_where=text("state = 'pending'"),
)

delivery_attempts = Table(
    "delivery_attempts",
    metadata,
    Column("sequence", SEQUENCE, primary_key=True),
    Column("delivery_id", ID, ForeignKey("deliveries.id"), nullable=False, index=True),
    Column("at", Double, nullable=False),
    Column("status", Integer),  # of the answer; null: there was none
    Column("error", Text),
    Column("took_ms", Double, nullable=False),
)

#: What users like in general; `user_id` is empty where a tenant named none.
preferences = Table(
    "preferences",
    metadata,
    Column("tenant", NAME, primary_key=True),
    Column("user_id", NAME, primary_key=True),
    Column("said", JSON_VALUES, nullable=False),
    Column("changed_at", Double, nullable=False),
    sqlite_with_rowid=False,
)

#: What users did with matches.
feedback = Table(
    "feedback",
    metadata,
    Column("sequence", SEQUENCE, primary_key=True),
    Column("id", ID, nullable=False, unique=True),
    Column("tenant", NAME, nullable=False),
    Column("user_id", NAME, nullable=False),
    Column("job_id", ID, nullable=False, index=True),
    Column("track_id", ID, nullable=False),
    Column("artist", TERM),  # of the track, when it was given
    Column("action", String(16), nullable=False),
    Column("position_s", Double),
    Column("created_at", Double, nullable=False),
)
Index(
    "uq_feedback_said",
    feedback.c.tenant,
    feedback.c.user_id,
    feedback.c.job_id,
    feedback.c.track_id,
    feedback.c.action,
    unique=True,
)
Index("ix_feedback_listed", feedback.c.tenant, feedback.c.user_id, feedback.c.sequence)

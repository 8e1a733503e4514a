"""Tenants: their keys, batches, webhooks, and what is remembered of their users."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ID = sa.String(36)
_NAME = sa.String(64)
_TERM = sa.String(80).with_variant(postgresql.VARCHAR(80, collation="C"), "postgresql")
_SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_LISTED = ("tenant", "kind", "created_at", "sequence")


def upgrade() -> None:
    """Add them; what there was belongs to the tenant of a service without keys."""
    _change_jobs()
    _add_keys()
    _add_batches()
    _add_webhooks()
    _add_memory()


def _change_jobs() -> None:
    tenant = sa.Column("tenant", _NAME, nullable=False, server_default=sa.text("'default'"))
    op.add_column("jobs", tenant)
    op.add_column("jobs", sa.Column("user_id", _NAME))
    op.add_column("jobs", sa.Column("webhook_id", _ID))
    op.add_column("jobs", sa.Column("position", sa.Integer()))
    op.add_column("jobs", sa.Column("asked_digest", sa.String(64)))
    op.add_column("jobs", sa.Column("cached_from", _ID))
    for name in ("listed", "failed", "canceled", "custom_id"):
        op.drop_index(f"ix_jobs_{name}", "jobs")
    _partial("listed", "erased_at IS NULL", *_LISTED)
    for state in ("failed", "canceled"):
        _partial(state, f"state = '{state}' AND erased_at IS NULL", *_LISTED)
    _partial("custom_id", "custom_id IS NOT NULL", "tenant", "custom_id", "created_at")
    of_user = ("tenant", "user_id", "created_at", "sequence")
    _partial("user_id", "user_id IS NOT NULL AND erased_at IS NULL", *of_user)
    _partial("items", "position IS NOT NULL", "parent_id", "state", "state_version", "position")
    asked = "asked_digest IS NOT NULL AND erased_at IS NULL"
    _partial("asked_digest", asked, "asked_digest", "finished_at")


def _add_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("tenant", _NAME, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("last4", sa.String(4), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("requests_per_min", sa.Integer()),
        sa.Column("jobs_per_day", sa.Integer()),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double()),
        sa.Column("revoked_at", sa.Double()),
        sa.Column("used_at", sa.Double()),
    )
    op.create_index("ix_api_keys_tenant", "api_keys", ["tenant"])
    op.create_table(
        "usage",
        sa.Column("tenant", _NAME, primary_key=True),
        sa.Column("key_id", sa.String(16), primary_key=True),
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("photos", sa.Integer(), nullable=False),
        sa.Column("texts", sa.Integer(), nullable=False),
        sqlite_with_rowid=False,
    )


def _add_batches() -> None:
    op.create_table(
        "batches",
        sa.Column("sequence", _SEQUENCE, primary_key=True),
        sa.Column("id", _ID, nullable=False),
        sa.Column("tenant", _NAME, nullable=False),
        sa.Column("user_id", _NAME),
        sa.Column("custom_id", sa.Text()),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("refused", sa.JSON(), nullable=False),
        sa.Column("is_canceled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("finished_at", sa.Double()),
        sa.Column("erased_at", sa.Double()),
        sa.Column("webhook_id", _ID),
        sa.UniqueConstraint("id", name="uq_batches_id"),
    )
    op.create_index("ix_batches_listed", "batches", ["tenant", "sequence"])


def _add_webhooks() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("tenant", _NAME, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("description", sa.Text()),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("secrets", sa.JSON(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("disabled_reason", sa.Text()),
        sa.Column("failing_since", sa.Double()),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("removed_at", sa.Double()),
    )
    op.create_index("ix_webhooks_tenant", "webhooks", ["tenant"])
    op.create_table(
        "deliveries",
        sa.Column("sequence", _SEQUENCE, primary_key=True),
        sa.Column("id", _ID, nullable=False),
        sa.Column("webhook_id", _ID, sa.ForeignKey("webhooks.id"), nullable=False),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("subject_id", _ID),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("available_at", sa.Double(), nullable=False),
        sa.Column("owner", sa.Text()),
        sa.Column("lease_until", sa.Double()),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("finished_at", sa.Double()),
        sa.UniqueConstraint("id", name="uq_deliveries_id"),
    )
    op.create_index("ix_deliveries_webhook_id", "deliveries", ["webhook_id", "sequence"])
    op.create_index("ix_deliveries_subject_id", "deliveries", ["subject_id"])
    pending = sa.text("state = 'pending'")
    op.create_index(
        "ix_deliveries_pending",
        "deliveries",
        ["webhook_id", "available_at"],
        sqlite_where=pending,
        postgresql_where=pending,
    )
    op.create_table(
        "delivery_attempts",
        sa.Column("sequence", _SEQUENCE, primary_key=True),
        sa.Column("delivery_id", _ID, sa.ForeignKey("deliveries.id"), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("error", sa.Text()),
        sa.Column("took_ms", sa.Double(), nullable=False),
    )
    op.create_index("ix_delivery_attempts_delivery_id", "delivery_attempts", ["delivery_id"])


def _add_memory() -> None:
    op.create_table(
        "preferences",
        sa.Column("tenant", _NAME, primary_key=True),
        sa.Column("user_id", _NAME, primary_key=True),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("changed_at", sa.Double(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "feedback",
        sa.Column("sequence", _SEQUENCE, primary_key=True),
        sa.Column("id", _ID, nullable=False),
        sa.Column("tenant", _NAME, nullable=False),
        sa.Column("user_id", _NAME, nullable=False),
        sa.Column("job_id", _ID, nullable=False),
        sa.Column("track_id", _ID, nullable=False),
        sa.Column("artist", _TERM),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("position_s", sa.Double()),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.UniqueConstraint("id", name="uq_feedback_id"),
    )
    op.create_index("ix_feedback_job_id", "feedback", ["job_id"])
    said = ["tenant", "user_id", "job_id", "track_id", "action"]
    op.create_index("uq_feedback_said", "feedback", said, unique=True)
    op.create_index("ix_feedback_listed", "feedback", ["tenant", "user_id", "sequence"])


def _partial(name: str, where: str, *columns: str) -> None:
    condition = sa.text(where)
    op.create_index(
        f"ix_jobs_{name}",
        "jobs",
        list(columns),
        sqlite_where=condition,
        postgresql_where=condition,
    )

"""What senders may ask of their jobs: keys, deadlines, lists, how long images stay, erasing."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_LISTED = ("kind", "created_at", "sequence")


def upgrade() -> None:
    """Add it; the images of jobs of the release before stay as long as their jobs."""
    op.add_column("jobs", sa.Column("custom_id", sa.Text()))
    for name in ("deadline_at", "keep_image_s", "image_until", "erased_at"):
        op.add_column("jobs", sa.Column(name, sa.Double()))
    _partial("deadline", "state = 'queued' AND deadline_at IS NOT NULL", "deadline_at")
    _partial("image_until", "image_until IS NOT NULL", "image_until")
    ended = ("queue", "erased_at", "finished_at", "started_at")
    _partial("finished", "finished_at IS NOT NULL", *ended)
    _partial("listed", "erased_at IS NULL", *_LISTED)
    for state in ("failed", "canceled"):
        _partial(state, f"state = '{state}' AND erased_at IS NULL", *_LISTED)
    _partial("custom_id", "custom_id IS NOT NULL", "custom_id", "created_at")
    op.create_table(
        "idempotency",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("fingerprint", sa.String(64)),
        sa.Column("job_id", sa.String(36), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_idempotency_job_id", "idempotency", ["job_id"])
    op.create_index("ix_idempotency_created_at", "idempotency", ["created_at"])


def _partial(name: str, where: str, *columns: str) -> None:
    condition = sa.text(where)
    op.create_index(
        f"ix_jobs_{name}",
        "jobs",
        list(columns),
        sqlite_where=condition,
        postgresql_where=condition,
    )

"""What has changed since a snapshot, pinned snapshots, phrases, and what answers searched for."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ID = sa.String(36)


def upgrade() -> None:
    """Add it; nothing was taken out since any snapshot that this release reads."""
    op.add_column("snapshots", sa.Column("pinned_after", sa.BigInteger()))
    forgotten = sa.Column(
        "forgotten_up_to", sa.BigInteger(), nullable=False, server_default=sa.text("0")
    )
    op.add_column("spaces", forgotten)
    columns = ["space", "revision", "track_id"]
    op.create_index("ix_embeddings_revision", "embeddings", columns)
    op.create_table(
        "gone",
        sa.Column("space", sa.Text(), primary_key=True),
        sa.Column("track_id", _ID, primary_key=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_gone_revision", "gone", ["space", "revision"])
    op.create_table(
        "phrases",
        sa.Column("space", sa.Text(), primary_key=True),
        sa.Column("phrase", sa.Text(), primary_key=True),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "queries",
        sa.Column("job_id", _ID, sa.ForeignKey("jobs.id"), primary_key=True),
        sa.Column("space", sa.Text(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.Column("valence", sa.Double()),
        sa.Column("arousal", sa.Double()),
    )

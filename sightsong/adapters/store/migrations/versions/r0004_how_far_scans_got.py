"""How far the attempts of an ingest got: what gets further has its failures forgiven."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it, at the beginning: the next note of a scan is further than that."""
    op.add_column(
        "ingests", sa.Column("furthest", sa.Integer(), nullable=False, server_default=sa.text("0"))
    )

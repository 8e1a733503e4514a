"""How the last attempt to tell a webhook anything went."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns. Of those that fail by now, failures count from the next one on."""
    op.add_column("webhooks", sa.Column("failed_at", sa.Double()))
    op.add_column("webhooks", sa.Column("is_slow", sa.Boolean()))

"""What workers have loaded: their models, and the space of their music vectors."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both, empty: processes of the release before this one go on reporting without them."""
    op.add_column("workers", sa.Column("space", sa.Text()))
    op.add_column("workers", sa.Column("models", sa.JSON(none_as_null=True)))

"""What is left of a recording when one of its encodings is taken out."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_ID = sa.String(36)


def upgrade() -> None:
    """Add the table. Of what was taken out before, nothing is known."""
    op.create_table(
        "heirs",
        sa.Column("track_id", _ID, primary_key=True),
        sa.Column("heir_id", _ID, nullable=False),
        sqlite_with_rowid=False,
    )

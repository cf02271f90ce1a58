"""What was seen when an order was decided on, and which process a run was."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add it; orders and runs of before have nothing there."""
    for name in ("bid", "ask", "position_qty"):
        op.add_column("intents", sa.Column(name, sa.Text, nullable=True))
    op.add_column("intents", sa.Column("quote_age_ns", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=True))
    op.add_column("runs", sa.Column("holder", sa.Text, nullable=True))

"""Orders of other hands that a strategy took over."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the mark; orders of before have none, and none of them was claimed."""
    op.add_column("intents", sa.Column("claimed", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=True))

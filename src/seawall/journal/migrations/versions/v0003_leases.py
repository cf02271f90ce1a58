"""Who traded which account, and since when."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_WHOLE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make its table."""
    op.create_table(
        "leases",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("epoch", _WHOLE, primary_key=True, autoincrement=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("taken_ns", _WHOLE, nullable=False),
        sa.Column("renewed_ns", _WHOLE, nullable=False),
        sa.Column("valid_until_ns", _WHOLE, nullable=False),
        sqlite_strict=True,
    )

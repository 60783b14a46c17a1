"""Campaigns: what was asked for, every request that was sent, and what each trial came to."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_SEQUENCE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the tables of campaigns."""
    op.create_table(
        "campaign",
        sa.Column("seq", _SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("plan", sa.String(71), nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("seconds", sa.Double, nullable=False),
        sa.Column("order", sa.LargeBinary, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.UniqueConstraint("id", name="campaign_once"),
    )
    op.create_table(
        "campaign_try",
        sa.Column("campaign", sa.String(32), primary_key=True),
        sa.Column("trial", sa.Integer, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("status", sa.Integer),
        sa.Column("reply_id", sa.String),
        sa.Column("error", sa.String),
        sa.Column("seconds", sa.Double, nullable=False),
        sa.Column("tokens", sa.Integer, nullable=False),
        sa.Column("reply", sa.LargeBinary),
    )
    op.create_table(
        "campaign_trial",
        sa.Column("campaign", sa.String(32), primary_key=True),
        sa.Column("trial", sa.Integer, primary_key=True),
        sa.Column("outcome", sa.String, nullable=False),
        sa.Column("result", sa.LargeBinary, nullable=False),
        sa.Column("transcript", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    """Drop the tables of campaigns."""
    for table in ("campaign_trial", "campaign_try", "campaign"):
        op.drop_table(table)

"""Evidence and assessments."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_SEQUENCE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables of the first version."""
    op.create_table(
        "evidence",
        sa.Column("seq", _SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(71), nullable=False),
        sa.Column("system", sa.String, nullable=False),
        sa.Column("check", sa.String, nullable=False),
        sa.Column("check_version", sa.String, nullable=False),
        sa.Column("asset", sa.String, nullable=False),
        sa.Column("asset_digest", sa.String(71)),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("level", sa.String, nullable=False),
        sa.Column("collected", sa.BigInteger, nullable=False),
        sa.Column("keyid", sa.String, nullable=False),
        sa.Column("envelope", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("system", "id", name="evidence_once"),
    )
    op.create_index("evidence_newest", "evidence", ["system", "check", "asset", "collected"])
    op.create_table(
        "assessment",
        sa.Column("seq", _SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(71), nullable=False),
        sa.Column("system", sa.String, nullable=False),
        sa.Column("subject", sa.String(71), nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("passed", sa.Boolean, nullable=False),
        sa.Column("document", sa.String(71), nullable=False),
        sa.Column("envelope", sa.String(71), nullable=False),
        sa.Column("receipt", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("id", name="assessment_once"),
    )
    op.create_index("assessment_newest", "assessment", ["system", "created"])


def downgrade() -> None:
    """Drop the tables of the first version."""
    op.drop_table("assessment")
    op.drop_table("evidence")

"""How many the staff counted inside, and what of it was withdrawn."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "head_counts",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("venue", sa.Text, nullable=False),
        sa.Column("zone", sa.Text, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("occupancy", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("made_ms", sa.BigInteger, nullable=False),
        sa.Column("withdrawn_ms", sa.BigInteger),
        sa.Column("withdrawn_by", sa.Text),
        sa.ForeignKeyConstraint(
            ["venue"], ["venues.id"], name="fk_head_counts_venue_venues", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_head_counts"),
    )
    op.create_index("ix_head_counts_venue", "head_counts", ["venue"])


def downgrade() -> None:
    op.drop_table("head_counts")

"""Settings that nodes told, and what was ordered of nodes."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "node_settings",
        sa.Column("venue", sa.Text, nullable=False),
        sa.Column("node", sa.Text, nullable=False),
        sa.Column("boot", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("told_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("venue", "node", name="pk_node_settings"),
    )
    op.create_table(
        "node_orders",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("venue", sa.Text, nullable=False),
        sa.Column("node", sa.Text, nullable=False),
        sa.Column("verb", sa.Text, nullable=False),
        sa.Column("part", sa.Text, nullable=False),
        sa.Column("base", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("changed_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_node_orders"),
    )
    op.create_index("ix_node_orders_venue", "node_orders", ["venue"])


def downgrade() -> None:
    op.drop_index("ix_node_orders_venue", "node_orders")
    op.drop_table("node_orders")
    op.drop_table("node_settings")

"""Which wishes of visitors nobody is to read."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "hidden_wishes",
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("venue", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("hidden_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("event", name="pk_hidden_wishes"),
    )
    op.create_index("ix_hidden_wishes_venue", "hidden_wishes", ["venue"])


def downgrade() -> None:
    op.drop_table("hidden_wishes")

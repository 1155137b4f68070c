"""What is to reach people, and what became of it."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("alert", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("told", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("made_ms", sa.BigInteger, nullable=False),
        sa.Column("due_ms", sa.BigInteger, nullable=False),
        sa.Column("next_ms", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("tried_ms", sa.BigInteger, nullable=False),
        sa.Column("failed_ms", sa.BigInteger, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("sent_ms", sa.BigInteger),
        sa.Column("message", sa.Integer),
        sa.Column("reason", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.UniqueConstraint("event", "channel", name="uq_deliveries_event_channel"),
        sqlite_autoincrement=True,
    )
    for name, columns in (
        ("ix_deliveries_state_channel", ["state", "channel", "id"]),
        ("ix_deliveries_alert", ["alert"]),
        ("ix_deliveries_channel_sent_ms", ["channel", "sent_ms"]),
        ("ix_deliveries_channel_tried_ms", ["channel", "tried_ms"]),
        ("ix_deliveries_channel_failed_ms", ["channel", "failed_ms"]),
    ):
        op.create_index(name, "deliveries", columns)


def downgrade() -> None:
    op.drop_table("deliveries")

"""What venues declare of their hours: made and withdrawn, never changed."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "declarations",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("venue", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("terms", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("made_ms", sa.BigInteger, nullable=False),
        sa.Column("published_ms", sa.BigInteger, nullable=False),
        sa.Column("withdrawn_ms", sa.BigInteger),
        sa.Column("withdrawn_by", sa.Text),
        sa.Column("withdrawn_why", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_declarations"),
        # A number that was given once is never given again: verdicts and the audit log refer to it.
        sqlite_autoincrement=True,
    )
    op.create_index("ix_declarations_venue", "declarations", ["venue"])


def downgrade() -> None:
    op.drop_table("declarations")

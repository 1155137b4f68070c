"""Codes that nodes join with, their certificates, and who is kept out."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "node_codes",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("venue", sa.Text, nullable=False),
        sa.Column("node", sa.Text, nullable=False),
        sa.Column("is_kiosk", sa.Boolean, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("made_ms", sa.BigInteger, nullable=False),
        sa.Column("expires_ms", sa.BigInteger, nullable=False),
        sa.Column("used_for", sa.Text),
        sa.Column("serial", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_node_codes"),
    )
    op.create_table(
        "node_certificates",
        sa.Column("serial", sa.Text, nullable=False),
        sa.Column("venue", sa.Text, nullable=False),
        sa.Column("node", sa.Text, nullable=False),
        sa.Column("issued_ms", sa.BigInteger, nullable=False),
        sa.Column("expires_ms", sa.BigInteger, nullable=False),
        sa.Column("revoked_ms", sa.BigInteger),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("pem", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("serial", name="pk_node_certificates"),
    )
    op.create_index("ix_node_certificates_venue", "node_certificates", ["venue"])
    op.create_table(
        "node_identities",
        sa.Column("venue", sa.Text, nullable=False),
        sa.Column("node", sa.Text, nullable=False),
        sa.Column("is_kiosk", sa.Boolean, nullable=False),
        sa.Column("joined_ms", sa.BigInteger, nullable=False),
        sa.Column("revoked_ms", sa.BigInteger),
        sa.Column("reason", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("venue", "node", name="pk_node_identities"),
    )


def downgrade() -> None:
    for table in ("node_identities", "node_certificates", "node_codes"):
        op.drop_table(table)

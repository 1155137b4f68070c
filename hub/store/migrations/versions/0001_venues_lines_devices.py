"""Venues with zones, lines and sensors; devices; the store's own data."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "venues",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name_zh", sa.Text, nullable=False),
        sa.Column("name_en", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("capacity", sa.Integer),
        sa.Column("timezone", sa.Text, nullable=False),
        sa.Column("hours", sa.Text, nullable=False),
        sa.Column("quiet_at", sa.Integer, nullable=False),
        sa.Column("latitude", sa.Float),
        sa.Column("longitude", sa.Float),
        sa.PrimaryKeyConstraint("id", name="pk_venues"),
    )
    op.create_table(
        "zones",
        sa.Column("venue", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("name_zh", sa.Text, nullable=False),
        sa.Column("name_en", sa.Text, nullable=False),
        sa.Column("capacity", sa.Integer),
        sa.PrimaryKeyConstraint("venue", "id", name="pk_zones"),
        sa.ForeignKeyConstraint(
            ["venue"], ["venues.id"], name="fk_zones_venue", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "lines",
        sa.Column("venue", sa.Text, nullable=False),
        sa.Column("node", sa.Text, nullable=False),
        sa.Column("line", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("from_zone", sa.Text, nullable=False),
        sa.Column("to_zone", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("venue", "node", "line", name="pk_lines"),
        sa.ForeignKeyConstraint(
            ["venue"], ["venues.id"], name="fk_lines_venue", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "sensors",
        sa.Column("venue", sa.Text, nullable=False),
        sa.Column("node", sa.Text, nullable=False),
        sa.Column("sensor", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("venue", "node", "sensor", name="pk_sensors"),
        sa.ForeignKeyConstraint(
            ["venue"], ["venues.id"], name="fk_sensors_venue", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "devices",
        sa.Column("venue", sa.Text, nullable=False),
        sa.Column("node", sa.Text, nullable=False),
        sa.Column("online", sa.Boolean),
        sa.Column("first_seen_ms", sa.BigInteger, nullable=False),
        sa.Column("last_seen_ms", sa.BigInteger, nullable=False),
        sa.Column("status_at_ms", sa.BigInteger, nullable=False),
        sa.Column("software", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("venue", "node", name="pk_devices"),
    )
    op.create_table(
        "store_metadata",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_store_metadata"),
    )


def downgrade() -> None:
    for table in ("store_metadata", "devices", "sensors", "lines", "zones", "venues"):
        op.drop_table(table)

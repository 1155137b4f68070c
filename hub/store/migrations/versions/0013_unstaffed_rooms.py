"""When a patron agreed to the rules of unstaffed rooms."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("patrons", sa.Column("agreed_on", sa.Text, nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("patrons", "agreed_on")

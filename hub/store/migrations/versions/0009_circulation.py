"""The embedded library system: patrons, cards, works, items, loans, holds, fees, terminals."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "patrons",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("pin_hash", sa.Text),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("phone", sa.Text, nullable=False),
        sa.Column("born_on", sa.Text, nullable=False),
        sa.Column("has_internet", sa.Boolean, nullable=False),
        sa.Column("home_branch", sa.Text, nullable=False),
        sa.Column("blocks", sa.Text, nullable=False),
        sa.Column("terminal_block", sa.Text, nullable=False),
        sa.Column("expires_on", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_patrons"),
    )
    op.create_table(
        "cards",
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("patron", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["patron"], ["patrons.id"], name="fk_cards_patron_patrons", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("number", name="pk_cards"),
    )
    op.create_index("ix_cards_patron", "cards", ["patron"])
    op.create_table(
        "works",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_works"),
    )
    op.create_index("uq_works_title", "works", ["title", "author"], unique=True)
    op.create_table(
        "items",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("barcode", sa.Text, nullable=False),
        sa.Column("work", sa.Integer, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("home_branch", sa.Text, nullable=False),
        sa.Column("branch", sa.Text, nullable=False),
        sa.Column("media", sa.Text, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("call_number", sa.Text, nullable=False),
        sa.Column("security", sa.Text, nullable=False),
        sa.Column("is_loanable", sa.Boolean, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("destination", sa.Text, nullable=False),
        sa.Column("properties", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["work"], ["works.id"], name="fk_items_work_works"),
        sa.PrimaryKeyConstraint("id", name="pk_items"),
        sa.UniqueConstraint("barcode", name="uq_items_barcode"),
    )
    op.create_index("ix_items_work", "items", ["work"])
    op.create_table(
        "loans",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("item", sa.Integer, nullable=False),
        sa.Column("patron", sa.Integer),
        sa.Column("out_ms", sa.BigInteger, nullable=False),
        sa.Column("due_ms", sa.BigInteger, nullable=False),
        sa.Column("renewals", sa.Integer, nullable=False),
        sa.Column("out_branch", sa.Text, nullable=False),
        sa.Column("out_terminal", sa.Text, nullable=False),
        sa.Column("transaction", sa.Text, nullable=False),
        sa.Column("back_ms", sa.BigInteger),
        sa.Column("back_terminal", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["item"], ["items.id"], name="fk_loans_item_items"),
        sa.ForeignKeyConstraint(
            ["patron"], ["patrons.id"], name="fk_loans_patron_patrons", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_loans"),
    )
    is_open = sa.text("back_ms IS NULL")
    op.create_index(
        "uq_loans_open",
        "loans",
        ["item"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    op.create_index("ix_loans_item", "loans", ["item", "out_ms"])
    op.create_index("ix_loans_patron", "loans", ["patron", "back_ms"])
    op.create_index("ix_loans_back_ms", "loans", ["back_ms"])
    op.create_table(
        "holds",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("work", sa.Integer, nullable=False),
        sa.Column("item", sa.Integer),
        sa.Column("patron", sa.Integer, nullable=False),
        sa.Column("pickup", sa.Text, nullable=False),
        sa.Column("placed_ms", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("copy", sa.Integer),
        sa.Column("expires_ms", sa.BigInteger),
        sa.ForeignKeyConstraint(["work"], ["works.id"], name="fk_holds_work_works"),
        sa.ForeignKeyConstraint(["item"], ["items.id"], name="fk_holds_item_items"),
        sa.ForeignKeyConstraint(["copy"], ["items.id"], name="fk_holds_copy_items"),
        sa.ForeignKeyConstraint(
            ["patron"], ["patrons.id"], name="fk_holds_patron_patrons", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_holds"),
    )
    op.create_index("ix_holds_work", "holds", ["work", "state"])
    op.create_index("ix_holds_patron", "holds", ["patron", "state"])
    op.create_table(
        "fees",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("patron", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("amount_fen", sa.Integer, nullable=False),
        sa.Column("paid_fen", sa.Integer, nullable=False),
        sa.Column("loan", sa.Integer),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("made_ms", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["patron"], ["patrons.id"], name="fk_fees_patron_patrons", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["loan"], ["loans.id"], name="fk_fees_loan_loans", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_fees"),
        # A number that was given once is never given again: a payment refers to it.
        sqlite_autoincrement=True,
    )
    op.create_index("ix_fees_patron", "fees", ["patron"])
    op.create_index("ix_fees_loan", "fees", ["loan"])
    op.create_table(
        "payments",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("patron", sa.Integer, nullable=False),
        sa.Column("amount_fen", sa.Integer, nullable=False),
        sa.Column("fee", sa.Text, nullable=False),
        sa.Column("means", sa.Text, nullable=False),
        sa.Column("transaction", sa.Text),
        sa.Column("terminal", sa.Text, nullable=False),
        sa.Column("paid_ms", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["patron"], ["patrons.id"], name="fk_payments_patron_patrons", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_payments"),
        sa.UniqueConstraint("transaction", name="uq_payments_transaction"),
    )
    op.create_index("ix_payments_patron", "payments", ["patron"])
    op.create_table(
        "terminals",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("branch", sa.Text, nullable=False),
        sa.Column("encoding", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("revoked_ms", sa.BigInteger),
        sa.PrimaryKeyConstraint("name", name="pk_terminals"),
    )
    op.create_table(
        "terminal_answers",
        sa.Column("terminal", sa.Text, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("checksum", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("answer", sa.LargeBinary, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["terminal"],
            ["terminals.name"],
            name="fk_terminal_answers_terminal_terminals",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("terminal", "sequence", name="pk_terminal_answers"),
    )


def downgrade() -> None:
    for table in (
        *("terminal_answers", "terminals", "payments", "fees", "holds", "loans"),
        *("items", "works", "cards", "patrons"),
    ):
        op.drop_table(table)

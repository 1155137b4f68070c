"""The tables of nodes' identities: codes, certificates, and who is kept out."""

from sqlalchemy import BigInteger, Boolean, Column, Table, Text

from hub.store.records.tables import METADATA

NODE_CODES = Table(
    "node_codes",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("venue", Text, nullable=False),
    Column("node", Text, nullable=False),
    Column("is_kiosk", Boolean, nullable=False),
    # The key that both sides authenticate with, hexadecimal; forgotten with the code.
    Column("key", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    # SHA-256 of the signing request that it was used with: the same one may ask again.
    Column("used_for", Text),
    Column("serial", Text),
)

NODE_CERTIFICATES = Table(
    "node_certificates",
    METADATA,
    Column("serial", Text, primary_key=True),
    Column("venue", Text, nullable=False, index=True),
    Column("node", Text, nullable=False),
    Column("issued_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("revoked_ms", BigInteger),
    Column("reason", Text, nullable=False),
    Column("pem", Text, nullable=False),
)

NODE_IDENTITIES = Table(
    "node_identities",
    METADATA,
    Column("venue", Text, primary_key=True),
    Column("node", Text, primary_key=True),
    Column("is_kiosk", Boolean, nullable=False),
    Column("joined_ms", BigInteger, nullable=False),
    Column("revoked_ms", BigInteger),
    Column("reason", Text, nullable=False),
)

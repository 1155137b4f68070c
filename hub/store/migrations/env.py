"""How Alembic runs a migration: on the connection that the hub hands over, in its transaction."""

from alembic import context

from hub.store.records.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
)
context.run_migrations()

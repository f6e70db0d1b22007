"""Alembic's way in: runs the migrations on the connection and in the transaction it is given."""

from alembic import context

from core.storage.tables import Row

# Absent when something other than Alembic imports this file, a search for doctests for one.
config = getattr(context, "config", None)
if config is not None:
    context.configure(
        connection=config.attributes["connection"],
        target_metadata=Row.metadata,
        render_as_batch=True,
    )
    with context.begin_transaction():
        context.run_migrations()

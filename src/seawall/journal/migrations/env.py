"""Run by alembic for each command: on the connection that whoever called it has open."""

from alembic import context

from seawall.journal.tables import metadata

connection = context.config.attributes["connection"]
# A changed column of an SQLite table means a new table, into which the old one is copied.
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
context.run_migrations()

"""Runs the steps on the connection that the store hands over; there is no alembic.ini."""

from alembic import context

from accord.record.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()

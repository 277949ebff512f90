"""Alembic's entry: the connection comes from `smartfleet.store.schema`, there is no alembic.ini."""

from __future__ import annotations

from alembic import context

from smartfleet.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    # SQLite cannot alter columns in place
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()

"""How alembic runs a migration here: on the connection that `store.migrate` hands it, in that one's transaction."""

from __future__ import annotations

from alembic import context

from openline.store.schema import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()

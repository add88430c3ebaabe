"""How alembic runs a migration here: on the connection that `store.migrate` hands it, in that one's transaction."""

from __future__ import annotations

from alembic import context

from openline.store.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=True,  # SQLite's too, since the transaction is begun by us and not guessed at by its driver
)
with context.begin_transaction():
    context.run_migrations()

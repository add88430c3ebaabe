"""The history of the tables, as alembic reads it. Nothing here is imported by a running station."""

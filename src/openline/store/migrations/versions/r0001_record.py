"""The record: entries, strays, named values, parts of pages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001_record"
down_revision = None

WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NARROW = sa.SmallInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "entries",
        sa.Column("n", WIDE, primary_key=True),
        sa.Column("side", NARROW, nullable=False),
        sa.Column("gen", WIDE, nullable=False),
        sa.Column("seq", WIDE, nullable=False),
        sa.Column("id", sa.LargeBinary, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("received_ms", WIDE, nullable=False),
        sa.UniqueConstraint("side", "gen", "seq", name="entries_place"),
        sa.CheckConstraint("side IN (0, 1)", name="entries_side"),
        sqlite_strict=True,
    )
    op.create_index("entries_id", "entries", [sa.text("substr(id, 1, 8)")])
    op.create_table(
        "strays",
        sa.Column("n", WIDE, primary_key=True),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("id", sa.LargeBinary, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("received_ms", WIDE, nullable=False),
        sa.UniqueConstraint("id", name="strays_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "meta",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("value", sa.LargeBinary, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "parts",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("part", WIDE, primary_key=True, autoincrement=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sqlite_strict=True,
    )

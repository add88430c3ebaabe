"""The tables of a store, once for both databases.

Rules of this file:
1. A change here is a change of `migrations` too, and of `revisions`; a test holds the two to the same tables.
2. The signed bytes are the truth. Beside them stand only what `sql` finds or orders them by, and the time of receipt,
   which they cannot hold; a second copy of anything else in them could come to disagree with it.
3. A stray's place is text: it comes from the other side, and may be a number wider than a database keeps.
4. `n` orders by arrival. It may be given again after the last row went, which leaves what stands in order still.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    create_mock_engine,
    text,
)

from openline.store.revisions import HEAD

# SQLite has one integer type, which alone may number the rows, and which a strict table asks for by that name.
WIDE = BigInteger().with_variant(Integer(), "sqlite")
NARROW = SmallInteger().with_variant(Integer(), "sqlite")

METADATA = MetaData()

ENTRIES = Table(
    "entries",
    METADATA,
    Column("n", WIDE, primary_key=True),
    Column("side", NARROW, nullable=False),
    Column("gen", WIDE, nullable=False),
    Column("seq", WIDE, nullable=False),
    Column("id", LargeBinary, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("received_ms", WIDE, nullable=False),
    UniqueConstraint("side", "gen", "seq", name="entries_place"),
    CheckConstraint("side IN (0, 1)", name="entries_side"),
    # Ids fall at random over their index, so each entry of a large record dirties another page of it, all written by
    # the commit. Eight bytes of each make the index a third as large: 1,000 entries onto 100,000 took 9 ms instead of
    # 19. Unique it cannot be, and need not: an id covers its place, and places are unique.
    Index("entries_id", text("substr(id, 1, 8)")),
    sqlite_strict=True,
)


STRAYS = Table(
    "strays",
    METADATA,
    Column("n", WIDE, primary_key=True),
    Column("place", Text, nullable=False),
    Column("id", LargeBinary, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("received_ms", WIDE, nullable=False),
    UniqueConstraint("id", name="strays_id"),
    sqlite_strict=True,
)

META = Table(
    "meta",
    METADATA,
    Column("key", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
    sqlite_strict=True,
)

PARTS = Table(
    "parts",
    METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("part", WIDE, primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
    sqlite_strict=True,
)

# alembic's own table, as alembic makes it, so that a new store needs no alembic.
ALEMBIC_VERSION = Table(
    "alembic_version",
    METADATA,
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)


@cache
def statements(dialect: str) -> tuple[str, ...]:
    """What makes an empty database a store of this release, for "sqlite" or "postgresql"."""
    written: list[str] = []

    def write(statement: Any, *_: object, **__: object) -> None:
        written.append(str(statement.compile(dialect=engine.dialect)))

    engine = create_mock_engine({"sqlite": "sqlite://", "postgresql": "postgresql+psycopg://"}[dialect], write)
    METADATA.create_all(engine, checkfirst=False)
    return *written, f"INSERT INTO alembic_version (version_num) VALUES ('{HEAD}')"

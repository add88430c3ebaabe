"""Durable keeping of one station's record: in memory, in a SQLite file, in a PostgreSQL database.

`open_store` is the way in; `GroupWriter` shares one fsync among batches; `MemoryStore` is the fake that tests use.
"""

from openline.store.memory import Disk, MemoryStore
from openline.store.open import open_store
from openline.store.writer import GroupWriter

__all__ = ["Disk", "GroupWriter", "MemoryStore", "open_store"]

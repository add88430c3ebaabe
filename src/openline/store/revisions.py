"""Which revisions of the tables this release knows; read at every start, so nothing heavy is imported here.

Rules of this file:
1. Names are those of `migrations/versions`, oldest first; a test holds them to it.
2. An older store is migrated when it is opened. A newer one is refused: this release would not know what it leaves out.
"""

from __future__ import annotations

from typing import Final

from openline.wire.errors import StorageFault

REVISIONS: Final = ("0001_record",)
HEAD: Final = REVISIONS[-1]


def must_migrate(revision: str, store: str) -> bool:
    """Whether `store`, whose tables are of `revision` ("" where none is noted), is older than this release's.

    Raises:
        StorageFault: a revision this release does not know.
    """
    if revision == HEAD:
        return False
    if revision and revision not in REVISIONS:
        raise StorageFault(
            f"{store} was written by a newer release of Openline (its tables are of revision {revision}; this release"
            f" knows those up to {HEAD})",
            next_step="Install that release again, or a newer one. The record is unharmed.",
        )
    return True

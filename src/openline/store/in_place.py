"""Whether the files that a station writes to are still the ones that the next start would find.

Rules of this file:
1. A file that was moved, deleted or replaced while it is open still takes writes, and loses them all when the station
   stops. So it is looked at after each commit and before anybody is told of it: what is acknowledged is where the next
   start looks.
2. The lock is looked at too: while another file has its name, a second station could begin on the same record.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from openline.wire.errors import StorageFault
from openline.wire.said import Said, say


class InPlace:
    """Remembers which files were at `paths`: each from when it is first seen there, those of a store from its opening.

    Args:
        next_step: what an operator does where one is gone for good.
    """

    def __init__(self, paths: Sequence[str], next_step: Said) -> None:
        self._seen: dict[str, tuple[int, int] | None] = {path: _identity(path) for path in paths}
        self._next_step = next_step

    def check(self) -> None:
        """Look again.

        Raises:
            StorageFault: one of the files is at its path no more.
        """
        for path, seen in self._seen.items():
            found = _identity(path)
            if seen is None:
                self._seen[path] = found  # SQLite makes the log at the first write
            elif found != seen:
                raise StorageFault(
                    say("{path} was moved, deleted or replaced while the station wrote to it", path=path),
                    next_step=say(
                        "Put it back where it was, and the station goes on by itself. Is it lost? {restore}",
                        restore=self._next_step,
                    ),
                )


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino

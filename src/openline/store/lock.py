"""One station to a store: a lock of the operating system, on a file beside it.

Rules of this file:
1. Two stations on one store would each sign the next entry of the same chain: a fork that nothing undoes but a new
   generation. So whoever opens a store for writing holds this lock as long as the store is open.
2. The system gives the lock back when the process ends, however it ends. The file stays: deleting it would let a
   second process lock a new file of the same name while a first still holds the old.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress

from openline.wire.errors import StorageFault


class Lock:
    """Held from construction until `release`.

    Args:
        store: path of the store, without symbolic links, so that every name of it comes to one lock.

    Raises:
        StorageFault: another process, or another part of this one, has the store open; or no file can be made there.
    """

    def __init__(self, store: str) -> None:
        try:
            self._file = open(f"{store}.lock", "a+b", buffering=0)  # noqa: SIM115 - held until release
        except OSError as error:
            raise StorageFault(
                f"the store {store} cannot be opened: {error.strerror}",
                next_step="Give the station a directory that exists, that it may write to, and that is not full.",
            ) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = self._holder()
            self._file.close()
            raise in_use(f"the store {store}", f" (process {holder})" if holder else "") from error
        with suppress(OSError):  # a full disk: the lock is held, and the number is only told to whom it refuses
            self._file.truncate(0)
            self._file.write(str(os.getpid()).encode())

    def release(self) -> None:
        self._file.close()

    def _holder(self) -> str:
        self._file.seek(0)
        return self._file.read(20).decode("ascii", "replace")


def in_use(store: str, holder: str = "") -> StorageFault:
    """The refusal of a second writer."""
    return StorageFault(
        f"{store} is in use by another station{holder}; two stations on one record would fork its chain",
        next_step="Stop the other station first, or give this one a store of its own.",
    )

"""Pages of documents that were handed in and are not recorded yet: in memory, and in files that a restart finds again.

They are not in the record's store, which could not give their room back. A file is named for the hash of its content.

Rules of this file:
1. Pages that were kept are there after a crash at any later moment: their file is durable before whoever handed them in
   is told so. Where the store is a database elsewhere there is no folder, and memory alone holds them.
2. What a draft waits for stays; the rest gives way, oldest first, to what comes.
3. A file that cannot be read, or is not what it is named, is as none; one that nobody waits for is taken away at start.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Final

from openline.station.durable import replace_file, unwritten
from openline.wire.errors import Misuse, Refused
from openline.wire.limits import BLOB_BYTES_MAX
from openline.wire.said import say

HELD_MAX: Final = 2 * BLOB_BYTES_MAX  # chosen: one document that waits, and one that is being drafted
FOLDER: Final = "pages-that-wait"


class HeldPages:
    """The pages by their SHA-256. `beside`: the folder of the record's store, None where it is in no folder of ours."""

    def __init__(self, beside: Path | None) -> None:
        self._folder = None if beside is None else beside / FOLDER
        self._held: dict[bytes, bytes] = {}  # oldest first

    def load(self, needed: Collection[str]) -> None:
        """Find again what was kept before a restart. `needed`: the hashes, in hex, that drafts wait for."""
        if self._folder is None or not self._folder.is_dir():
            return
        for path in sorted(self._folder.iterdir()):
            data = _read(path) if path.name in needed else None
            if data is None:
                with suppress(OSError):
                    path.unlink()
            elif self._fits(data):
                self._held[bytes.fromhex(path.name)] = data

    async def keep(self, pages: bytes, needed: Collection[str]) -> str:
        """Hold the pages of a document; their digest, in hex. `needed`: as for `load`.

        Raises:
            Misuse: more than a document may have. Refused: drafts that wait hold all that fits.
            StorageFault: they could not be written.
        """
        if len(pages) > BLOB_BYTES_MAX:
            size, most = str(len(pages)), str(BLOB_BYTES_MAX)
            raise Misuse(say("pages of {size} bytes: a document has {most} at most", size=size, most=most))
        digest = await asyncio.to_thread(lambda: hashlib.sha256(pages).digest())
        self._held.pop(digest, None)
        for held in [held for held in self._held if held.hex() not in needed]:
            if not self._fits(pages):
                self.forget(held)
        if not self._fits(pages):
            raise Refused(say("drafts hold as many pages as fit here"), next_step=say("Release or drop one of them."))
        self._held[digest] = pages
        if self._folder is not None:
            await asyncio.to_thread(_write, self._folder, digest.hex(), pages)
        return digest.hex()

    def _fits(self, more: bytes) -> bool:
        return sum(map(len, self._held.values())) + len(more) <= HELD_MAX

    def of(self, digest: bytes) -> bytes:
        """The pages of a digest.

        Raises:
            Misuse: they are not here.
        """
        found = self._held.get(digest)
        if found is None:
            raise Misuse(
                say("the pages of this document are not here any more"),
                next_step=say("Hand the same file in again, as for a new document; a draft that waits for it stands."),
            )
        return found

    def forget(self, digest: bytes) -> None:
        """Nobody waits for these any more."""
        self._held.pop(digest, None)
        if self._folder is not None:
            with suppress(OSError):  # a file too many is taken away at the next start
                (self._folder / digest.hex()).unlink(missing_ok=True)


def _read(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            data = file.read(BLOB_BYTES_MAX + 1)
    except OSError:
        return None
    whole = len(data) <= BLOB_BYTES_MAX and hashlib.sha256(data).hexdigest() == path.name
    return data if whole else None


def _write(folder: Path, name: str, data: bytes) -> None:
    """Raises: StorageFault."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise unwritten(folder, error) from None
    replace_file(folder / name, data)

"""Copies and exports of a running station's record, made beside its work and sent.

Rules of this file:
1. What takes as long as the record is long is done in a thread of its own, from a snapshot: the line goes on.
2. It is made whole in a file that has no name any more, and then sent: a fault is told before anything is sent, and
   what nobody fetched leaves nothing behind.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

from starlette.responses import StreamingResponse

from openline.wire.errors import StorageFault
from openline.wire.said import say

CHUNK_BYTES: Final = 256 * 1024
BYTES: Final = "application/octet-stream"


class Copies:
    """Files made beside `place`, the record's file, one at a time: there is room for a copy of it."""

    def __init__(self, place: Path) -> None:
        self.folder = place.absolute().parent
        self.prefix = f".{place.name}-copy-"
        self._one = asyncio.Lock()

    async def made(self, make: Callable[[Path], None]) -> StreamingResponse:
        """Have `make` fill the path it is given, and send what is there.

        Raises:
            StorageFault: the disk failed, or has no room for it.
        """
        async with self._one:
            file = await asyncio.to_thread(self._filled, make)
        return StreamingResponse(
            _read(file), media_type=BYTES, headers={"content-length": str(os.fstat(file.fileno()).st_size)}
        )

    def remove_leftovers(self) -> None:
        """Remove what a station that was killed while it copied left behind."""
        for left in (*self.folder.glob(f"{self.prefix}*/made*"), *self.folder.glob(f"{self.prefix}*")):
            with suppress(OSError):
                left.rmdir() if left.is_dir() else left.unlink()

    def _filled(self, make: Callable[[Path], None]) -> BinaryIO:
        try:
            with tempfile.TemporaryDirectory(prefix=self.prefix, dir=self.folder) as folder:
                path = Path(folder, "made")
                make(path)
                return path.open("rb")
        except OSError as error:
            raise StorageFault(
                say("no copy can be made in {folder}: {why}", folder=str(self.folder), why=str(error.strerror)),
                next_step=say("Make room there, then ask again."),
            ) from None


async def _read(file: BinaryIO) -> AsyncIterator[bytes]:
    with file:
        while data := await asyncio.to_thread(file.read, CHUNK_BYTES):
            yield data

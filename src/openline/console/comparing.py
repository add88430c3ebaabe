"""An export that somebody brought, held against this station's record, by a process of its own.

Rules of this file:
1. What was brought is the other side's bytes: nothing in this process reads it. The process that does (`openline record
   compare`) is given two files and no socket, key or configuration of ours, one at a time, and its time is bounded.
2. Nothing is kept: both files are gone when the answer is there.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from asyncio import subprocess
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec
from starlette.datastructures import UploadFile

OURS_BYTES_MAX: Final = 512 * 1024 * 1024  # chosen: a million entries; more is a machine's work, not a page's
PATIENCE_S: Final = 240.0
PIECE_BYTES: Final = 1 << 20
SAID_BYTES_MAX: Final = 1 << 20


class Spot(msgspec.Struct):
    """A place in words."""

    name: str


class Lack(msgspec.Struct):
    """Entries that one of the two lacks. `export`: which, 0 what was brought or 1 ours."""

    export: int
    first: Spot
    entries: int


class Difference(msgspec.Struct):
    """A place at which they hold different entries. `proven`: one side signed both."""

    place: Spot
    ids: tuple[str, str]
    proven: bool


class Found(msgspec.Struct):
    """What came of it, as `openline record compare --json` says it. `verdicts`: of theirs, of ours."""

    holds: bool
    same_accord: bool
    heads_agree: bool
    verdicts: tuple[str, str]
    lacks: tuple[Lack, ...] = ()
    differences: tuple[Difference, ...] = ()


class Comparing:
    """Compares, one at a time."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    @property
    def busy(self) -> bool:
        return self._turn.locked()

    async def compare(self, brought: UploadFile, ours: AsyncIterator[bytes]) -> Found | None:
        """Compare what was brought with our export; None if it took too long, or is nothing that can be compared.

        Raises:
            OpenlineError: as the station said of our export.
        """
        async with self._turn:
            with tempfile.TemporaryDirectory(prefix="openline-compare-") as folder:
                theirs, own = Path(folder, "theirs"), Path(folder, "ours")
                await asyncio.to_thread(_keep, brought, theirs)
                if not await _written(own, ours):
                    return None
                return await _told(theirs, own)


def _keep(brought: UploadFile, path: Path) -> None:
    with path.open("xb") as file:
        while piece := brought.file.read(PIECE_BYTES):
            file.write(piece)


async def _written(path: Path, pieces: AsyncIterator[bytes]) -> bool:
    """Write our export; whether all of it is there."""
    size = 0
    with path.open("xb") as file:
        async for piece in pieces:
            size += len(piece)
            if size > OURS_BYTES_MAX:
                return False
            await asyncio.to_thread(file.write, piece)
    return True


async def _told(theirs: Path, ours: Path) -> Found | None:
    command = ("-m", "openline", "record", "compare", str(theirs), str(ours), "--json")
    child = await asyncio.create_subprocess_exec(
        sys.executable, *command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            said, _ = await child.communicate()
        return msgspec.json.decode(said[:SAID_BYTES_MAX], type=Found)
    except (TimeoutError, msgspec.DecodeError):
        return None
    finally:
        with suppress(ProcessLookupError):
            child.kill()

"""Pages of a document as pixels: what they may hold that runs stays in a process that can do nothing.

Rules of this file: a page is drawn when it is asked for, by a process of its own (`pixels_child.py`), two at once at
most; what was drawn is kept in bounded memory; whatever a child does, it costs its time and no more, behind all else
that the machine has to do; and a document of which a page was too costly has that price once, not for every page.
"""

from __future__ import annotations

import asyncio
import sys
import time
from asyncio import subprocess
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

CHILD: Final = Path(__file__).with_name("pixels_child.py")
AT_ONCE: Final = 2
PATIENCE_S: Final = 40.0  # a child has 20 s of CPU; two share a busy machine
PNG_BYTES_MAX: Final = 24 * 1024 * 1024
SAID_BYTES_MAX: Final = PNG_BYTES_MAX + 1024
TRIPPED: Final = 1  # how Python ends when nobody catches what was raised
CHUNK_BYTES: Final = 1 << 16
COSTLY_S: Final = 60.0  # for so long no other page of such a document is tried
COSTLY_MAX: Final = 64
KEPT_BYTES_MAX: Final = 64 * 1024 * 1024
PNG: Final = b"\x89PNG\r\n\x1a\n"


class Drawn(NamedTuple):
    """A page. `why`: in one word why there is none (libraries, kind, damaged, page, costly), "" where there is."""

    pages: int = 0
    png: bytes = b""
    why: str = ""


class _Told(msgspec.Struct):
    pages: int = 0
    why: str = ""


class Pixels:
    """Draws, and keeps what it drew."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._kept: OrderedDict[tuple[str, int], Drawn] = OrderedDict()
        self._costly: OrderedDict[str, float] = OrderedDict()  # digest → until when

    async def page(self, digest: str, number: int, fetch: Callable[[], Awaitable[bytes]]) -> Drawn:
        """The page `number`, from 1, of the document whose SHA-256 is `digest`; `fetch` gives its bytes."""
        place = (digest, number)
        if place in self._kept:
            self._kept.move_to_end(place)
            return self._kept[place]
        async with self._turns:
            if self._costly.get(digest, 0.0) > time.monotonic():
                return Drawn(why="costly")
            drawn = await draw(await fetch(), number)
            if drawn.why == "costly":
                self._costly[digest] = time.monotonic() + COSTLY_S
                while len(self._costly) > COSTLY_MAX:
                    self._costly.popitem(last=False)
        if not drawn.why:
            self._kept[place] = drawn
            while sum(len(each.png) for each in self._kept.values()) > KEPT_BYTES_MAX:
                self._kept.popitem(last=False)
        return drawn


async def draw(data: bytes, number: int) -> Drawn:
    """Have a child draw one page."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-I", str(CHILD), str(number),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd="/", env={},
    )  # fmt: skip
    try:
        async with asyncio.timeout(PATIENCE_S):
            said, _ = await asyncio.gather(_hear(child), _tell(child, data))
            await child.wait()
    except TimeoutError:
        return Drawn(why="costly")
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    return read(said, child.returncode)


async def _tell(child: subprocess.Process, data: bytes) -> None:
    if child.stdin is not None:
        with suppress(ConnectionError):  # it ended before it had read everything; what it said tells why
            child.stdin.write(data)
            await child.stdin.drain()
        child.stdin.close()


async def _hear(child: subprocess.Process) -> bytes:
    """All that it says, as far as a page may be long."""
    said = bytearray()
    while child.stdout is not None and len(said) <= SAID_BYTES_MAX and (more := await child.stdout.read(CHUNK_BYTES)):
        said += more
    return bytes(said)


def read(said: bytes, exit_code: int | None) -> Drawn:
    """What a child said; it has looked at a hostile file, so nothing of it is taken on trust."""
    if exit_code == TRIPPED:
        return Drawn(why="damaged")
    line, _, png = said.partition(b"\n")
    try:
        told = msgspec.json.decode(line, type=_Told)
    except msgspec.DecodeError:
        return Drawn(why="costly")  # its limits ended it before it could say anything
    if told.why:
        return Drawn(why=told.why)
    if told.pages < 1 or len(png) > PNG_BYTES_MAX or not png.startswith(PNG):
        return Drawn(why="damaged")
    return Drawn(told.pages, png)

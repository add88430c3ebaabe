"""One side of a relay for a test: a carrier, and a station of which only what it was told is kept."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import Any

from openline.carriers.relay import RelayCarrier, RelaySettings
from openline.ports import Parcel

BOX_A = "a" * 32
BOX_B = "b" * 32


class Side:
    """Implements `Told`: keeps what it is told, takes bundles in at once, or when `gate` opens."""

    def __init__(self, url: str, *, second: bool = False, boxes: tuple[str, str] = (BOX_A, BOX_B), **settings: Any):
        ours, theirs = boxes[::-1] if second else boxes
        self.carrier = RelayCarrier(RelaySettings(urls=(url,), **settings), ours=ours, theirs=theirs)
        self.ours, self.theirs = ours, theirs
        self.came: list[bytes] = []
        self.finished: list[bytes] = []
        self.words: list[tuple[bool, bool | None]] = []
        self.tickets: list[object] = []
        self.troubles: list[str] = []
        self.downs: list[str] = []
        self.lacks: list[str] = []
        self.is_up = False
        self.gate = asyncio.Event()
        self.gate.set()
        self.task: asyncio.Task[None] | None = None

    def up(self) -> None:
        assert not self.is_up, "told up twice"
        self.is_up = True

    def down(self, why: str) -> None:
        assert self.is_up, "told down twice"
        self.is_up = False
        self.downs.append(why)

    async def arrived(self, bundle: bytes) -> None:
        self.came.append(bundle)
        await self.gate.wait()
        self.finished.append(bundle)

    def word(self, in_touch: bool, attached: bool | None) -> None:
        self.words.append((in_touch, attached))

    def kept(self, ticket: object) -> None:
        self.tickets.append(ticket)

    def lacking(self, why: str) -> None:
        self.lacks.append(why)

    def trouble(self, what: str) -> None:
        self.troubles.append(what)

    def send(self, data: bytes, *, stored: bool = True) -> None:
        self.carrier.send(Parcel(data, stored, data))

    def figure(self, name: str) -> int:
        return self.carrier.figures()[name]

    def attach(self) -> None:
        self.task = asyncio.create_task(self.carrier.run(self))

    async def leave(self) -> None:
        """A clean stop."""
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)
            self.task, self.is_up = None, False

    def sees(self, attached: bool) -> bool:
        return bool(self.words) and self.words[-1] == (True, attached)


@asynccontextmanager
async def sides(*all_of_them: Side):
    """Attach these, and leave with all of them in the end."""
    for side in all_of_them:
        side.attach()
    try:
        yield
    finally:
        for side in all_of_them:
            await side.leave()

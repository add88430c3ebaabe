"""A load out of a running station and into it, a few bundles a turn (spec 5.3).

Rules of this file:
1. Between two pieces the line goes on; what is recorded meanwhile may be in the load, and comes by itself otherwise.
2. What comes in is told by what it was: new, known, damaged on the way, or strange of the other side.
"""

from __future__ import annotations

import asyncio
import tempfile
import zipfile
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from starlette.responses import StreamingResponse

from openline.carriers import load_file
from openline.carriers.spooled import Spooled
from openline.ports import Now
from openline.station.api import types as t
from openline.station.api.citing import Citations
from openline.station.api.frames import END, frame
from openline.station.api.keep import Copies
from openline.station.api.saying import sentences
from openline.station.desk import Desk
from openline.station.driver import Driver
from openline.wire.accord import CarrierKind
from openline.wire.errors import Misuse, Refused
from openline.wire.said import say

AT_ONCE: Final = 16  # chosen: some 10 ms of sealing
BAD_TOLD_MAX: Final = 20


def courier_of(desk: Desk, named: str | None) -> int:
    """The number of the accord's courier: the one named, else its first.

    Raises:
        Refused: the accord has none. Misuse: none of that name.
    """
    carriers = desk.ctx.accord.carriers
    found = [number for number, carrier in enumerate(carriers) if carrier.kind is CarrierKind.COURIER]
    if not found:
        raise Refused(
            say("the accord names no courier"), next_step=say("Agree on one: it is an accord's carrier like others.")
        )
    if named is None:
        return found[0]
    for number in found:
        if carriers[number].id == named:
            return number
    raise Misuse(
        say("{named} is no courier of the accord", named=named),
        next_step=say("It has {names}.", names=", ".join(carriers[n].id for n in found)),
    )


async def packed(runner: Driver) -> AsyncIterator[bytes]:
    """All that the other side is not known to hold, as frames."""
    async for bundles in _packing(runner):
        yield b"".join(map(frame, bundles))
    yield END


async def _packing(runner: Driver) -> AsyncIterator[list[bytes]]:
    """The same, a few bundles a turn."""
    load: Iterator[bytes] = await runner.ask(lambda desk, now: desk.packing())
    while bundles := await runner.ask(lambda desk, now: list(islice(load, AT_ONCE))):
        yield bundles


async def zipped(runner: Driver, copies: Copies) -> StreamingResponse:
    """The same, as the load files that a stick carries, in one archive that anybody can open (spec 5.3.1).

    Raises:
        StorageFault: the disk has no room for it.
    """
    with tempfile.TemporaryFile(dir=copies.folder) as file:
        bundles = Spooled(file)
        async for some in _packing(runner):
            bundles.extend(some)

        def make(path: Path) -> None:
            with zipfile.ZipFile(path, "x", zipfile.ZIP_STORED) as archive:
                for data in load_file.dividing(bundles)[1]:
                    archive.writestr(zipfile.ZipInfo(load_file.file_name(data)), data)

        return await copies.made(make)


async def unpacked_file(runner: Driver, citations: Citations, carrier: int, name: str, data: bytes) -> t.Unpacked:
    """Take one load file in, which lay on a stick under a name.

    Raises:
        Damaged: it is not whole, or no load file; nothing of it was taken.
    """
    return await unpacked(runner, citations, carrier, load_file.decode_named(name, data).bundles)


async def unpacked(runner: Driver, citations: Citations, carrier: int, bundles: Sequence[bytes]) -> t.Unpacked:
    """Take bundles in; durable, with what they make us append, when this returns."""
    taken = _Taken()

    def take(bundle: bytes) -> asyncio.Future[None]:
        return runner.done_with(lambda desk, now: taken.take(desk, carrier, bundle, now))

    await asyncio.gather(*map(take, bundles))
    while runner.desk.pages.hashing:  # so that what is packed next takes the receipts along
        await runner.ask(lambda desk, now: None)
    places = [(identity, runner.desk.ctx.record.ledger.items[identity].place) for identity in taken.arrived]
    return t.Unpacked(
        bundles=len(bundles),
        entries=taken.entries,
        damaged=taken.damaged,
        strange=taken.strange,
        arrived=tuple(
            t.Entry(id=identity.hex(), place=citations.place(place), ref=citations.ref(identity, place))
            for identity, place in places
        ),
        bad=tuple(taken.bad[:BAD_TOLD_MAX]),
        bad_said=sentences(taken.bad[:BAD_TOLD_MAX]),
        whole=taken.whole,
    )


class _Taken:
    """What bundles brought, counted as they are taken in."""

    def __init__(self) -> None:
        self.entries = self.damaged = self.strange = 0
        self.whole = False
        self.arrived: list[bytes] = []
        self.bad: list[str] = []

    def take(self, desk: Desk, carrier: int, bundle: bytes, now: Now) -> None:
        entries, events = desk.ctx.record.count, len(desk.ctx.effects.events)
        desk.arrive(carrier, bundle, now)
        self.entries += desk.ctx.record.count - entries
        for event in desk.ctx.effects.events[events:]:
            self.damaged += event.what == "damaged"
            self.strange += event.what == "strange"
            self.whole = self.whole or event.what == "whole"
            if event.what == "arrived":
                self.arrived.append(event.id)
            elif event.what in ("damaged", "strange"):
                self.bad.append(event.text)

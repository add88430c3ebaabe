"""The record as a station shows it: windows of both chains, one entry, the heads, and another's heads held against it.

Rules of this file:
1. A window costs what it shows and what it looked at, and it looks at no more than `LOOKED_MAX` entries: where more
   may fit, it says from where to go on.
2. What an officer of ours has not opened is not read here: not shown, and not found by a search. A letter never is.
3. It changes nothing and sends nothing; what an entry states is its author's claim.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final, NamedTuple

from openline.audit.describe import kind_word, lines_of
from openline.audit.words import KIND_WORDS
from openline.core import state
from openline.core.ledger import Position
from openline.station.api import types_record as t
from openline.station.api.chains import Chains, Cut, Leaf
from openline.station.api.citing import Citations
from openline.station.api.facts import Facts, written
from openline.station.api.inbox import InboxView
from openline.station.api.reading import Reading
from openline.station.api.saying import headline
from openline.station.driver import Driver
from openline.wire import bodies
from openline.wire.entry import Entry, Place
from openline.wire.errors import Misuse
from openline.wire.said import say

LOOKED_MAX: Final = 2048  # chosen: some 0.2 s, most of it in threads
ID_PREFIX_MIN: Final = 8
DAY_S: Final = 86_400


class Wanted(NamedTuple):
    """Which entries a window shows; "" and 0 ask for nothing."""

    side: str = ""
    line: str = ""
    kind: str = ""
    text: str = ""
    since_s: int = 0

    @property
    def everything(self) -> bool:
        return not any(self)


class RecordView:
    def __init__(self, runner: Driver, citations: Citations, reading: Reading, inbox: InboxView) -> None:
        self.runner = runner
        self.ctx = runner.desk.ctx
        self.citations = citations
        self.reading = reading
        self.inbox = inbox
        self.facts = Facts(reading)

    # ---- windows

    async def older(self, cut: Cut | None, wanted: Wanted, limit: int) -> t.RecordWindow:
        """The last entries before a cut that fit; before everything that comes, unless given.

        Raises:
            StorageFault: the store cannot be read.
        """
        self.check(wanted)
        chains = Chains(self.ctx)
        start = at = chains.end if cut is None else chains.clamped(cut)
        found, looked, to_s = list[Entry](), 0, None
        while len(found) < limit and looked < LOOKED_MAX and (step := await chains.older(at)) is not None:
            leaf, at = step
            looked, to_s = looked + 1, leaf.entry.time_s
            if wanted.since_s and to_s < wanted.since_s - DAY_S:
                at = (0, 0)  # clocks are apart by less than a day, or their alarm sounds: what is older fits no more
                break
            if self._fits(leaf.entry, wanted):
                found.append(leaf.entry)
        older = "" if at == (0, 0) else _text(at)
        newer = "" if start == chains.end else _text(start)
        return self._window(chains, found, older, newer, looked, to_s)

    async def newer(self, cut: Cut, wanted: Wanted, limit: int) -> t.RecordWindow:
        """The first entries after a cut that fit. Raises: as `older`."""
        self.check(wanted)
        chains = Chains(self.ctx)
        start = at = chains.clamped(cut)
        found, looked, to_s = list[Entry](), 0, None
        while len(found) < limit and looked < LOOKED_MAX and (step := await chains.newer(at)) is not None:
            leaf, at = step
            looked, to_s = looked + 1, leaf.entry.time_s
            if self._fits(leaf.entry, wanted):
                found.append(leaf.entry)
        older = "" if start == (0, 0) else _text(start)
        newer = "" if at == chains.end else _text(at)
        return self._window(chains, found[::-1], older, newer, looked, to_s)

    async def around(self, ref: str, limit: int) -> t.RecordWindow:
        """A window with an entry in its middle. Raises: as `older`, and Misuse: nothing of that name."""
        place = self.place(ref)
        chains = Chains(self.ctx)
        at = chains.after_entry(place)
        for _ in range(limit // 2):
            step = await chains.newer(at)
            if step is None:
                break
            at = step[1]
        return await self.older(at, Wanted(), limit)

    async def until(self, until_s: int, wanted: Wanted, limit: int) -> t.RecordWindow:
        """The last entries before a time that fit. Raises: as `older`."""
        return await self.older(await Chains(self.ctx).at_time(until_s), wanted, limit)

    def check(self, wanted: Wanted) -> None:
        """Whether what is wanted can be.

        Raises:
            Misuse: no side, line or kind of that name.
        """
        allowed = {
            "side": (wanted.side, self.reading.sides),
            "line": (wanted.line, tuple(line.id for line in self.ctx.accord.lines)),
            "kind": (wanted.kind, tuple(KIND_WORDS.values())),
        }
        for name, (given, names) in allowed.items():
            if given and given not in names:
                raise Misuse(
                    say("{name}: there is no {given}", name=name, given=given),
                    next_step=say("There is {names}.", names=", ".join(names)),
                )

    def _fits(self, entry: Entry, wanted: Wanted) -> bool:
        if wanted.everything:
            return True
        if wanted.since_s and entry.time_s < wanted.since_s:
            return False
        if wanted.side and self.reading.sides[entry.side] != wanted.side:
            return False
        if wanted.kind and kind_word(entry.body) != wanted.kind:
            return False
        if wanted.line and wanted.line not in self._lines(entry):
            return False
        return not wanted.text or self._says(entry, wanted.text.casefold())

    def _says(self, entry: Entry, text: str) -> bool:
        named = (self.reading.ref(entry), self.citations.place(entry.place), *self.reading.officers(entry))
        texts = written(entry.body) if self._readable(entry) else ()
        return any(text in each.casefold() for each in (*named, *texts))

    def _readable(self, entry: Entry) -> bool:
        return entry.id not in self.inbox.unopened

    def _lines(self, entry: Entry) -> tuple[str, ...]:
        return tuple(self.reading.line(number) for number in lines_of(entry.body))

    def _window(
        self, chains: Chains, found: list[Entry], older: str, newer: str, looked: int, to_s: int | None
    ) -> t.RecordWindow:
        us = self.ctx.us
        return t.RecordWindow(
            us=self.reading.sides[us], them=self.reading.sides[1 - us], entries=tuple(map(self._told, found)),
            older=older, newer=newer, looked=looked, looked_to_s=to_s, all=sum(chains.end),
        )  # fmt: skip

    def _told(self, entry: Entry) -> t.RecordEntry:
        readable, body = self._readable(entry), entry.body
        by = self.ctx.record.ledger.acks[1 - entry.side].first_reaching((entry.gen, entry.seq))
        lane = getattr(body, "lane", None)
        fresh = self.ctx.record.ledger.acks[entry.side].rose_at((entry.gen, entry.seq))  # a seal repeats what was so
        return t.RecordEntry(
            id=entry.id.hex(),
            place=self.citations.place(entry.place),
            side=self.reading.sides[entry.side],
            ours=entry.side == self.ctx.us,
            gen=entry.gen,
            seq=entry.seq,
            time_s=entry.time_s,
            kind=kind_word(body),
            ref=self.reading.ref(entry),
            lines=self._lines(entry),
            lane="" if lane is None else lane.name.lower(),
            facts=tuple(
                t.Fact(name=name, value=value) for name, value in self.facts.of(entry, readable=readable)
            ),
            ack=_spot((entry.ack.gen, entry.ack.seq)) if entry.ack is not None and fresh else None,
            acked_by=None if by is None else _spot(by),
            sealed=isinstance(body, bodies.Letter) or not readable,
            unopened=not readable,
        )

    # ---- one entry

    def place(self, ref: str) -> Place:
        """The place of what `ref` names: a place, a citation or an id.

        Raises:
            Misuse: the record holds nothing of that name.
        """
        identity = self.citations.resolve(ref)
        spot = self.citations.spot(ref)
        if spot is not None:
            return spot
        ledger = self.ctx.record.ledger
        for known in (ledger.items, ledger.offers, ledger.suspensions):
            if identity in known:
                return known[identity].place
        raise Misuse(
            say("{ref} leads to nothing that is kept by its name", ref=ref),
            next_step=say("Name its place, as north 0/17."),
        )

    async def one(self, ref: str) -> t.RecordOne:
        """One entry whole.

        Raises:
            Misuse: nothing of that name. StorageFault: the store cannot be read.
        """
        place = self.place(ref)
        self.runner.desk.at(self.runner.clock.now())
        chains = Chains(self.ctx)
        leaf = await chains.leaf(place.side, chains.before(place.side, (place.gen, place.seq)))
        return self._whole(leaf)

    def _whole(self, leaf: Leaf) -> t.RecordOne:
        entry, ledger = leaf.entry, self.ctx.record.ledger
        told = self._told(entry)
        acked = ledger.acks[entry.side].in_force((entry.gen, entry.seq))
        item = ledger.items.get(entry.id)
        reached, by = ("", None) if item is None else self.reading.attested(item)
        officers = self.ctx.accord.sides[entry.side].officers
        return t.RecordOne(
            entry=told,
            received_s=leaf.received_s,
            previous=entry.prev.hex(),
            signature=entry.signature.hex(),
            acknowledges="" if acked[0] < 0 else self.citations.place(Place(1 - entry.side, *acked)),
            acknowledged_by=""
            if told.acked_by is None
            else self.citations.place(Place(1 - entry.side, told.acked_by.gen, told.acked_by.seq)),
            approvals=tuple(
                t.Approved(
                    officer=officers[each.officer].name if each.officer < len(officers) else str(each.officer),
                    counter=each.counter,
                    signature=each.signature.hex(),
                )
                for each in getattr(entry.body, "approvals", ())
            ),
            size=len(entry.data),
            sha256=hashlib.sha256(entry.data).hexdigest(),
            data="" if told.unopened else entry.data.hex(),
            receipt=str(reached),
            attested=None if by is None else headline(by),
            flag="" if item is None else state.flag(ledger, item).value,
        )

    # ---- heads

    async def heads(self) -> t.RecordHeads:
        """Both heads as they are here. Raises: StorageFault: the store cannot be read."""
        chains, record = Chains(self.ctx), self.ctx.record
        told = []
        for side in (self.ctx.us, self.ctx.them):
            count = chains.end[side]
            if not count:
                continue
            entry = (await chains.leaf(side, count - 1)).entry
            steps = record.ledger.acks[1 - side].to
            told.append(
                t.ChainHead(
                    side=self.reading.sides[side],
                    ours=side == self.ctx.us,
                    place=self.citations.place(entry.place),
                    id=entry.id.hex(),
                    time_s=entry.time_s,
                    entries=count,
                    acknowledged=self.citations.place(Place(side, *steps[-1])) if steps else "",
                )
            )
        return t.RecordHeads(
            chains=tuple(told),
            equal=self.runner.desk.inbound.heads_equal(),
            accord=self.runner.desk.ctx.accord_id.hex(),
        )

    def compare(self, place: str, identity: str) -> t.Compared:
        """Hold a head that the other side named against this record. `identity`: its id, or the beginning of it.

        Raises:
            Misuse: that is no place, or no id.
        """
        spot, digits = self.citations.spot(place.strip()), re.sub(r"[\s:-]", "", identity).lower()
        if spot is None:
            one, other = self.reading.sides
            step = say("Write it as {one} 0/17 or {other} 0/17.", one=one, other=other)
            raise Misuse(say("{place} is no place", place=place), next_step=step)
        if re.fullmatch(f"[0-9a-f]{{{ID_PREFIX_MIN},64}}", digits) is None:
            least = say("Give at least its first {count} digits, 0-9 and a-f.", count=ID_PREFIX_MIN)
            raise Misuse(say("{id} is no id", id=identity), next_step=least)
        record, chains = self.ctx.record, Chains(self.ctx)
        held = record.id_at(*spot)
        more = chains.end[spot.side] - chains.before(spot.side, (spot.gen, spot.seq + 1))
        verdict: t.Compare = "agree" if not more else "behind"
        if held is None:
            verdict, more = "ahead", 0
        elif not held.hex().startswith(digits):
            verdict, more = "differ", 0
        return t.Compared(
            verdict=verdict, place=self.citations.place(spot), side=self.reading.sides[spot.side],
            ours=spot.side == self.ctx.us, id="" if held is None else held.hex(), more=more,
        )  # fmt: skip


def _spot(position: Position) -> t.Spot:
    return t.Spot(gen=position[0], seq=position[1])


def _text(cut: Cut) -> str:
    return f"{cut[0]}.{cut[1]}"


def cut_of(text: str) -> Cut:
    """The cut that a window named.

    Raises:
        Misuse: it is none.
    """
    match = re.fullmatch(r"(\d{1,18})\.(\d{1,18})", text)
    if match is None:
        raise Misuse(
            say("{text} is no place to go on from", text=text),
            next_step=say("Give what a window names as older or newer."),
        )
    return int(match[1]), int(match[2])

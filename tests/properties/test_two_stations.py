"""Two real desks under an adversarial carrier, crashes between every write and send, and restorations from old copies.

What a restoration cannot give back is not asked of it: entries that left the old station, reached nobody and lie on
somebody's desk as a sealed bundle are unknown to all who could tell. A carrier that brings such a bundle later shows a
fork, which is settled as forks are (tests/unit/core/test_hostile_peer.py); here the carrier loses those bundles.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from openline.station import commands as c
from openline.wire.bundle import Payload
from openline.wire.terms import Lane, Phase, Precedence, Presence
from tests.conftest import SOAK
from tests.simulation.media import File, Medium, Memory
from tests.simulation.pair import Crash, Node, Pair, Parcel, digest

SIDES = st.integers(0, 1)
INDEX = st.integers(0, 40)
CRASHES = st.sampled_from([Crash.NOT] * 6 + [Crash.BEFORE_COMMIT, Crash.BEFORE_SENDS])
LANES = st.sampled_from([(Lane.LIAISON,), (Lane.SAFETY,), (Lane.LIAISON, Lane.SAFETY)])
LINES = st.sampled_from([None, (0,), (1,)])
PAGES = bytes(40_000)  # two parts
SAYINGS = ["message", "message", "flash", "notice", "document", "letter", "answer", "acknowledge", "presence"]
STORIES = ["strangers", "introduced", "cut", "proposed", "restored"]


def newest(named: Collection[bytes], back: int) -> bytes:
    """One of the last names taken into the record, or one that nothing has."""
    names = list(named)
    return names[-1 - back % len(names)] if names else bytes(32)


class TwoStations(RuleBasedStateMachine):
    """One step is one thing that happens to one of the stations or to one bundle."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory() if SOAK else None
        self.pair = Pair(self.media())
        self.history: list[Parcel] = []
        self.copies: list[Medium | None] = [None, None]

    def media(self) -> tuple[Medium, Medium]:
        if self.folder is None:
            return Memory(), Memory()
        folders = [Path(self.folder.name) / name for name in ("north", "south")]
        for folder in folders:
            folder.mkdir()
        return File(folders[0]), File(folders[1])

    @initialize(story=st.sampled_from(STORIES))
    def begin(self, story: str) -> None:
        """Some have a past already."""
        first, second = self.pair.nodes
        if story == "strangers":
            return
        self.pair.settle()
        if story != "introduced":
            first.enact(c.SendMessage(line=0, text="Good morning."))
            cut = second.enact(c.CutLines(lines=None, lanes=(Lane.LIAISON, Lane.SAFETY)))
            self.pair.settle()
            assert first.holds(cut.place, cut.id)
        if story in ("proposed", "restored"):
            proposal = first.enact(c.ProposeRestoration(lines=None, effective_s=first.now.clock_s + 60))
            self.pair.settle()
            if story == "restored":
                second.enact(c.AcceptOffer(target=proposal.id))
                self.pair.settle()

    def node(self, side: int) -> Node:
        """A station that runs: one that is down is started."""
        node = self.pair.nodes[side]
        if node.desk is None:
            node.start()
        return node

    # ---- people

    @rule(side=SIDES, what=st.sampled_from(SAYINGS), pick=INDEX, lane=st.sampled_from(list(Lane)), crash=CRASHES)
    def say(self, side: int, what: str, pick: int, lane: Lane, crash: Crash) -> None:
        node = self.node(side)
        line, item = pick % 2, newest(node.ledger.items, pick)
        said: dict[str, c.EntryCommand] = {
            "message": c.SendMessage(line=line, lane=lane, text="Weather on the line?", due_s=600),
            "flash": c.SendMessage(line=line, lane=lane, text="Boat adrift.", precedence=Precedence.FLASH),
            "notice": c.SendNotice(line=line, lane=lane, form="drill", fields=(("where", "west"),)),
            "letter": c.SendLetter(to=0, age=b"sealed"),
            "answer": c.SendAnswer(to=item, text="Seen."),
            "acknowledge": c.Acknowledge(target=item),
            "presence": c.SetPresence(mode=Presence(pick % 2)),
        }
        if what == "document":
            pages = PAGES + bytes([pick])
            node.try_to(c.SendDocument(line=line, lane=lane, pages=pages), crash, pages)
        else:
            node.try_to(said[what], crash)

    @rule(side=SIDES, lines=LINES, lanes=LANES, wait_s=st.sampled_from([0, 0, 30]), crash=CRASHES)
    def cut(self, side: int, lines: Any, lanes: Any, wait_s: int, crash: Crash) -> None:
        node = self.node(side)
        from_s = node.now.clock_s + wait_s if wait_s else 0
        node.try_to(c.CutLines(lines=lines, lanes=lanes, from_s=from_s), crash)

    @rule(side=SIDES, lines=LINES, lanes=LANES, wait_s=st.sampled_from([0, 20, 300]), crash=CRASHES)
    def propose(self, side: int, lines: Any, lanes: Any, wait_s: int, crash: Crash) -> None:
        node = self.node(side)
        effective_s = node.now.clock_s + wait_s
        node.try_to(c.ProposeRestoration(lines=lines, lanes=lanes, effective_s=effective_s), crash)

    @rule(side=SIDES, pick=st.integers(0, 2), crash=CRASHES)
    def accept(self, side: int, pick: int, crash: Crash) -> None:
        node = self.node(side)
        node.try_to(c.AcceptOffer(target=newest(node.ledger.offers, pick)), crash)

    @rule(side=SIDES, pick=st.integers(0, 5), crash=CRASHES)
    def withdraw_or_amend(self, side: int, pick: int, crash: Crash) -> None:
        node = self.node(side)
        if pick < 3:
            node.try_to(c.WithdrawOffer(target=newest(node.ledger.offers, pick)), crash)
        else:
            node.try_to(c.AmendLine(line=pick % 2, effective_s=node.now.clock_s + 10 * pick, pulse_s=30 + pick), crash)

    @rule(side=SIDES, crash=CRASHES)
    def open_everything(self, side: int, crash: Crash) -> None:
        node = self.node(side)
        desk = node.running
        node.turn(lambda: [desk.show(item.id, node.now) for item in desk.unopened()], crash)

    @rule(side=SIDES, lane=st.sampled_from(list(Lane)), answered=st.booleans(), crash=CRASHES)
    def call(self, side: int, lane: Lane, answered: bool, crash: Crash) -> None:
        node = self.node(side)
        if node.restoring():
            return
        node.turn(lambda: node.running.calls.place(0, lane, 0), crash)
        if answered:
            self.pair.settle()
            self.pick_up(1 - side, Phase.ANSWERED, Crash.NOT)
            self.pair.settle()
            self.pair.advance(61_000)

    @rule(side=SIDES, phase=st.sampled_from([Phase.ANSWERED, Phase.DECLINED, Phase.DEFERRED]), crash=CRASHES)
    def pick_up(self, side: int, phase: Phase, crash: Crash) -> None:
        node = self.node(side)
        desk = node.running
        for ring in desk.calls.ringing_here()[:1]:
            node.turn(lambda ring=ring: desk.pick_up(ring.call_id, phase, node.now), crash)

    @rule(side=SIDES, crash=CRASHES)
    def rotate_key(self, side: int, crash: Crash) -> None:
        self.node(side).rotate(crash)

    # ---- carriers

    @precondition(lambda self: self.pair.flight)
    @rule(count=st.integers(1, 30))
    def carry(self, count: int) -> None:
        """As a good carrier would."""
        for _ in range(min(count, len(self.pair.flight))):
            self.history.append(self.pair.flight[0])
            self.pair.deliver(self.pair.flight.pop(0))

    @precondition(lambda self: self.pair.flight)
    @rule(pick=INDEX, count=st.integers(1, 6), keep=st.booleans(), crash=CRASHES)
    def deliver(self, pick: int, count: int, keep: bool, crash: Crash) -> None:
        """In whatever order; with `keep`, to be repeated later. The process may die on the last one."""
        for number in range(count):
            if self.pair.flight:
                at = pick % len(self.pair.flight)
                parcel = self.pair.flight[at] if keep else self.pair.flight.pop(at)
                self.history.append(parcel)
                self.pair.deliver(parcel, crash if number == count - 1 else Crash.NOT)

    @precondition(lambda self: self.pair.flight)
    @rule(pick=INDEX, count=st.integers(1, 10))
    def lose(self, pick: int, count: int) -> None:
        at = pick % len(self.pair.flight)
        self.history += self.pair.flight[at : at + count]
        del self.pair.flight[at : at + count]

    @precondition(lambda self: self.pair.flight)
    @rule(pick=INDEX, at=st.integers(0, 10_000), cut=st.booleans())
    def spoil(self, pick: int, at: int, cut: bool) -> None:
        """A bundle altered or cut short opens nothing and changes nothing."""
        parcel = self.pair.flight[pick % len(self.pair.flight)]
        node = self.node(parcel.to)
        data = bytearray(parcel.data)
        at %= len(data)
        if cut:
            del data[at:]
        else:
            data[at] ^= 1 << at % 8
        before = node.mark()
        self.pair.deliver(parcel._replace(data=bytes(data)))
        assert node.mark() == before

    @rule(side=SIDES)
    def send_one_bad_entry_behind_good_ones(self, side: int) -> None:
        """A bundle that the other side sealed, with one signature wrong in it, is refused whole."""
        sender, node = self.node(side), self.node(1 - side)
        ours = node.record.cursors[side].head
        gen, seq = (0, 0) if ours is None else (ours.gen, ours.seq + 1)
        waiting = sender.running.ctx.entries(side, gen, seq, 8)
        if len(waiting) < 2 or sender.restoring():
            return
        bad = (*waiting[:-1], waiting[-1][:-1] + bytes([waiting[-1][-1] ^ 1]))
        before = node.mark()
        self.pair.deliver(Parcel(1 - side, 0, sender.running.sealer.seal(Payload(entries=bad), opener=True)))
        assert node.mark() == before

    @rule(carrier=st.integers(0, 1), up=st.booleans())
    def change_a_path(self, carrier: int, up: bool) -> None:
        self.pair.set_up(carrier, up)

    @rule(side=SIDES)
    def courier(self, side: int) -> None:
        self.pair.carry(side)

    @rule(side=SIDES, line=st.integers(0, 1), crash=CRASHES)
    def pulse(self, side: int, line: int, crash: Crash) -> None:
        node = self.node(side)
        node.turn(lambda: node.running.paths.pulse(line), crash)

    # ---- time and stations

    @rule(span_s=st.sampled_from([1, 5, 20, 61, 400]))
    def wait(self, span_s: int) -> None:
        self.pair.advance(span_s * 1000)

    @rule(side=SIDES, skew_s=st.sampled_from([-7_200, -30, 0, 3, 7_200]))
    def skew(self, side: int, skew_s: int) -> None:
        self.pair.skew_ms[side] = skew_s * 1000

    @rule(side=SIDES)
    def die(self, side: int) -> None:
        self.pair.nodes[side].kill()

    @rule(side=SIDES, crash=CRASHES)
    def start(self, side: int, crash: Crash) -> None:
        node = self.pair.nodes[side]
        if node.desk is None:
            node.start(crash=crash)

    @rule(side=SIDES)
    def back_up(self, side: int) -> None:
        self.copies[side] = self.pair.nodes[side].medium.copy()

    @rule(side=SIDES, crash=CRASHES)
    def restore(self, side: int, crash: Crash) -> None:
        """From an old copy; what the old station had sent and nobody took in has perished with it."""
        node, other = self.pair.nodes[side], self.pair.nodes[1 - side]
        copy = self.copies[side]
        if copy is None or other.restoring() or node.restoring():
            return
        store = other.store or other.medium.open()
        if any(kept.place.side == side for kept in store.strays()):
            return  # beyond a gap the other side holds what it could not show as a tail
        node.signed = {place: i for place, i in node.signed.items() if store.entry(i) is not None}
        for parcels in (self.history, self.pair.flight):
            parcels[:] = [parcel for parcel in parcels if parcel.to == side]
        node.restore(copy, crash)

    # ---- what holds at every step

    @invariant()
    def nothing_that_was_acknowledged_is_gone(self) -> None:
        for node in self.pair.nodes:
            if node.desk is None or node.restoring():
                continue
            for author, upto in zip(self.pair.nodes, self.pair.acknowledged, strict=True):
                for place, identity in author.signed.items():
                    assert place[1:] > upto or node.holds(place, identity), f"{place} is gone from side {node.side}"

    @invariant()
    def equal_frontiers_are_equal_states(self) -> None:
        first, second = self.pair.nodes
        if first.desk is not None and second.desk is not None and self.pair.equal():
            assert digest(first.ledger) == digest(second.ledger)

    @invariant()
    def nobody_is_accused(self) -> None:
        for node in self.pair.nodes:
            if node.desk is not None:
                assert not node.desk.inbound.strays
                assert not node.ledger.proofs

    def teardown(self) -> None:
        """Minutes after everything works again, both hold the same; and repeating all of it changes nothing."""
        try:
            self.pair.heal()
            assert self.pair.whole(), f"{[(n.record.heads(), n.restoring()) for n in self.pair.nodes]}"
            assert not any(node.store and node.store.strays() for node in self.pair.nodes)
            self.equal_frontiers_are_equal_states()
            self.nothing_that_was_acknowledged_is_gone()
            before = [node.mark() for node in self.pair.nodes]
            for parcel in self.history:
                self.pair.deliver(parcel)
            self.pair.settle()
            assert [node.mark() for node in self.pair.nodes] == before
        finally:
            for node in self.pair.nodes:
                node.kill()
            if self.folder is not None:
                self.folder.cleanup()


TestTwoStations = pytest.mark.slow(TwoStations.TestCase)
TestTwoStations.settings = settings(max_examples=3_000 if SOAK else 120, stateful_step_count=100 if SOAK else 60)

"""Attacks of a peer that holds every key of its own side, against a whole station, each by its name (record.md §5).

Rules of this file: the attacker signs and seals whatever it likes with its own real keys; nothing it does may change
what the victim holds, silence the victim, or pass without a trace where a trace can be had.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from openline.core import state
from openline.core.state import Formal, Standing
from openline.keys import public
from openline.keys.entropy import SeededEntropy
from openline.keys.secret import SigningKey, StationKeys
from openline.station.commands import AcceptOffer, CutLines, ProposeRestoration, SendMessage
from openline.wire import bodies, entry
from openline.wire.bodies import Ack, Body, Fault, Generation, Service, Suspend
from openline.wire.bundle import Have, Payload
from openline.wire.entry import Entry
from openline.wire.limits import CORE_BYTES_MAX, GENERATION_MAX, UINT_MAX
from openline.wire.terms import Approval, Head, Lane, ProofKind
from tests.accord_maker import made
from tests.simulation.pair import Node, Pair, Parcel

NORTH, SOUTH = 0, 1
HELLO = SendMessage(line=0, text="Good morning.")
STATION = made().keys[NORTH].station.station


class Attack:
    """North attacks; south must bear it."""

    def __init__(self) -> None:
        self.pair = Pair()
        self.pair.settle()
        for node in self.pair.nodes:
            node.enact(HELLO)
            self.pair.settle()
        self.north, self.south = self.pair.nodes

    def draft(self, body: Body, **change: Any) -> bytes:
        """North's next entry as it should be, but for what the attack changes."""
        cursor = self.north.record.cursors[NORTH]
        gen, seq = cursor.next_place
        values: dict[str, Any] = {
            "side": NORTH, "gen": gen, "seq": seq, "prev": cursor.prev, "ack": None,
            "time_s": self.north.now.clock_s, "body": body,
        }  # fmt: skip
        return entry.encode_core(**(values | change))

    def sign(self, core: bytes, key: SigningKey = STATION) -> Entry:
        return entry.decode(core + key.sign(entry.signed_bytes(made().id, core)))

    def send(self, *entries: Entry | bytes, **payload: Any) -> None:
        data = tuple(x if isinstance(x, bytes) else x.data for x in entries)
        bundle = self.north.running.sealer.seal(Payload(entries=data, **payload))
        self.pair.deliver(Parcel(SOUTH, 0, bundle))

    def unmoved(self, before: tuple[object, ...]) -> bool:
        """South holds what it held, and its officers still act."""
        same = self.south.mark() == before
        made_one = self.south.enact(HELLO)
        self.pair.settle()
        return same and self.south.holds(made_one.place, made_one.id)

    def evidence(self) -> list[ProofKind]:
        return [act.body.proof for act, _ in self.south.ledger.proven() if isinstance(act.body, Fault)]

    def formal(self, node: Node) -> Formal:
        return node.running.formal(0, Lane.LIAISON, node.now)


@pytest.fixture
def attack() -> Attack:
    return Attack()


# ---- history


def test_rewrite_of_an_acknowledged_entry(attack: Attack) -> None:
    """Another text at a place that south has acknowledged: the first stays, the second is evidence of a fork."""
    first = attack.south.record.id_at(NORTH, 0, 0)
    attack.send(attack.sign(attack.draft(Service(text="never said that"), seq=0, prev=made().id)))
    assert attack.south.record.id_at(NORTH, 0, 0) == first
    assert attack.evidence() == [ProofKind.FORK]
    assert attack.formal(attack.south) is Formal.DISPUTED


def test_fork_shown_to_two_paths(attack: Attack) -> None:
    """Two entries at one place, one by each carrier: whichever came first is followed, both are kept and proven."""
    one, other = (attack.sign(attack.draft(Service(text=text))) for text in ("yes", "no"))
    attack.send(one)
    attack.send(other)
    store = attack.south.store
    assert store is not None
    assert attack.south.holds(one.place, one.id)
    assert store.entry(other.id) is not None
    assert attack.evidence() == [ProofKind.FORK]
    attack.send(other)
    assert attack.evidence() == [ProofKind.FORK]  # once is enough


def test_fork_in_one_bundle(attack: Attack) -> None:
    """Both branches at once are as much of a fork."""
    attack.send(*(attack.sign(attack.draft(Service(text=text))) for text in ("yes", "no")))
    assert attack.evidence() == [ProofKind.FORK]


def test_backdate(attack: Attack) -> None:
    """A time long past is a claim of its author and moves nothing: the place in the chain says what came before."""
    cut = attack.south.enact(CutLines(lines=None))
    attack.pair.settle()
    late = attack.sign(attack.draft(bodies.Message(number=9, text="before your cut"), time_s=1_000))
    attack.send(late)
    item = attack.south.ledger.items[late.id]
    assert item.ack >= (cut.gen, cut.seq)  # it acknowledges the cut that it pretends to precede
    assert attack.formal(attack.south) is Formal.SUSPENDED


def test_reorder_and_drop(attack: Attack) -> None:
    """An entry out of its order waits; one left out is missed, and nothing behind it counts before it comes."""
    first = attack.sign(attack.draft(Service(text="one")))
    second = attack.sign(attack.draft(Service(text="two"), seq=first.seq + 1, prev=first.id))
    before = attack.south.record.heads()
    attack.send(second)
    assert attack.south.record.heads()[NORTH] == before[NORTH]
    attack.send(first)
    head = attack.south.record.heads()[NORTH]
    assert head is not None
    assert head.id == second.id


def test_break_of_the_chain(attack: Attack) -> None:
    """A next entry that names another predecessor than the last: refused, and proof against its author."""
    attack.send(attack.sign(attack.draft(Service(text="x"), prev=bytes(32))))
    assert attack.evidence() == [ProofKind.BAD_CHAIN]


def test_commitment_to_an_entry_that_was_never_signed(attack: Attack) -> None:
    """A signed entry behind one whose signature is broken: nobody but its author can have made it."""
    core = attack.draft(Service(text="x"))
    bad = entry.decode(core + bytes(64))
    after = attack.sign(attack.draft(Ack(), seq=bad.seq + 1, prev=bad.id))
    head = attack.south.record.heads()[NORTH]
    attack.send(bad, after)
    assert attack.south.record.heads()[NORTH] == head
    assert attack.evidence() == [ProofKind.BAD_SIGNATURE]


# ---- acknowledgements


def test_taking_back_an_acknowledgement(attack: Attack) -> None:
    """What north has signed that it holds, it cannot unsign."""
    before = attack.south.mark()
    attack.send(attack.sign(attack.draft(Ack(), ack=Head(0, 0, attack.south.record.id_at(SOUTH, 0, 0) or b""))))
    assert attack.south.told[-1].what == "strange"
    assert attack.south.record.heads()[NORTH] == before[0][NORTH]  # type: ignore[index]
    acked = attack.south.record.cursors[NORTH].ack
    assert acked is not None
    assert acked.seq > 0


def test_acknowledging_an_entry_that_was_never_made(attack: Attack) -> None:
    """A claim of another entry of ours than the one we made is taken in, noted, and counts for no delivery."""
    ours = attack.south.enact(HELLO)
    attack.pair.flight.clear()
    attack.send(attack.sign(attack.draft(Ack(), ack=Head(ours.gen, ours.seq, bytes(32)))))
    assert any("acknowledges another" in event.text for event in attack.south.told)
    assert attack.south.running.outbox.held < (ours.gen, ours.seq)
    attack.pair.settle()


@pytest.mark.parametrize("how", ["hint", "entry"])
def test_gag_by_a_claim_to_hold_more_of_our_chain(attack: Attack, how: str) -> None:
    """Who says that we lost our tail, and does not show it, stops us for a minute and no longer."""
    if how == "hint":
        attack.send(have=(Have(SOUTH, 0, 999, bytes(8)),))
    else:
        attack.send(attack.sign(attack.draft(Ack(), ack=Head(0, 999, bytes(32)))))
    attack.pair.flight.clear()
    attack.pair.advance(120_000)
    attack.pair.flight.clear()
    cut = attack.south.enact(CutLines(lines=None))
    assert attack.south.holds(cut.place, cut.id)


# ---- officers and keys


def test_replay_of_an_officers_counter(attack: Attack) -> None:
    """The officers cut once; their station writes the same order again after the restoration: nothing is cut."""
    order = attack.north.enact(CutLines(lines=(0,)))
    attack.pair.settle()
    now_s = attack.south.now.clock_s
    offer = attack.south.enact(ProposeRestoration(lines=(0,), effective_s=now_s))
    attack.pair.settle()
    attack.north.enact(AcceptOffer(target=offer.id))
    attack.pair.settle()
    assert attack.formal(attack.south) is Formal.OPEN
    again = attack.sign(attack.draft(order.body))
    attack.send(again)
    assert attack.south.holds(again.place, again.id)
    assert attack.formal(attack.south) is Formal.OPEN


@pytest.mark.parametrize("approvals", [(), (Approval(0, 50, bytes(64)), Approval(1, 50, bytes(64)))])
def test_an_order_that_no_officer_gave(attack: Attack, approvals: tuple[Approval, ...]) -> None:
    """A station, or the thief of its key, cuts nothing by itself: the entry is there, and without effect."""
    forged = attack.sign(attack.draft(Suspend(scope=((0, Lane.LIAISON),), approvals=approvals)))
    attack.send(forged)
    assert attack.south.holds(forged.place, forged.id)
    assert attack.formal(attack.south) is Formal.OPEN


def test_a_foreign_signature(attack: Attack) -> None:
    """Whoever's key it is that is not the station's: refused, and no evidence, for anybody can have written it."""
    for key in (SigningKey(bytes(32)), made().keys[SOUTH].station.station, made().keys[NORTH].officers[0].key):
        before = attack.south.mark()
        attack.send(attack.sign(attack.draft(Service(text="x")), key))
        assert attack.unmoved(before)
    assert attack.evidence() == []


def test_an_entry_in_our_own_name(attack: Attack) -> None:
    """North signs an entry as side 1's next: it does not get into our chain, and we go on."""
    cursor = attack.south.record.cursors[SOUTH]
    core = attack.draft(Service(text="x"), side=SOUTH, seq=cursor.next_place[1], prev=cursor.prev)
    head = attack.south.record.heads()[SOUTH]
    attack.send(attack.sign(core))
    assert attack.south.record.heads()[SOUTH] == head
    attack.pair.flight.clear()
    attack.pair.advance(120_000, settling=True)
    ours = attack.south.enact(HELLO)
    assert attack.south.holds(ours.place, ours.id)
    assert attack.south.record.id_at(SOUTH, *cursor.next_place) != attack.sign(core).id


# ---- hostile bytes


@pytest.mark.parametrize("size", [CORE_BYTES_MAX + 65, 40 * 1024 + 64])
def test_oversize(attack: Attack, size: int) -> None:
    """An entry above its limit is malformed before anything else is looked at."""
    before = attack.south.mark()
    attack.send(attack.draft(Service(text="x")).ljust(size, b"\0"))
    assert attack.unmoved(before)


def test_a_second_form_of_one_value(attack: Attack) -> None:
    """CBOR in another form than its one, signed as it stands: malformed, or two readers would see two ids."""
    core = attack.draft(Service(text="x"))
    gen_at = 3  # array head, format, side; then the generation in one byte
    second = core[:gen_at] + b"\x18" + core[gen_at : gen_at + 1] + core[gen_at + 1 :]
    before = attack.south.mark()
    attack.send(second + STATION.sign(entry.signed_bytes(made().id, second)))
    assert attack.unmoved(before)


def test_one_bad_entry_among_good_ones(attack: Attack) -> None:
    """A bundle is taken in whole or not at all."""
    good = attack.sign(attack.draft(Service(text="one")))
    bad = entry.decode(attack.draft(Service(text="two"), seq=good.seq + 1, prev=good.id) + bytes(64))
    before = attack.south.mark()
    attack.send(good, bad)
    assert attack.unmoved(before)


# ---- repudiation


def generation(last: Head | None, gen: int, root: Any = None) -> tuple[Generation, StationKeys]:
    keys = StationKeys.generate(SeededEntropy(b"after the theft"))
    body = Generation(
        last=last,
        station=keys.station.public,
        checkpoint=keys.checkpoint.public,
        xwing=keys.xwing.public,
        root_ed25519=bytes(64),
        root_mldsa87=bytes(4627),
        possession=keys.station.sign(public.possession_message(made().id, keys.station.public)),
    )
    signer = root or made().keys[NORTH].root
    ed25519, mldsa87 = signer.sign(public.generation_message(made().id, NORTH, gen, body))
    return replace(body, root_ed25519=ed25519, root_mldsa87=mldsa87), keys


def test_our_key_was_stolen_so_that_act_does_not_count(attack: Attack) -> None:
    """North acted, south acknowledged that; then north's root begins a generation from before it. That is contested:
    the record is disputed, the act stands, and only south's acceptance settles it."""
    last = attack.north.record.heads()[NORTH]
    said = attack.north.enact(CutLines(lines=(0,)))
    attack.pair.settle()
    assert last is not None
    body, keys = generation(last, 1)
    attack.send(attack.sign(attack.draft(body, gen=1, seq=0, prev=last.id), keys.station))
    assert attack.formal(attack.south) is Formal.DISPUTED
    assert said.id in attack.south.ledger.suspensions
    begun = attack.south.record.heads()[NORTH]
    assert begun is not None
    attack.south.enact(AcceptOffer(target=begun.id))
    assert attack.formal(attack.south) is Formal.SUSPENDED


def test_a_generation_that_no_root_signed(attack: Attack) -> None:
    """The thief of a station key cannot begin a generation with it."""
    last = attack.north.record.heads()[NORTH]
    body, keys = generation(last, 1, made().keys[SOUTH].root)
    before = attack.south.mark()
    assert last is not None
    attack.send(attack.sign(attack.draft(body, gen=1, seq=0, prev=last.id), keys.station))
    assert attack.unmoved(before)


def test_a_clean_generation_is_no_dispute(attack: Attack) -> None:
    """Keys lost and nothing denied: the chain goes on from what south holds."""
    last = attack.north.record.heads()[NORTH]
    body, keys = generation(last, 1)
    assert last is not None
    attack.send(attack.sign(attack.draft(body, gen=1, seq=0, prev=last.id), keys.station))
    assert attack.formal(attack.south) is Formal.OPEN
    assert not state.disputes(attack.south.ledger)


def test_withdrawing_what_was_concluded(attack: Attack) -> None:
    """The proposer cannot take back what its own chain confirmed, whatever it writes afterwards."""
    attack.south.enact(CutLines(lines=(0,)))
    attack.pair.settle()
    offer = attack.north.enact(ProposeRestoration(lines=(0,), effective_s=attack.north.now.clock_s))
    attack.pair.settle()
    attack.south.enact(AcceptOffer(target=offer.id))
    attack.pair.settle()
    withdrawal = bodies.Withdraw(target=offer.id)
    attack.send(attack.sign(attack.draft(withdrawal)))
    assert state.standing(attack.south.ledger, attack.south.ledger.offers[offer.id]) is Standing.CONCLUDED
    assert attack.formal(attack.south) is Formal.OPEN


@pytest.mark.parametrize("gen", [GENERATION_MAX + 1, UINT_MAX])
def test_a_generation_that_no_store_can_number(attack: Attack, gen: int) -> None:
    """A root may begin any generation above the last, but none that a database cannot keep in order: it is refused as
    theirs, and no fault of ours."""
    last = attack.north.record.heads()[NORTH]
    assert last is not None
    body, keys = generation(last, gen)
    core = attack.draft(body, gen=gen, seq=0, prev=last.id)
    before = attack.south.mark()
    attack.send(core + keys.station.sign(entry.signed_bytes(made().id, core)))
    assert attack.unmoved(before)
    assert any(event.what == "strange" for event in attack.south.told)

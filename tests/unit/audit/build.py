"""A small builder of records for tests: two sides that sign what they are told to, and an export of either.

`Book.add` signs the next entry of a side exactly as its station would; `whole` is a record with every kind in it.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from openline.audit.check import audit
from openline.audit.verdict import Verdict
from openline.keys import letters, notes, public
from openline.keys.entropy import SeededEntropy
from openline.keys.secret import SigningKey, StationKeys
from openline.wire import bodies, entry, merkle, terms
from openline.wire.bodies import Body
from openline.wire.entry import Entry
from openline.wire.export import MAGIC, write_export
from openline.wire.terms import (
    Approval,
    Head,
    Phase,
    ProofKind,
    Word,
)
from tests.accord_maker import Made, made

START_S = 1_591_574_400  # 2020-06-08T00:00:00Z
MADE = made()


@dataclass
class Book:
    """Both chains and every key. `ack` says per side what it has acknowledged of the other."""

    made: Made = field(default_factory=made)
    chains: tuple[list[Entry], list[Entry]] = field(default_factory=lambda: ([], []))
    strays: list[Entry] = field(default_factory=list)
    stations: list[StationKeys] = field(default_factory=lambda: [MADE.keys[0].station, MADE.keys[1].station])
    now_s: int = START_S
    acked: list[Head | None] = field(default_factory=lambda: [None, None])
    counters: dict[tuple[int, int], int] = field(default_factory=dict)
    signers: list[SigningKey] = field(default_factory=lambda: [k.station.station for k in MADE.keys])

    def head(self, side: int) -> Head | None:
        return self.chains[side][-1].head if self.chains[side] else None

    def draft(self, side: int, body: Body, **change: Any) -> bytes:
        """The core of the side's next entry, acknowledging all there is; `change` overrides single fields."""
        head = self.head(side)
        newest, before = self.head(1 - side), self.acked[side]
        fresh = newest is not None and newest != before
        values: dict[str, Any] = {
            "side": side,
            "gen": 0 if head is None else head.gen,
            "seq": 0 if head is None else head.seq + 1,
            "prev": self.made.id if head is None else head.id,
            "ack": newest if fresh else before if isinstance(body, bodies.Seal) else None,
            "time_s": self.now_s,
            "body": body,
        }
        return entry.encode_core(**{**values, **change})

    def sign(self, side: int, core: bytes) -> Entry:
        return entry.decode(core + self.signers[side].sign(entry.signed_bytes(self.made.id, core)))

    def add(self, side: int, body: Body, **change: Any) -> Entry:
        """Sign and append the side's next entry."""
        self.now_s += 60
        made = self.sign(side, self.draft(side, body, **change))
        self.chains[side].append(made)
        if made.ack is not None:
            self.acked[side] = made.ack
        if isinstance(body, bodies.Key):
            self.signers[side] = self._next_signer
        return made

    def approved(self, side: int, body: Any, officers: Iterable[int] = (0, 1)) -> Any:
        """The body with the approvals of these officers of the side."""
        given = []
        for officer in officers:
            counter = self.counters[side, officer] = self.counters.get((side, officer), 0) + 1
            message = public.officer_message(self.made.id, side, body, officer, counter)
            given.append(Approval(officer, counter, self.made.keys[side].officers[officer].sign(message)))
        return replace(body, approvals=tuple(given))

    def checkpoint(self, side: int) -> terms.Checkpoint44:
        """A checkpoint over all entries of the side's generation so far."""
        gen = self.chains[side][-1].gen
        ids = [x.id for x in self.chains[side] if x.gen == gen]
        keys = self.stations[side].checkpoint
        root = merkle.root(ids)
        return notes.sign_checkpoint(self.made.id, side, gen, len(ids), root, self.signers[side], keys)

    def rotate(self, side: int) -> Entry:
        """Change the side's station key."""
        self._next_signer = SigningKey.from_seed(bytes([side, len(self.chains[side])]) * 16)
        new = self._next_signer.public
        possession = self._next_signer.sign(public.possession_message(self.made.id, new))
        return self.add(side, bodies.Key(station=new, possession=possession))

    def generation(self, side: int, last: Entry | None, forks: tuple[tuple[bytes, bytes], ...] = ()) -> Entry:
        """Begin a new generation of the side behind `last`."""
        keys = StationKeys.generate(SeededEntropy(b"generation %d %d" % (side, len(self.chains[side]))))
        gen = self.chains[side][-1].gen + 1
        station = keys.station
        body = bodies.Generation(
            last=None if last is None else last.head,
            station=station.public,
            checkpoint=keys.checkpoint.public,
            xwing=keys.xwing.public,
            forks=forks,
            root_ed25519=bytes(64),
            root_mldsa87=bytes(4627),
            possession=station.sign(public.possession_message(self.made.id, station.public)),
        )
        ed25519, mldsa87 = self.made.keys[side].root.sign(public.generation_message(self.made.id, side, gen, body))
        self.stations[side], self.signers[side] = keys, station
        prev = self.made.id if last is None else last.id
        return self.add(
            side, replace(body, root_ed25519=ed25519, root_mldsa87=mldsa87), gen=gen, seq=0, prev=prev
        )

    def statement(self, side: int, texts: terms.Texts, kind: str) -> notes.PublicSignatures:
        keys, accord = self.made.keys[side].announce, self.made.signed.accord
        return notes.sign_statement(
            notes.statement_text(accord, self.made.id, texts, kind), accord.sides[side].name, keys
        )

    def word(self, caller: int, call: bodies.Call, phase: Phase) -> Word:
        """The called station's word about a call."""
        message = public.call_message(
            self.made.id, caller, call.call_id, call.line, call.lane, call.due_s, phase, self.now_s
        )
        return Word(int(phase), self.now_s, self.signers[1 - caller].sign(message))

    def entries(self) -> Iterator[bytes]:
        for chain in self.chains:
            yield from (x.data for x in sorted(chain, key=lambda x: x.place))

    def export(
        self, side: int = 0, *, entries: Iterable[bytes] | None = None, signer: SigningKey | None = None
    ) -> bytes:
        """The side's export of this record, or, signed by the side all the same, of other entries."""
        out = io.BytesIO()
        write_export(
            out, self.made.signed, side, self.entries() if entries is None else entries,
            [x.data for x in self.strays], signer or self.signers[side], self.now_s,
        )  # fmt: skip
        return out.getvalue()


def message(book: Book, side: int, text: str = "all quiet", **more: Any) -> Entry:
    number = sum(isinstance(x.body, bodies.Tracked) for x in book.chains[side]) + 1
    return book.add(side, bodies.Message(text=text, number=number, **more))


def small(entries: int = 6) -> Book:
    """A record of a few messages, one a side in turn."""
    book = Book()
    for count in range(entries):
        message(book, count % 2)
    return book


def call(book: Book, caller: int) -> Entry:
    """An answered check-in, with both words, both seals and a checkpoint in each."""
    made_call = bodies.Call(
        call_id=len(book.chains[caller]).to_bytes(8, "big"), started_s=book.now_s, outcome=terms.Outcome.ANSWERED,
        due_s=book.now_s,
    )  # fmt: skip
    words = {"rang": book.word(caller, made_call, Phase.RANG), "final": book.word(caller, made_call, Phase.ANSWERED)}
    book.add(caller, replace(made_call, **words))
    seal = bodies.Seal(call_id=made_call.call_id, due_s=made_call.due_s)
    first = book.add(caller, replace(seal, checkpoint=book.checkpoint(caller)))
    return book.add(1 - caller, replace(seal, closes=first.id, checkpoint=book.checkpoint(1 - caller)))


def restoration(book: Book) -> None:
    """Suspended, proposed, withdrawn, proposed again, accepted, confirmed."""
    scope = ((0, 0), (1, 0))
    cut = book.add(0, book.approved(0, bodies.Suspend(scope=scope, reason="leaflets")))
    proposal = bodies.Propose(scope=scope, effective_s=book.now_s + 3600, lists=(cut.id,))
    first = book.add(1, book.approved(1, proposal))
    book.add(1, book.approved(1, bodies.Withdraw(target=first.id), [0]))
    second = book.add(1, book.approved(1, proposal))
    book.add(0, book.approved(0, bodies.Accept(target=second.id)))
    book.add(1, bodies.Ack())


def statement(book: Book, make: Callable[..., Body], kind: str) -> Entry:
    """An announcement or minute, accepted by the other side with both signatures."""
    texts = (("en", "All lines are open."), ("ko", "모든 통신선이 복원되었다."))
    mine = book.statement(0, texts, kind)
    made_statement = book.add(
        0, book.approved(0, make(texts=texts, ed25519=mine.ed25519, mldsa44=mine.mldsa44), [0])
    )
    theirs = book.statement(1, texts, kind)
    accept = bodies.Accept(target=made_statement.id, ed25519=theirs.ed25519, mldsa44=theirs.mldsa44)
    book.add(1, book.approved(1, accept))
    return made_statement


def fork(book: Book, side: int) -> bodies.Fault:
    """The side signs a second entry at the place of its last; it is kept as a stray. The proof against it."""
    last = book.chains[side][-1]
    other = book.sign(
        side, entry.encode_core(side, last.gen, last.seq, last.prev, last.ack, last.time_s + 1, bodies.Ack())
    )
    book.strays.append(other)
    low, high = sorted((last, other), key=lambda x: x.id)
    return bodies.Fault(proof=ProofKind.FORK, first=low.data, second=high.data)


@cache
def letter() -> bytes:
    recipient = MADE.keys[1].principals["president"].xwing.public
    return letters.seal(b"sealed", [recipient], SeededEntropy(b"letter"))


@cache
def whole_export(side: int = 0) -> bytes:
    return whole().export(side)


def whole() -> Book:
    """A record with every kind of entry, a key change, a second generation, a proven and settled fork."""
    book = Book()
    book.add(0, bodies.Prekey(xwing=book.stations[0].xwing.public))
    asked = message(book, 0, due_s=600, precedence=terms.Precedence.IMMEDIATE)
    receipt = bodies.Receipt(seq=asked.seq, level=terms.Level.ACKNOWLEDGED)
    book.add(1, book.approved(1, receipt, [0]))
    message(book, 1, "understood", answers=asked.id)
    book.add(1, bodies.Notice(number=3, form="incident/1", fields=(("grid", "38.3N"), ("what", "smoke"))))
    book.add(0, bodies.Document(number=2, size=1000, digest=bytes(32), title="map"))
    book.add(0, bodies.Letter(age=letter()))
    restoration(book)
    call(book, 1)
    statement(book, bodies.Announce, "announcement")
    book.rotate(1)
    call(book, 0)
    statement(book, bodies.Minute, "minute")
    book.add(1, book.approved(1, bodies.Amend(line=1, effective_s=book.now_s + 60, pulse_s=90), [0]))
    book.add(0, bodies.PresenceBody(mode=terms.Presence.WITHHELD))
    book.add(0, bodies.Service(text="changing the modem at noon"))
    book.add(0, bodies.Unknown(99, {1: "from a later release"}))
    proof = fork(book, 1)
    book.add(0, proof)
    pair = tuple(sorted((book.chains[1][-1].id, book.strays[-1].id)))
    second = book.generation(1, book.chains[1][-1], ((pair[0], pair[1]),))
    book.add(0, book.approved(0, bodies.Accept(target=second.id)))
    book.add(1, bodies.Checkpoint(checkpoint=book.checkpoint(1)))
    message(book, 1)
    book.add(0, bodies.Ack())
    return book


def audited(data: bytes, **how: Any) -> Verdict:
    return audit(io.BytesIO(data), **how)


def codes(verdict: Verdict) -> list[str]:
    """The codes of the breaks, in the order of the file."""
    return [found.code for found in verdict.breaks.items]


def finding_codes(verdict: Verdict) -> list[str]:
    return [found.code for found in verdict.findings.items]


def items(data: bytes) -> list[bytes]:
    """An export taken apart: the magic, then every item with its tag and length."""
    parts, at = [MAGIC], len(MAGIC)
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at + 1 : at + 4], "big")
        parts.append(data[at:end])
        at = end
    return parts

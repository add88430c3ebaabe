"""One station's copy of the record: both chains, what they say, and how entries are taken in (spec 6).

Rules of this file:
1. Checking changes nothing: `examine` steps over a whole bundle of entries and says what would be appended, kept
   ahead of a gap, or is proof of a fault; only `append` changes anything, and it cannot fail.
2. Ids are kept for every place, because acknowledgements and generations name entries by id; bodies are not.
3. An entry that names one of ours which we never made is taken in and the claim noted: it proves nothing to others,
   and refusing it would hide it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from openline.core import chain
from openline.core.chain import ChainFault, Cursor, Gap
from openline.core.ledger import Ledger
from openline.keys import public
from openline.wire import entry as entries
from openline.wire.accord import SignedAccord
from openline.wire.bodies import ID_BYTES, Body, Fault, Generation, Seal
from openline.wire.entry import Entry, Place, signed_bytes
from openline.wire.terms import Head, ProofKind

PENDING_MAX = 10_000


@dataclass
class Examined:
    """What taking in some entries would do. `append`: in order, with the cursor after each; `ahead`: beyond a gap;
    `strays`: the other branch of a fork; `proofs`: to be recorded; `strange`: claims about entries we never made."""

    append: list[tuple[Entry, Cursor]] = field(default_factory=list)
    ahead: list[Entry] = field(default_factory=list)
    strays: list[Entry] = field(default_factory=list)
    proofs: list[Fault] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    duplicates: int = 0
    lost_tail: bool = False


class Record:
    """Both chains as this station holds them. It does not know which is ours."""

    def __init__(self, signed: SignedAccord) -> None:
        self.signed = signed
        self.accord = signed.accord
        self.accord_id = signed.id
        self.cursors = [chain.start(self.accord, self.accord_id, side) for side in (0, 1)]
        self.ledger = Ledger(self.accord, self.accord_id)
        self._ids: dict[tuple[int, int], bytearray] = {}
        self.count = 0

    def id_at(self, side: int, gen: int, seq: int) -> bytes | None:
        """The id of the entry held at a place."""
        ids = self._ids.get((side, gen))
        if ids is None or (seq + 1) * ID_BYTES > len(ids):
            return None
        return bytes(ids[seq * ID_BYTES : (seq + 1) * ID_BYTES])

    def length(self, side: int, gen: int) -> int:
        return len(self._ids.get((side, gen), b"")) // ID_BYTES

    def heads(self) -> tuple[Head | None, Head | None]:
        return self.cursors[0].head, self.cursors[1].head

    def generations(self, side: int) -> list[int]:
        return sorted(gen for s, gen in self._ids if s == side)

    def append(self, entry: Entry, after: Cursor) -> None:
        """Take in an entry that `examine` or `compose` let through."""
        ids = self._ids.get((entry.side, entry.gen))
        if ids is None:
            ids = self._ids[entry.side, entry.gen] = bytearray()
        ids += entry.id
        self.cursors[entry.side] = after
        self.ledger.add(entry, after.ack)
        self.count += 1

    def replay_one(self, data: bytes, identity: bytes) -> Entry:
        """Take in an entry of our own store, which was checked before it was put there and still has its id: its links
        are checked again, its signature is not."""
        entry = entries.again(data, identity)
        self.append(entry, self._step(self.cursors[entry.side], entry, signatures=False))
        return entry

    def ack_to_write(self, side: int, body: Body, acked: Head | None) -> Head | None:
        """Null where it is the same as before; a seal writes it out all the same (spec 3.2)."""
        before = self.cursors[side].ack
        if acked is not None and (before is None or acked[:2] > before[:2]):
            return acked
        return before if isinstance(body, Seal) else None

    def _step(self, cursor: Cursor, entry: Entry, *, signatures: bool = True) -> Cursor:
        return chain.step(
            cursor,
            entry,
            self.accord,
            lambda gen, seq: self.id_at(entry.side, gen, seq),
            signatures=signatures,
        )

    def examine(self, arrived: Sequence[Entry], strays: dict[bytes, Entry]) -> Examined:
        """Say what taking these entries in would do (spec 6). `strays` are kept entries of other branches, by id.

        Raises:
            PeerFault: an entry breaks a rule; nothing of the bundle is to be taken in.
        """
        out = Examined()
        cursors = list(self.cursors)
        fresh: dict[Place, bytes] = {}
        beside = set(strays)
        for entry in arrived:
            cursor, place = cursors[entry.side], entry.place
            held = fresh.get(place) or self.id_at(*place)
            if held is not None:
                self._second(entry, held, beside, out)
                continue
            try:
                after = self._step(cursor, entry)
            except Gap:
                out.ahead.append(entry)
                out.lost_tail |= self._names_none_held(entry, fresh)
                continue
            except ChainFault:
                if entry.prev not in beside:
                    raise
                self._stray(entry, beside, out)
                continue
            self._claims(entry, out, fresh)
            cursors[entry.side] = after
            fresh[place] = entry.id
            out.append.append((entry, after))
        return out

    def _second(self, entry: Entry, held: bytes, beside: set[bytes], out: Examined) -> None:
        """Step 2: a place that is taken. The same bytes are a repetition; other bytes, signed, are a fork."""
        if held == entry.id:
            out.duplicates += 1
        else:
            self._stray(entry, beside, out)

    def _stray(self, entry: Entry, beside: set[bytes], out: Examined) -> None:
        if entry.id in beside:
            out.duplicates += 1
            return
        self.check_signed(entry)
        beside.add(entry.id)
        out.strays.append(entry)

    def check_signed(self, entry: Entry) -> None:
        """An entry beside the chain is evidence only if some key of its side signed it: of a generation, its own, under
        its root's signatures (spec 6.1, step 2).

        Raises:
            BadSignature: none did.
        """
        keys = self.ledger.keys[entry.side]
        if isinstance(entry.body, Generation):
            chain.check_generation(self.accord, self.accord_id, entry, entry.body)
            keys = [entry.body.station]
        for key in keys[:-1]:
            with suppress(public.BadSignature):
                return public.verify(key, signed_bytes(self.accord_id, entry.core), entry.signature)
        chain.check_signature(self.accord, self.accord_id, entry, keys[-1])

    def _claims(self, entry: Entry, out: Examined, fresh: dict[Place, bytes]) -> None:
        """Step 7, second half: the acknowledged entry is the one we hold there."""
        if entry.ack is None:
            return
        out.lost_tail |= self._names_none_held(entry, fresh)
        place = Place(1 - entry.side, entry.ack.gen, entry.ack.seq)
        held = fresh.get(place) or self.id_at(*place)
        if held is not None and held != entry.ack.id:
            name = chain.place_text(self.accord, entry)
            out.strange.append(f"{name} acknowledges another {place.gen}/{place.seq} than the one held here")


    def _names_none_held(self, entry: Entry, fresh: dict[Place, bytes]) -> bool:
        """Whether it acknowledges a place of the other chain at which we hold nothing. Such an entry tells a station
        that runs on an old copy of itself so, ahead of a gap too."""
        if entry.ack is None:
            return False
        place = Place(1 - entry.side, entry.ack.gen, entry.ack.seq)
        return place not in fresh and self.id_at(*place) is None


def fork_proof(first: bytes, second: bytes) -> Fault:
    """The proof that two entries at one place are (spec 3.10): the lower id first, so that it has one form."""
    low, high = sorted((first, second), key=entries.entry_id)
    return Fault(proof=ProofKind.FORK, first=low, second=high)

"""Accepting an entry into a chain: the numbered steps of spec 6.

Rules of this file:
1. Nothing here changes anything: a `Cursor` is where a chain stands, `step` gives where it stands after one more
   entry, or raises. A bundle is accepted by stepping over all of it first, so that refusal is atomic.
2. It does not know which side is ours; the same steps hold a chain of either.
3. Steps raise `PeerFault` with the entry's place; the place is the first thing a person wants to know.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from openline.keys import public
from openline.wire import limits
from openline.wire.accord import Accord
from openline.wire.bodies import Generation, Key, Seal
from openline.wire.entry import Entry, signed_bytes
from openline.wire.errors import PeerFault
from openline.wire.terms import Head


class ChainFault(PeerFault):
    """An entry that its author signed, or claims, breaks a rule of its chain."""


class Gap(PeerFault):
    """The entry is ahead of the chain: one before it is missing. It is kept, not refused."""


class Forked(ChainFault):
    """The author signed another entry at a place where the chain already has one."""


class Cursor(NamedTuple):
    """Where one chain stands: its head (None before the first entry), the acknowledgement in force, its station key."""

    side: int
    accord_id: bytes
    key: bytes
    head: Head | None = None
    ack: Head | None = None

    @property
    def prev(self) -> bytes:
        return self.accord_id if self.head is None else self.head.id

    @property
    def next_place(self) -> tuple[int, int]:
        return (0, 0) if self.head is None else (self.head.gen, self.head.seq + 1)


def start(accord: Accord, accord_id: bytes, side: int) -> Cursor:
    """The chain of `side` before its first entry."""
    return Cursor(side, accord_id, accord.sides[side].station)


def place_text(accord: Accord, entry: Entry) -> str:
    """How messages name an entry: side, generation, sequence number."""
    return f"{accord.sides[entry.side].name} {entry.gen}/{entry.seq}"


Holds = Callable[[int, int], bytes | None]  # (gen, seq) → id of the entry of that chain which we hold there


def step(cursor: Cursor, entry: Entry, accord: Accord, own: Holds, *, signatures: bool = True) -> Cursor:
    """The chain after `entry` (spec 6, steps 3–7). `own` gives ids of this same chain, for a generation's `last`.

    With `signatures` false, step 6 is left out: the caller has checked, or will check, the signatures that matter.

    Raises:
        Gap: the entry is ahead of the chain.
        ChainFault: a link, key, signature or acknowledgement is wrong.
    """
    key, body = cursor.key, entry.body
    if isinstance(body, Generation):
        _generation(cursor, entry, accord, own, place_text(accord, entry))
        key = body.station
    else:
        place, due = (entry.gen, entry.seq), cursor.next_place
        if place > due:  # step 3
            raise Gap(f"{place_text(accord, entry)} came before {due[0]}/{due[1]}")
        if place != due:
            raise ChainFault(f"{place_text(accord, entry)} is behind its chain")
        if entry.prev != cursor.prev:  # step 4
            raise ChainFault(f"{place_text(accord, entry)} does not name the entry before it")
    if signatures:  # steps 5 and 6
        check_signature(accord, cursor.accord_id, entry, key)
    ack = cursor.ack
    if entry.ack is not None or isinstance(body, Seal):
        ack = _acknowledgement(cursor, entry, accord)  # step 7, but for the id: see `core.record`
    if isinstance(body, Key):
        public.check_key(body.station)
        public.verify(body.station, public.possession_message(cursor.accord_id, body.station), body.possession)
        key = body.station
    return Cursor(cursor.side, cursor.accord_id, key, entry.head, ack)


def advanced(cursor: Cursor, entry: Entry) -> Cursor:
    """The chain after an entry that we have just made ourselves by its rules."""
    key = entry.body.station if isinstance(entry.body, Key | Generation) else cursor.key
    return Cursor(cursor.side, cursor.accord_id, key, entry.head, entry.ack or cursor.ack)


def check_signature(accord: Accord, accord_id: bytes, entry: Entry, key: bytes) -> None:
    """Step 6: the station key in force signed the entry.

    Raises:
        BadSignature: it did not.
    """
    try:
        public.verify(key, signed_bytes(accord_id, entry.core), entry.signature)
    except public.BadSignature:
        name = place_text(accord, entry)
        raise public.BadSignature(f"{name} is not signed by its station's key {public.fingerprint(key)}") from None


def _acknowledgement(cursor: Cursor, entry: Entry, accord: Accord) -> Head | None:
    def fault(what: str) -> ChainFault:
        return ChainFault(f"{place_text(accord, entry)} {what}")

    if entry.ack is None:
        if isinstance(entry.body, Seal) and cursor.ack is not None:
            raise fault("is a seal without the other side's head")
        return cursor.ack
    if cursor.ack is not None:
        before, now = cursor.ack[:2], entry.ack[:2]
        if now < before:
            raise fault("takes back an acknowledgement")
        if now == before and entry.ack.id != cursor.ack.id:
            raise fault("acknowledges two different entries at one place")
        if now == before and not isinstance(entry.body, Seal):
            raise fault("writes out an acknowledgement that did not change")
    return entry.ack


def _generation(cursor: Cursor, entry: Entry, accord: Accord, own: Holds, name: str) -> None:
    """A new generation goes on from an entry that we hold, under the root's two signatures (spec 3.7)."""
    body = entry.body
    if not isinstance(body, Generation):
        return
    gen = -1 if cursor.head is None else cursor.head.gen
    if entry.seq != 0 or not gen < entry.gen <= limits.GENERATION_MAX:
        raise ChainFault(f"{name} does not begin a new generation")
    if body.last is None:
        prev = cursor.accord_id
    else:
        held = own(body.last.gen, body.last.seq)
        if held is None:
            raise Gap(f"{name} goes on from {body.last.gen}/{body.last.seq}, which is not here yet")
        if held != body.last.id:
            raise ChainFault(f"{name} goes on from another {body.last.gen}/{body.last.seq} than the one held here")
        prev = body.last.id
    if entry.prev != prev:
        raise ChainFault(f"{name} does not name the entry it goes on from")
    check_generation(accord, cursor.accord_id, entry, body)


def check_generation(accord: Accord, accord_id: bytes, entry: Entry, body: Generation) -> None:
    """The root of its side signed this generation twice, and its keys can be used (spec 3.7).

    Raises:
        BadSignature: a root signature or the possession proof does not hold, or the key is no key.
        Malformed: nothing can be sealed to its prekey.
    """
    side = accord.sides[entry.side]
    message = public.generation_message(accord_id, entry.side, entry.gen, body)
    public.verify(side.root_ed25519, message, body.root_ed25519)
    public.verify_mldsa87(side.root_mldsa87, message, body.root_mldsa87)
    public.check_key(body.station)
    public.verify(body.station, public.possession_message(accord_id, body.station), body.possession)
    public.xwing_public(body.xwing)

"""Which station key signs at which place (spec 3.7), learned while the entries go by.

Rules of this file:
1. A key is used only after `check_key`, and only for the places for which the record names it.
2. An entry that names a key is checked here and at once, because all after it depends on it; what is wrong with it is
   handed on, and reported where the entry is reported.
3. Where the entry that names a key is damaged, the old and the new key both count from there on: the damage is reported
   once, and what follows can still be read.
"""

from __future__ import annotations

from typing import NamedTuple

from openline.keys import public
from openline.keys.public import BadSignature
from openline.wire.accord import Accord
from openline.wire.bodies import Generation, Key
from openline.wire.entry import Entry, signed_bytes
from openline.wire.errors import Malformed


class Due(NamedTuple):
    """Who may have signed an entry, the likeliest first, and what is wrong with the key that the entry itself names."""

    keys: tuple[bytes, ...]
    fault: str = ""


class Keyring:
    """The station keys of both sides, as the accord and the entries so far name them."""

    def __init__(self, accord: Accord, accord_id: bytes) -> None:
        self.accord = accord
        self.accord_id = accord_id
        self._periods: dict[tuple[int, int], list[tuple[int, tuple[bytes, ...]]]] = {
            (side, 0): [(0, (accord.sides[side].station,))] for side in (0, 1)
        }
        self._known: tuple[dict[bytes, None], dict[bytes, None]] = (
            {accord.sides[0].station: None},
            {accord.sides[1].station: None},
        )
        self._unsure: tuple[dict[bytes, None], dict[bytes, None]] = ({}, {})

    def known(self, side: int) -> tuple[bytes, ...]:
        """Every station key that the record names for `side`, in the order in which it does."""
        return tuple(self._known[side])

    def unsure(self, side: int) -> tuple[bytes, ...]:
        """Station keys that damaged entries seem to name."""
        return tuple(self._unsure[side])

    def in_force(self, side: int, gen: int, seq: int) -> tuple[bytes, ...]:
        """The keys that may sign at a place; none where the entry that names it is missing."""
        for from_seq, keys in reversed(self._periods.get((side, gen), ())):
            if from_seq <= seq:
                return keys
        return ()

    def due(self, entry: Entry) -> Due:
        """The keys due at `entry`; if it names a key itself, learn that."""
        if isinstance(entry.body, Generation):
            return self._generation(entry, entry.body)
        keys = self.in_force(entry.side, entry.gen, entry.seq)
        if isinstance(entry.body, Key):
            return self._change(entry, entry.body, keys)
        return Due(keys)

    def signs(self, keys: tuple[bytes, ...], entry: Entry) -> bytes | None:
        """The first of `keys` that signed the entry."""
        return first_that_signed(keys, signed_bytes(self.accord_id, entry.core), entry.signature)

    def _generation(self, entry: Entry, body: Generation) -> Due:
        fault = self.generation_fault(entry, body)
        if not usable(body.station):
            return Due((), fault)
        if not fault or self.signs((body.station,), entry):
            self._periods.setdefault((entry.side, entry.gen), []).append((0, (body.station,)))
            self._known[entry.side][body.station] = None
        return Due((body.station,), fault)

    def generation_fault(self, entry: Entry, body: Generation) -> str:
        """What is wrong with a generation's root signatures or keys; empty where nothing is."""
        side = self.accord.sides[entry.side]
        message = public.generation_message(self.accord_id, entry.side, entry.gen, body)
        try:
            public.verify(side.root_ed25519, message, body.root_ed25519)
            public.verify_mldsa87(side.root_mldsa87, message, body.root_mldsa87)
        except BadSignature as error:
            return f"its root's signature: {error.what}"
        try:
            public.xwing_public(body.xwing)
        except Malformed as error:
            return f"its prekey: {error.what}"
        return self.possession_fault(body.station, body.possession)

    def _change(self, entry: Entry, body: Key, keys: tuple[bytes, ...]) -> Due:
        fault = self.possession_fault(body.station, body.possession)
        if usable(body.station):
            sure = not fault and self.signs(keys, entry) is not None
            periods = self._periods.setdefault((entry.side, entry.gen), [])
            periods.append((entry.seq + 1, (body.station,) if sure else (body.station, *keys)))
            (self._known if sure else self._unsure)[entry.side][body.station] = None
        return Due(keys, fault)

    def possession_fault(self, key: bytes, possession: bytes) -> str:
        """What is wrong with a new station key or the proof that its side holds it; empty where nothing is."""
        try:
            public.check_key(key)
            public.verify(key, public.possession_message(self.accord_id, key), possession)
        except BadSignature as error:
            return f"the new key's proof of possession: {error.what}"
        return ""


def usable(key: bytes) -> bool:
    """Whether a key may be used at all (spec 3.5)."""
    try:
        public.check_key(key)
    except BadSignature:
        return False
    return True


def first_that_signed(keys: tuple[bytes, ...], message: bytes, signature: bytes) -> bytes | None:
    """The first of `keys` under which the signature verifies."""
    for key in keys:
        try:
            public.verify(key, message, signature)
        except BadSignature:
            continue
        return key
    return None

"""What the parts of a desk share during one turn, and how an entry of our own comes to be (spec 3, 6).

Rules of this file:
1. A turn takes input, changes memory, and gathers writes and sends; `Desk.take` gives both out together, and the
   runner commits the writes before it lets any send go: nothing leaves a station before it is durable.
2. Everything we append acknowledges all we hold of the other chain, so one entry can stand for many.
3. A station that is fetching its own tail back appends nothing (spec 5.8).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias

from openline.core import chain
from openline.core.record import Record
from openline.core.release import Released
from openline.keys.secret import SigningKey, StationKeys
from openline.ports import Entropy, Now, PutEntry, PutMeta, Store, Write
from openline.wire import cbor
from openline.wire.accord import CarrierKind, SignedAccord
from openline.wire.bodies import Body, Generation
from openline.wire.entry import Entry, Place, encode_core, entry_id, signed_bytes
from openline.wire.errors import OurFault, Refused
from openline.wire.said import say
from openline.wire.terms import Head

ELAPSED_START = Now(0, 0)
Hearer: TypeAlias = Callable[[Entry], None]
FIRST_START: Final = "first_start_s"


class Send(NamedTuple):
    """A bundle to hand to a carrier. `after`, `upto`: it holds our entries beyond the one and up to the other; `part`:
    it holds this part of the pages of this digest; a relay can confirm either as kept. `key`: it makes one that waits
    there under the same key superfluous."""

    carrier: int
    data: bytes
    after: tuple[int, int] | None = None
    upto: tuple[int, int] | None = None
    stored: bool = True  # whether a relay keeps it for a side that is not attached
    bulk: bool = False  # whether everything else overtakes it
    key: object = None
    part: tuple[bytes, int] | None = None

    @property
    def ticket(self) -> Send | None:
        """What a relay's confirmation is told by, without the bytes; None where nothing waits for one."""
        return None if self.upto is None and self.part is None else self._replace(data=b"")


class Event(NamedTuple):
    """Something that people at the post may act on: `arrived`, `ringing`, `silenced`, `strange`, `damaged`, `log`."""

    what: str
    line: int = 0
    id: bytes = b""
    text: str = ""


@dataclass
class Effects:
    """What a turn leaves to be done, in this order: commit `writes`, then hand out `sends`, then tell `events`."""

    writes: list[Write] = field(default_factory=list)
    sends: list[Send] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


@dataclass
class Identity:
    """Who we are: our number in the accord, the secrets a station keeps, and the secret made at the table."""

    signed: SignedAccord
    side: int
    keys: StationKeys
    psk: bytes


class Context:
    """The record, the time of this turn, and what the turn has gathered so far."""

    def __init__(self, identity: Identity, store: Store, entropy: Entropy) -> None:
        self.accord = identity.signed.accord
        self.accord_id = identity.signed.id
        self.signed = identity.signed
        self.us, self.them = identity.side, 1 - identity.side
        self.keys = identity.keys
        self.psk = identity.psk
        self.store = store
        self.entropy = entropy
        self.record = Record(identity.signed)
        self.now = ELAPSED_START
        self.effects = Effects()
        self.unstored: dict[Place, bytes] = {}  # taken in during this turn
        self.fresh: list[Entry] = []  # appended by us in this turn, not yet handed to a carrier
        self.restoring = False
        self.duty_from_s = self.accord.founded_s  # check-ins that came due before are nobody's omission (spec 8.3)
        self.up: set[int] = set()
        self.away: set[int] = set()  # relays that say that the other side is not attached
        self._live = sorted(self.carriers(CarrierKind.LIVE), key=lambda n: self.accord.carriers[n].latency_ms)
        self._relays = self.carriers(CarrierKind.RELAY)
        self.on_rebuild: list[Callable[[], None]] = []  # before memory is derived again from the store
        self._hearers: list[tuple[Hearer, tuple[type[Body], ...]]] = []
        self._heard_by: dict[type[Body], tuple[Hearer, ...]] = {}

    def carriers(self, kind: CarrierKind) -> list[int]:
        return [n for n, c in enumerate(self.accord.carriers) if c.kind is kind]

    def live_up(self) -> list[int]:
        """Live carriers that are up: lowest latency first, file order where equal (spec 5.2)."""
        return [n for n in self._live if n in self.up]

    def relays_up(self) -> list[int]:
        return [n for n in self._relays if n in self.up]

    def worth_repeating(self) -> list[int]:
        """Carriers on which the same is sent again: not a relay that says the other side is away, for it keeps what it
        was given once."""
        return self.live_up() + [n for n in self.relays_up() if n not in self.away]

    def write(self, write: Write) -> None:
        self.effects.writes.append(write)

    def remember(self, key: str, value: bytes | None) -> None:
        self.write(PutMeta(key, value))

    def tell(self, what: str, *, line: int = 0, id: bytes = b"", text: str = "") -> None:
        self.effects.events.append(Event(what, line, id, text))

    def note_first_start(self, returns: bool) -> None:
        """At a start, with the record loaded: from when on check-ins are this station's duty (spec 8.3). It is noted at
        the first start on an empty record, for good. `returns`: it comes back to a record that it lost."""
        kept: Any = self.store.meta(FIRST_START)
        if kept is not None:
            kept = cbor.decode(kept)
        elif not self.record.count and not returns:
            kept = self.now.clock_s
            self.remember(FIRST_START, cbor.encode(kept))
        if kept is not None:
            self.duty_from_s = max(self.accord.founded_s, kept)

    def append(self, released: Released) -> Entry:
        """Make, sign and take in our next entry; it becomes durable with this turn.

        Raises:
            Refused: this station is fetching its own record back.
        """
        self.check_appending()
        before = self.record.cursors[self.us]
        return self._made(
            released.body, before.next_place, self.record.cursors[self.them].head, self.station_key()
        )

    def station_key(self) -> SigningKey:
        """Our station key in force: what a station that appends always has (`Desk.start` sees to it)."""
        key = self.keys.signing(self.record.cursors[self.us].key)
        if key is None:
            raise OurFault(say("invariant broken: our station key is the one in force"))
        return key

    def append_generation(self, gen: int, body: Generation) -> Entry:
        """Begin a new generation of our chain, under the new station key that the root signed (spec 3.7). It
        acknowledges nothing new: what lapsed while we were away is withdrawn first."""
        self.check_appending()
        return self._made(body, (gen, 0), None, self.keys.station)

    def check_appending(self) -> None:
        """Whether this station may append.

        Raises:
            Refused: it is fetching its own record back.
        """
        if self.restoring:
            raise Refused(
                say("this station is restoring: it appends nothing until the other side has shown it its own tail"),
                next_step=say("Wait until a path to the other side is up, or carry a bundle by courier."),
            )

    def _made(self, body: Body, place: tuple[int, int], acked: Head | None, key: SigningKey) -> Entry:
        record, us = self.record, self.us
        before = record.cursors[us]
        ack = record.ack_to_write(us, body, acked)
        core = encode_core(us, *place, before.prev, ack, self.now.clock_s, body)
        data = core + key.sign(signed_bytes(self.accord_id, core))
        entry = Entry(us, *place, before.prev, ack, self.now.clock_s, body, data, entry_id(data))
        self.take_in(entry, chain.advanced(before, entry))
        self.fresh.append(entry)
        return entry

    def take_in(self, entry: Entry, after: chain.Cursor) -> None:
        """Append an accepted entry of either side to the record, durably with this turn."""
        self.record.append(entry, after)
        self.unstored[entry.place] = entry.data
        self.write(PutEntry(entry.place, entry.id, entry.data, self.now.clock_ms))
        self.heard(entry)

    def hear(self, hearer: Hearer, *kinds: type[Body]) -> None:
        """Have `hearer` called with every entry of these kinds, or of any kind where none is named, once it is in the
        record: those of a start from the store too."""
        self._hearers.append((hearer, kinds or (Body,)))
        self._heard_by.clear()

    def heard(self, entry: Entry) -> None:
        """This entry is in the record now."""
        kind = type(entry.body)
        hearers = self._heard_by.get(kind)
        if hearers is None:
            hearers = self._heard_by[kind] = tuple(h for h, kinds in self._hearers if issubclass(kind, kinds))
        for hearer in hearers:
            hearer(entry)

    def entries(self, side: int, gen: int, start: int, limit: int) -> list[bytes]:
        """Entries of one chain that we hold, in order, those of this very turn included."""
        if limit <= 0:
            return []
        found = [kept.data for kept in self.store.entries(side, gen, start, limit)]
        seq = start + len(found)
        while len(found) < limit and (data := self.unstored.get(Place(side, gen, seq))) is not None:
            found.append(data)
            seq += 1
        return found

    def data_at(self, place: Place, identity: bytes) -> bytes | None:
        """The bytes of an entry that we hold, taken in during this turn or stored."""
        found = self.unstored.get(place)
        if found is not None and entry_id(found) == identity:
            return found
        kept = self.store.entry(identity)
        return None if kept is None else kept.data

"""A record in the making: signs each side's next entry as its station would, or with exactly one thing wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from openline.keys import notes, public
from openline.keys.secret import SigningKey, StationKeys
from openline.wire import bodies, cbor, entry, merkle
from openline.wire.bodies import Body
from openline.wire.entry import Entry
from openline.wire.terms import Approval, Checkpoint44, Head, Phase, Word
from spec.vectors.making.cast import Cast, station_keys, whole

START_S = 1_591_574_400  # 2020-06-08T00:00:00Z
Plain = list[Any]


class Book:
    """Both chains, the keys in force, and what each side has acknowledged."""

    def __init__(self, cast: Cast | None = None) -> None:
        self.cast = cast or whole()
        self.chains: tuple[list[Entry], list[Entry]] = ([], [])
        self.order: list[Entry] = []
        self.acked: list[Head | None] = [None, None]
        self.signers = [keys.station.station for keys in self.cast.keys]
        self.stations: list[StationKeys] = [keys.station for keys in self.cast.keys]
        self.counters: dict[tuple[int, int], int] = {}
        self.now_s = START_S

    @property
    def id(self) -> bytes:
        return self.cast.id

    def head(self, side: int) -> Head | None:
        return self.chains[side][-1].head if self.chains[side] else None

    def core(self, side: int, body: Body, **change: Any) -> bytes:
        """The core of the side's next entry, acknowledging all there is; `change` overrides single fields."""
        head, newest, before = self.head(side), self.head(1 - side), self.acked[side]
        fresh = newest is not None and newest != before
        values: dict[str, Any] = {
            "side": side,
            "gen": 0 if head is None else head.gen,
            "seq": 0 if head is None else head.seq + 1,
            "prev": self.id if head is None else head.id,
            "ack": newest if fresh else before if isinstance(body, bodies.Seal) else None,
            "time_s": self.now_s,
            "body": body,
        }
        return entry.encode_core(**{**values, **change})

    def seal_core(self, side: int, core: bytes, signer: SigningKey | None = None, accord_id: bytes = b"") -> bytes:
        """The core with the signature of the side's station key, or of another, for this accord or another."""
        key = signer or self.signers[side]
        return core + key.sign(entry.signed_bytes(accord_id or self.id, core))

    def next(self, side: int, body: Body, *, signer: SigningKey | None = None, **change: Any) -> bytes:
        """The side's next entry, signed and not appended."""
        return self.seal_core(side, self.core(side, body, **change), signer)

    def broken(self, side: int, body: Body, change: Callable[[Plain], None]) -> bytes:
        """The side's next entry with its plain value changed before it is signed; not appended."""
        plain = cbor.decode(self.core(side, body))
        if not isinstance(plain, list):
            raise TypeError("a core is an array")
        change(plain)
        return self.seal_core(side, cbor.encode(plain))

    def add(self, side: int, body: Body, *, signer: SigningKey | None = None, **change: Any) -> Entry:
        """Sign and append the side's next entry."""
        made = entry.decode(self.next(side, body, signer=signer, **change))
        self.chains[side].append(made)
        self.order.append(made)
        self.acked[side] = made.ack or self.acked[side]
        self.now_s += 60
        return made

    def message(self, side: int, text: str = "all quiet", **more: Any) -> Entry:
        number = sum(isinstance(x.body, bodies.Tracked) for x in self.chains[side]) + 1
        return self.add(side, bodies.Message(text=text, number=number, **more))

    def approved(self, side: int, body: Any, officers: Iterable[int] = (0, 1)) -> Any:
        """The body with the approvals of these officers of the side."""
        return replace(body, approvals=tuple(self.approval(side, body, officer) for officer in officers))

    def approval(self, side: int, body: Body, officer: int, *, counter: int | None = None) -> Approval:
        """One officer's approval, with the next counter or the one given."""
        if counter is None:
            counter = self.counters[side, officer] = self.counters.get((side, officer), 0) + 1
        message = public.officer_message(self.id, side, body, officer, counter)
        return Approval(officer, counter, self.cast.keys[side].officers[officer].sign(message))

    def checkpoint(self, side: int) -> Checkpoint44:
        """A checkpoint over all entries of the side's generation so far."""
        gen = self.chains[side][-1].gen
        ids = [x.id for x in self.chains[side] if x.gen == gen]
        key = self.stations[side].checkpoint
        return notes.sign_checkpoint(self.id, side, gen, len(ids), merkle.root(ids), self.signers[side], key)

    def key_body(self, new: SigningKey) -> bodies.Key:
        return bodies.Key(station=new.public, possession=new.sign(public.possession_message(self.id, new.public)))

    def rotate(self, side: int, new: SigningKey) -> Entry:
        """Change the side's station key."""
        made = self.add(side, self.key_body(new))
        self.signers[side] = new
        return made

    def generation_body(
        self, side: int, gen: int, last: Head | None, keys: StationKeys, forks: tuple[tuple[bytes, bytes], ...] = ()
    ) -> bodies.Generation:
        """The body of a generation, with both signatures of the side's root."""
        station = keys.station
        body = bodies.Generation(
            last=last,
            station=station.public,
            checkpoint=keys.checkpoint.public,
            xwing=keys.xwing.public,
            forks=forks,
            root_ed25519=bytes(64),
            root_mldsa87=bytes(4627),
            possession=station.sign(public.possession_message(self.id, station.public)),
        )
        root = self.cast.keys[side].root
        ed25519, mldsa87 = root.sign(public.generation_message(self.id, side, gen, body))
        return replace(body, root_ed25519=ed25519, root_mldsa87=mldsa87)

    def generation(self, side: int, last: Entry, seed: bytes = b"generation") -> Entry:
        """Begin the next generation of the side behind `last`."""
        keys, gen = station_keys(seed), self.chains[side][-1].gen + 1
        body = self.generation_body(side, gen, last.head, keys)
        made = self.add(side, body, signer=keys.station, gen=gen, seq=0, prev=last.id)
        self.stations[side], self.signers[side] = keys, keys.station
        return made

    def word(self, caller: int, call: bodies.Call, phase: Phase) -> Word:
        """The called station's word about a call."""
        message = public.call_message(
            self.id, caller, call.call_id, call.line, call.lane, call.due_s, phase, self.now_s
        )
        return Word(int(phase), self.now_s, self.signers[1 - caller].sign(message))

    def data(self) -> list[bytes]:
        """All entries in the order in which they were made."""
        return [one.data for one in self.order]

"""Entries kept beside the chains (spec 13.3, 13.5): evidence of a fork, or ahead of a gap.

Rules of this file: a stray is signed by a station key of its side. It stands at a place where the chain has another
entry, or goes on from another stray, or lies beyond the chain's end: then an entry that it names is absent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from openline.audit.keyring import Keyring
from openline.audit.log import Log
from openline.audit.reading import Read
from openline.audit.tracks import Track
from openline.wire.bodies import Generation, Key
from openline.wire.entry import Entry, Place


@dataclass
class Strays:
    """Takes the strays of an export in order. `places` are theirs by id."""

    keyring: Keyring
    tracks: Mapping[tuple[int, int], Track]
    log: Log
    places: dict[bytes, Place] = field(default_factory=dict)
    _last: tuple[Place, bytes] | None = None
    _branch_keys: dict[int, list[bytes]] = field(default_factory=dict)

    def take(self, read: Read) -> None:
        """Judge one stray."""
        entry = read.entry
        if entry is None:
            self.log.file("stray", f"a damaged entry among the strays: {read.error}", read.item.offset)
            return
        self.places[entry.id] = entry.place
        if self._signed_by(entry) is None:
            self._wrong(read, entry, "a stray that no station key of its side signed")
            return
        if self._last is not None and (entry.place, entry.id) <= self._last:
            self._wrong(read, entry, "a stray out of order, or a second time")
        self._last = (entry.place, entry.id)
        self._learn(entry)
        self._evidence(read, entry)

    def _evidence(self, read: Read, entry: Entry) -> None:
        track = self.tracks.get((entry.side, entry.gen))
        held = track.id_at(entry.seq) if track is not None else None
        if held == entry.id:
            self._wrong(read, entry, "a stray that stands in its chain as well")
        elif entry.prev in self.places:
            return  # it goes on from a branch that was named where it begins
        elif held is not None:
            name = self.log.name(entry.place)
            what = f"{name}: its author signed two entries there"
            self.log.found("fork", what, entry.place, entry.side)
        elif track is not None and entry.seq == track.next_seq and entry.prev == track.bytes_id_at(entry.seq - 1):
            what = "a stray where its chain ends, and another entry is named at its place: that one is missing"
            self._wrong(read, entry, what)
        elif track is None or entry.seq >= track.next_seq:
            before = Place(entry.side, entry.gen, entry.seq - 1) if entry.seq else None
            self.log.absent(before, entry.prev, entry.place, "goes on from it")

    def _signed_by(self, entry: Entry) -> bytes | None:
        branch = self._branch_keys.get(entry.side, ())
        keys = (*self.keyring.known(entry.side), *self.keyring.unsure(entry.side), *branch)
        if isinstance(entry.body, Generation) and not self.keyring.generation_fault(entry, entry.body):
            keys = (entry.body.station, *keys)
        return self.keyring.signs(keys, entry)

    def _learn(self, entry: Entry) -> None:
        """A branch may change its key too."""
        body = entry.body
        fault = ""
        if isinstance(body, Key):
            fault = self.keyring.possession_fault(body.station, body.possession)
        elif isinstance(body, Generation):
            fault = self.keyring.generation_fault(entry, body)
        else:
            return
        if not fault:
            self._branch_keys.setdefault(entry.side, []).append(body.station)

    def _wrong(self, read: Read, entry: Entry, what: str) -> None:
        self.log.entry("stray", what, entry.place, read)

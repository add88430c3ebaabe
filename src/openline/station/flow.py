"""What of pages is on its way by one carrier, and how much more may go (spec 5.5).

Rules of this file:
1. A carrier is given a window of parts, and more when the other side's word, or the relay's, shows that some of them
   came; a first window is small, for what the other side holds already is not known then.
2. What their word shows of a part is believed and costs little if it is false: a part that it lists and that was sent
   before one that came is lost, if that is a while ago or the last that was sent came; else it is still on its way.
3. Without a word, a round gives up what is on its way and goes on with the next parts, round and round: so pages get
   across a path that has no way back, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from openline.station.parts import between, members

WINDOW_PARTS: Final = 64  # chosen: 2 MiB; fills a path of 100 ms at 20 MB/s, and is 17 s at 1 Mbit/s
FIRST_WINDOW_PARTS: Final = 16  # chosen: one word's worth; what was there already costs half a megabyte at most
DISORDER_MS: Final = 500  # chosen: how much later than its followers a part may come without being sent again

Key: TypeAlias = tuple[bytes, int]  # the pages' digest, and which part


@dataclass
class Transfer:
    """Pages that the other side lacks. `lacking`: the parts not known to be there; `ours`: a document of ours without
    its receipt, sent unasked; else they asked, by the carriers `asked_by`."""

    digest: bytes
    total: int
    lacking: int
    ours: bool
    asked_by: set[int] = field(default_factory=set)


class Flow:
    """One carrier's window."""

    def __init__(self) -> None:
        self.flight: dict[Key, int] = {}  # in the order in which they were sent → when, in elapsed time
        self.window = FIRST_WINDOW_PARTS
        self.rotating = False  # no word came since the last round
        self.last: Key | None = None  # the part that was sent last
        self.silent = 0  # how many parts went in rounds since the last word
        self._on_way: dict[bytes, int] = {}
        self._given: dict[bytes, int] = {}  # to a relay, with no reason to think that it is lost
        self._kept: dict[bytes, int] = {}  # by a relay's own word

    @property
    def room(self) -> int:
        return self.window - len(self.flight)

    def on_way(self, digest: bytes) -> int:
        return self._on_way.get(digest, 0)

    def given(self, digest: bytes) -> int:
        return self._given.get(digest, 0)

    def sent(self, key: Key, now_ms: int) -> None:
        digest, index = key
        self.flight[key] = now_ms
        self.last = key
        self._on_way[digest] = self.on_way(digest) | 1 << index
        self._given[digest] = self.given(digest) | 1 << index
        self.silent += self.rotating

    def learn(self, digest: bytes, lacking: int, now_ms: int) -> bool:
        """Their word about pages: whether something that was on its way came."""
        sent = [index for of, index in self.flight if of == digest]
        came = max((place for place, index in enumerate(sent) if not lacking >> index & 1), default=-1)
        for index in sent[: came + 1]:
            if not lacking >> index & 1:
                self._landed((digest, index))
            elif came + 1 == len(sent) or now_ms - self.flight[digest, index] >= DISORDER_MS:
                self._landed((digest, index))
                self._given[digest] &= ~(1 << index)
        self._heard()
        return came >= 0

    def kept(self, key: Key) -> None:
        """The relay confirmed that it keeps a part."""
        digest, index = key
        self._kept[digest] = self._kept.get(digest, 0) | 1 << index
        self._landed(key)
        self._heard()

    def _heard(self) -> None:
        self.window, self.rotating, self.silent = WINDOW_PARTS, False, 0

    def _landed(self, key: Key) -> None:
        if key in self.flight:
            del self.flight[key]
            self._on_way[key[0]] &= ~(1 << key[1])

    def attached(self, now_ms: int) -> None:
        """The relay hands over what it was given: that is on its way now."""
        for digest, given in self._given.items():
            for index in members(given):
                self.flight[digest, index] = now_ms
            self._on_way[digest] = given

    def give_up(self, *, away: bool) -> None:
        """A round: nothing was heard of what is on its way. What a relay was given for a side that is away stays
        given."""
        self.window, self.rotating = WINDOW_PARTS, True
        if not away:
            for digest, index in self.flight:
                self._given[digest] &= ~(1 << index)
        self.flight.clear()
        self._on_way.clear()

    def broken(self) -> None:
        """The path was gone and is back: of what was on its way only what a relay confirmed is sure."""
        self.flight.clear()
        self._on_way.clear()
        self._given = dict(self._kept)
        self.window, self.rotating, self.silent = FIRST_WINDOW_PARTS, False, 0

    def forget(self, digest: bytes) -> None:
        """These pages are of no interest any more."""
        for key in [key for key in self.flight if key[0] == digest]:
            del self.flight[key]
        for known in (self._on_way, self._given, self._kept):
            known.pop(digest, None)


def in_turn(transfers: list[tuple[bytes, int]], last: Key | None) -> Iterator[Key]:
    """The parts of each (digest, parts) in order; where `last` is given, from the one after it on and round."""
    order = [digest for digest, _ in transfers]
    if last is None or last[0] not in order:
        for digest, parts in transfers:
            yield from ((digest, index) for index in members(parts))
        return
    at, (digest, index) = order.index(last[0]), last
    parts, upto = transfers[at][1], between(0, index)
    rounds = [(digest, parts & ~upto), *transfers[at + 1 :], *transfers[:at], (digest, parts & upto)]
    for of, some in rounds:
        yield from ((of, index) for index in members(some))

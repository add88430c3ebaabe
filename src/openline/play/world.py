"""The simulated world: one clock, a queue of what is due, and the conditions that stop or spoil a carrier (spec 12.2).

Rules of this file:
1. Conditions are independent; a carrier passes if none stops it. Whoever changes one says so to `changed`.
2. Chance comes from one seeded source, in the order of events: the same seed plays the same story.
3. Elapsed time here is the simulated instant itself, in milliseconds UTC; a side's clock is that plus its skew.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from openline.play.scenario import Scenario
from openline.ports import Now
from openline.wire.accord import CarrierKind

RETURN_MS = 2_000  # a returning path, station or network is in use after this (the contract allows 10 s)


@dataclass
class Spoiling:
    """How a carrier treats what it carries, besides being down."""

    loss: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    tamper: bool = False


@dataclass
class Conditions:
    """Everything that faults set, and nothing else."""

    failing: dict[int, set[int]] = field(default_factory=dict)  # carrier → sides whose sending fails
    spoiling: dict[int, Spoiling] = field(default_factory=dict)
    network_down: set[int] = field(default_factory=set)
    running: set[int] = field(default_factory=set)
    skew_ms: list[int] = field(default_factory=lambda: [0, 0])


class World:
    """Simulated time and the conditions in it."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.scenario = scenario
        self.seed = seed
        self.random = Random(seed)
        self.now_ms = scenario.start_ms
        self.conditions = Conditions()
        self._queue: list[tuple[int, int, Callable[[], None]]] = []
        self._order = 0

    def at(self, time_ms: int, what: Callable[[], None]) -> None:
        """Let `what` happen at an instant, after everything that was put there before."""
        self._order += 1
        heapq.heappush(self._queue, (max(time_ms, self.now_ms), self._order, what))

    def next_ms(self) -> int | None:
        """When the next thing is due; None if nothing is."""
        return self._queue[0][0] if self._queue else None

    def run_until(self, time_ms: int) -> None:
        """Let everything happen that is due up to and at an instant."""
        while self._queue and self._queue[0][0] <= time_ms:
            self.now_ms, _, what = heapq.heappop(self._queue)
            what()
        self.now_ms = max(self.now_ms, time_ms)

    def now(self, side: int) -> Now:
        return Now(self.now_ms + self.conditions.skew_ms[side], self.now_ms)

    def passes(self, carrier: int, sender: int) -> bool:
        """Whether what `sender` hands to a live or relay carrier now gets onto its way."""
        if sender in self.conditions.network_down or sender not in self.conditions.running:
            return False
        if sender in self.conditions.failing.get(carrier, ()):
            return False
        if self.scenario.carriers[carrier].kind is CarrierKind.LIVE:
            return self.hears(1 - sender)
        return True

    def hears(self, side: int) -> bool:
        """Whether a side's station runs and its own network reaches it."""
        return side in self.conditions.running and side not in self.conditions.network_down

    def courier_passes(self, carrier: int, sender: int) -> bool:
        return sender not in self.conditions.failing.get(carrier, ())

    def spoil(self, carrier: int, bundle: bytes) -> list[tuple[int, bytes]]:
        """What becomes of one bundle on a carrier: (extra delay in ms, bytes) for each copy that arrives."""
        how = self.conditions.spoiling.get(carrier)
        if how is None:
            return [(0, bundle)]
        chance = self.random.random
        if how.loss and chance() < how.loss:
            return []
        if how.tamper:
            bundle = self._flipped(bundle)
        delay = self.random.randrange(50, 2_000) if how.reorder and chance() < how.reorder else 0
        copies = [(delay, bundle)]
        if how.duplicate and chance() < how.duplicate:
            copies.append((delay + self.random.randrange(1, 500), bundle))
        return copies

    def loses(self, carrier: int, what: str) -> bool:
        """Whether a carrier loses a bundle that is computed instead of carried: by the seed and the bundle's name."""
        how = self.conditions.spoiling.get(carrier)
        if how is None or not how.loss:
            return False
        drawn = hashlib.sha256(f"{self.seed}/{carrier}/{what}".encode()).digest()
        return int.from_bytes(drawn[:6], "big") < how.loss * (1 << 48)

    def _flipped(self, bundle: bytes) -> bytes:
        place = self.random.randrange(len(bundle) * 8)
        flipped = bytearray(bundle)
        flipped[place // 8] ^= 1 << place % 8
        return bytes(flipped)

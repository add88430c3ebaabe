"""Repeatable randomness for the scenario player and tests. Never a key of a real side comes from here."""

from __future__ import annotations

import hashlib


class SeededEntropy:
    """An endless stream of bytes that one seed determines: SHAKE256 over the seed and a counter.

    Equal seeds asked for equal counts in equal order give equal bytes.
    """

    def __init__(self, seed: bytes) -> None:
        self._state = hashlib.shake_256(b"openline/seeded/1\0" + len(seed).to_bytes(8, "big") + seed)
        self._asked = 0

    def bytes(self, count: int) -> bytes:
        state = self._state.copy()
        state.update(self._asked.to_bytes(8, "big"))
        self._asked += 1
        return state.digest(count)

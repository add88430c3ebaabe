"""Bundles to carry: a carrier never opens one, so any bytes will do."""

from __future__ import annotations

from random import Random


def bundles(count: int, size: int = 1514, seed: int = 1) -> list[bytes]:
    random = Random(seed)
    return [random.randbytes(size) for _ in range(count)]

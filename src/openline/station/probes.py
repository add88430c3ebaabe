"""Probes of our own network: whether a fault is ours (spec 11.1).

Rules of this file: a probe opens a TCP connection to a point of our own network and closes it; one that answers is
enough, for a point may be down by itself; nothing is sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from openline.carriers.live import address

PATIENCE_S: Final = 3.0


async def any_answers(targets: Sequence[str]) -> bool:
    """Whether one of `targets`, each `host:port`, takes a connection."""
    asked = [asyncio.create_task(_answers(target)) for target in targets]
    try:
        for first in asyncio.as_completed(asked):
            if await first:
                return True
        return False
    finally:
        for each in asked:
            each.cancel()


async def _answers(target: str) -> bool:
    host, port = address(target)
    try:
        async with asyncio.timeout(PATIENCE_S):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True

"""The console as a program: it ends with the station that started it."""

from __future__ import annotations

import asyncio

import pytest

from openline.console import program
from openline.station.companion import STATION

NOBODY = 2**22 + 1  # more than any process is numbered


def test_a_station_that_was_gone_before_the_first_look_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was killed while its console started: the console is not left behind, holding its address."""
    monkeypatch.setenv(STATION, str(NOBODY))

    async def story() -> None:
        async with asyncio.timeout(10):
            await program._until(asyncio.Event())

    asyncio.run(story())


def test_one_that_nobody_started_waits_to_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """By hand, or by the system, it ends when it is told to."""
    monkeypatch.delenv(STATION, raising=False)
    stopping = asyncio.Event()

    async def story() -> None:
        waiting = asyncio.create_task(program._until(stopping))
        await asyncio.wait([waiting], timeout=0.1)
        assert not waiting.done()
        stopping.set()
        await waiting

    asyncio.run(story())

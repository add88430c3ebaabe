"""The process beside a station: kept running, told to stop, ended if it will not."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from openline.station import companion


class Heard:
    """What was said, and a way to wait for it."""

    def __init__(self) -> None:
        self.said: list[tuple[str, dict[str, Any]]] = []
        self.news = asyncio.Event()

    def __call__(self, event: str, **fields: Any) -> None:
        self.said.append((event, fields))
        self.news.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not holds():
                self.news.clear()
                await self.news.wait()

    def count(self, event: str) -> int:
        return sum(name == event for name, _ in self.said)


def test_one_that_ends_is_started_again(monkeypatch: pytest.MonkeyPatch):
    """Whatever it ended with; and its exit code is said."""
    monkeypatch.setattr(companion, "AGAIN_S", (0.01,))

    async def story() -> None:
        heard = Heard()
        async with companion.beside([sys.executable, "-c", "raise SystemExit(3)"], heard):
            await heard.until(lambda: heard.count("console_started") == 3)
        assert ("console_ended", {"code": 3, "again_s": 0.01}) in heard.said

    asyncio.run(story())


def test_one_that_cannot_be_run_costs_the_station_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Why it cannot is said, and it is tried again: the file may be there in a moment."""
    monkeypatch.setattr(companion, "AGAIN_S", (0.01,))
    program = tmp_path / "program"
    program.write_text("no program")

    async def story() -> None:
        heard = Heard()
        async with companion.beside([str(program)], heard):
            await heard.until(lambda: heard.count("console_ended") == 2)
            program.write_text("#!/bin/sh\nexit 3\n")
            program.chmod(0o700)
            await heard.until(lambda: heard.count("console_started") == 1)
        assert heard.said[0] == ("console_ended", {"why": "Permission denied", "again_s": 0.01})

    asyncio.run(story())


@pytest.mark.parametrize("deaf", [False, True])
def test_it_stops_with_the_station(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deaf: bool):
    """Told first; ended where it does not listen."""
    monkeypatch.setattr(companion, "STOP_S", 0.3)
    up = tmp_path / "up"
    program = (
        "import signal, pathlib\n"
        + ("signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" if deaf else "")
        + f"pathlib.Path({str(up)!r}).touch()\nsignal.pause()\n" * 2
    )

    async def story() -> None:
        heard = Heard()
        async with companion.beside([sys.executable, "-c", program], heard):
            await heard.until(lambda: heard.count("console_started") == 1)
            async with asyncio.timeout(30):
                while not up.exists():
                    await asyncio.wait({asyncio.get_running_loop().create_future()}, timeout=0.01)
        pid = heard.said[0][1]["pid"]
        assert not Path(f"/proc/{pid}").exists()

    asyncio.run(story())

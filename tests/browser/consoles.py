"""Two real stations with their real consoles, for tests in a browser.

Rules of this file: every program is a process of its own; nothing waits by the clock, only until something answers.
"""

from __future__ import annotations

import http.client
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from openline.wire.accord import Carrier, CarrierKind, Line
from tests.integration.pairs import ASK_AGAIN_S, PATIENCE_S, Pair, Station, free_port, one_live

ROOT: Final = Path(__file__).parent.parent.parent
STOP_S: Final = 20.0


def and_by_hand() -> dict[str, Any]:
    """What `make_pair` takes for a pair with a live carrier, and a courier beside it."""
    stick = Carrier(id="stick", kind=CarrierKind.COURIER), "", ""
    return {"carriers": (*one_live(), stick), "lines": (Line(id="liaison", carriers=(0,), pulse_s=1),)}


@dataclass
class ConsoleProcess:
    """One side's console. `station`: the one that it shows."""

    station: Station
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def origin(self) -> str:
        return f"http://{self.station.name}.localhost:{self.port}"

    def start(self) -> None:
        """Run it; returns when it answers."""
        with (self.station.folder / "console.err").open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.browser.console_process", str(self.station.config), str(self.port)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=ROOT,
            )
        self.station.wait_until(self.answers)

    def answers(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            raise AssertionError(f"the console ended: {(self.station.folder / 'console.err').read_text()}")
        return healthy(self.origin)

    def stop(self) -> None:
        process, self.process = self.process, None
        if process is not None:
            process.terminate()
            process.wait(STOP_S)


def healthy(origin: str) -> bool:
    """Whether a console answers there. Names below localhost are resolved by browsers alone, so its address is asked
    and its name is said."""
    host = origin.removeprefix("http://")
    asking = http.client.HTTPConnection("127.0.0.1", int(host.rpartition(":")[2]), timeout=10)
    try:
        asking.request("GET", "/healthz", headers={"host": host})
        return asking.getresponse().status == 200
    except OSError:
        return False
    finally:
        asking.close()


def until(holds: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Ask until it holds; fails if the process ends first, or it takes too long."""
    end, pause = time.monotonic() + PATIENCE_S, threading.Event()
    while not holds():
        assert process.poll() is None, "it ended"
        assert time.monotonic() < end, f"not within {PATIENCE_S} s"
        pause.wait(ASK_AGAIN_S)


@dataclass
class Consoles:
    """Both sides."""

    pair: Pair
    north: ConsoleProcess
    south: ConsoleProcess

    @property
    def both(self) -> tuple[ConsoleProcess, ConsoleProcess]:
        return self.north, self.south

    def stop(self) -> None:
        for console in self.both:
            console.stop()
        self.pair.stop()


def start(pair: Pair) -> Consoles:
    """Start both stations, wait until they are through, and start both consoles."""
    made = Consoles(pair, ConsoleProcess(pair.north, free_port()), ConsoleProcess(pair.south, free_port()))
    try:
        pair.start()
        for console in made.both:
            console.start()
        pair.wait_through()
    except BaseException:
        made.stop()
        raise
    return made

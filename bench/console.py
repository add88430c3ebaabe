"""The console over two real stations, with twenty pages open: how soon a ring and a change are on every page, what a
page costs the server, what the first page costs the line.

`python -m bench.console [--quick]` prints its rows as JSON; `python -m bench.console serve SOCKET PORT` is the
console's process.

Rules of this file: stations and console are processes of their own; a page is what it is to the console, a WebSocket
that follows regions; a figure counts from the act at the other side to the last byte that a page needs.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from websockets.asyncio.client import ClientConnection, connect

from bench.rows import ROOT, Row, row
from openline.cli.asking import Asking
from openline.cli.demo_consoles import answers, origin
from openline.cli.standing import free_addresses
from openline.console.trial import trial_console
from openline.station.api import types as t
from openline.station.api import types_duty
from openline.wire.errors import OpenlineError

PAGES: Final = 20
LINE: Final = "hotline"
PATIENCE_S: Final = 60
UNOPENED: Final = re.compile(r'href="/inbox">(\d+)<')
HOST: Final = "south"
CHROMIUM: Final = shutil.which("chromium")


class Page:
    """One open page: what it was told last, and when something came to hold there."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.unopened = 0
        self.ringing: list[str] = []
        self.updates = 0

    async def until(self, holds: Callable[[Page], bool]) -> float:
        """When something held on this page."""
        while not holds(self):
            told = json.loads(await self.socket.recv())
            self.updates += 1
            self.ringing = told["state"].get("ringing", [])
            found = UNOPENED.search(told["regions"].get("board", ""))
            self.unopened = self.unopened if found is None else int(found[1])
        return time.perf_counter()


async def everywhere(pages: list[Page], holds: Callable[[Page], bool]) -> list[float]:
    async with asyncio.timeout(PATIENCE_S):
        return list(await asyncio.gather(*(page.until(holds) for page in pages)))


async def changes(pages: list[Page], north: Asking, count: int, before: int = 0) -> list[float]:
    """From north's order to send a message until each of south's boards counts it; `before` are counted already."""
    times = []
    for number in range(before + 1, before + count + 1):
        started = time.perf_counter()
        sending = asyncio.to_thread(north.post, "/v1/drafts", t.Message(line=LINE, text="x" * 300), t.Drafted)
        seen, _ = await asyncio.gather(everywhere(pages, lambda page, n=number: page.unopened >= n), sending)
        times += [at - started for at in seen]
    return times


async def rings(pages: list[Page], north: Asking, count: int) -> list[float]:
    """From north's order to call until each of south's pages rings."""
    times = []
    for _ in range(count):
        started = time.perf_counter()
        placing = asyncio.to_thread(north.post, "/v1/calls", types_duty.PlaceCall(line=LINE), types_duty.Call)
        seen, call = await asyncio.gather(everywhere(pages, lambda page: bool(page.ringing)), placing)
        times += [at - started for at in seen]
        await asyncio.to_thread(north.post, f"/v1/calls/{call.id}/end", None, types_duty.Call)
        await everywhere(pages, lambda page: not page.ringing)
    return times


@asynccontextmanager
async def open_pages(port: int) -> AsyncIterator[list[Page]]:
    at = origin(HOST, port)
    address = f"ws://{HOST}.localhost:{port}/live?regions=bar,board&language=en"
    sockets = [
        await connect(address, host="127.0.0.1", port=port, origin=at)  # type: ignore[arg-type]
        for _ in range(PAGES)
    ]
    try:
        yield [Page(socket) for socket in sockets]
    finally:
        for socket in sockets:
            await socket.close()


def cpu_ms(pid: int) -> float:
    """What a process has computed so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def first_page_bytes(port: int) -> Row:
    """Everything that a browser which was never here loads for the board, headers and all, as it came on the line."""
    if CHROMIUM is None:
        return row(None, "B", 100_000, None, 0, "no chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        loaded: list[int] = []
        network = page.context.new_cdp_session(page)
        network.on("Network.loadingFinished", lambda told: loaded.append(told["encodedDataLength"]))
        network.send("Network.enable")
        page.goto(f"{origin(HOST, port)}/", wait_until="networkidle")
        browser.close()
        return row(sum(loaded), "B", 100_000, None, len(loaded), f"{len(loaded)} answers, the socket not counted")


async def measure(folder: Path, quick: bool) -> dict[str, Row]:
    count = 5 if quick else 2_000 // PAGES
    port = int(free_addresses(1)[0].rpartition(":")[2])
    making = [sys.executable, "-m", "openline", "init", "pair", str(folder)]
    subprocess.run(making, check=True, stdout=subprocess.DEVNULL)
    north, south = (Asking(folder / side / "station.toml") for side in ("north", "south"))
    stations = [["openline", "up", str(each.config_file)] for each in (north, south)]
    started = [_start(*words) for words in stations]
    made: dict[str, Row] = {}
    try:
        await _until(lambda: all(_through(each) for each in (north, south)))
        started.append(_start("bench.console", "serve", str(south.config.api.socket), str(port)))
        console = started[-1].pid
        await _until(lambda: answers(origin(HOST, port)))
        async with open_pages(port) as pages:
            await changes(pages, north, 1)
            before, known = cpu_ms(console), sum(page.updates for page in pages)
            lives = await changes(pages, north, count, before=1)
            spent, updates = cpu_ms(console) - before, sum(page.updates for page in pages) - known
            times = await rings(pages, north, count)
        note = f"{PAGES} pages open"
        made["board_live_p99_s"] = row(_p99(lives), "s", 0.5, None, len(lives), note)
        made["console_ring_p99_s"] = row(_p99(times), "s", 0.3, None, len(times), note)
        made["console_cpu_ms"] = row(round(spent / updates, 2), "ms", 1, None, updates, "an update of one page")
        made["first_page_bytes"] = await asyncio.to_thread(first_page_bytes, port)
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait()
    return made


def _p99(times: list[float]) -> float:
    return round(sorted(times)[int(len(times) * 0.99)], 3)


def _start(module: str, *words: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", module, *words]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)


def _through(asking: Asking) -> bool:
    try:
        status = asking.get("/v1/status", t.Status)
    except OpenlineError:
        return False
    return any(line.observed == "through" for line in status.lines if line.id == LINE)


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not await asyncio.to_thread(holds):
            await asyncio.sleep(0.1)


async def serve(socket: Path, port: int) -> None:
    async with trial_console(socket, f"127.0.0.1:{port}", origin(HOST, port)):
        await asyncio.Event().wait()


def rows(quick: bool) -> dict[str, Row]:
    """All rows, from a process of its own."""
    command = [sys.executable, "-m", "bench.console", *(["--quick"] if quick else [])]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT)
    found: dict[str, Row] = json.loads(done.stdout)
    return found


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["serve"]:
        asyncio.run(serve(Path(arguments[1]), int(arguments[2])))
        return
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(asyncio.run(measure(Path(folder) / "pair", "--quick" in arguments))))


if __name__ == "__main__":
    main(sys.argv[1:])

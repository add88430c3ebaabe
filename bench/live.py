"""Two stations over real TLS on this machine: latency, throughput, catching up, bytes, memory, kills, calls.

`python -m bench.live [--quick]` prints its rows as JSON; bench runs it in a network namespace of its own where the
system allows that, so that the counters of the loopback count nothing else.

Rules of this file: one station is a process started by its own command, the other runs in this one with the clients
that ask it; both on this machine's two cores. A message is done when the other side's signed acknowledgement of it is
verified and durable here.
"""

from __future__ import annotations

import asyncio
import json
import resource
import signal
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from bench import floors
from bench.rows import ROOT, Row, row, spread
from openline.carriers.live_tls import client_context, server_context
from openline.keys import tls
from openline.ports import Now
from openline.station import commands
from openline.station.desk import Desk
from openline.station.program import Program
from openline.station.runner import Runner
from openline.wire.entry import Entry
from openline.wire.terms import Lane

TEXT = "x" * 300
IN_FLIGHT = 64
PATIENCE_S = 120
OURS, THEIRS = "north", "south"


class Two:
    """Our station in this process, theirs in its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        _openline("init", "pair", str(folder))
        self.process: subprocess.Popen[bytes] | None = None
        self.runner: Runner

    def start_theirs(self) -> None:
        config = self.folder / THEIRS / "station.toml"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "openline", "up", str(config)], stderr=subprocess.DEVNULL, cwd=ROOT
        )

    def stop_theirs(self, number: int = signal.SIGKILL) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait()
        self.process = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        program = Program(self.folder / OURS / "station.toml", str)
        ready = asyncio.Event()
        task = asyncio.create_task(program.run(ready.set))
        self.start_theirs()
        try:
            await ready.wait()
            self.runner = program.found().runner
            await self.through()
            yield
        finally:
            self.stop_theirs()
            program.stop()
            await task

    async def through(self) -> None:
        """Until both hear each other and followers are sent."""
        async with asyncio.timeout(PATIENCE_S):
            await self.runner.until(lambda desk: True if desk.ctx.up and desk.sealer.they_hold else None)

    async def send(self) -> Entry:
        def act(desk: Desk, now: Now) -> Entry:
            return desk.record(desk.release(desk.draft(commands.SendMessage(line=0, text=TEXT), now)), now)

        return await self.runner.ask(act)

    async def known(self, entry: Entry) -> None:
        """Until their signed acknowledgement of `entry` is verified and durable here."""
        place = (entry.gen, entry.seq)

        def acknowledged(desk: Desk) -> bool | None:
            ack = desk.ctx.record.cursors[desk.ctx.them].ack
            return True if ack is not None and (ack.gen, ack.seq) >= place else None

        await self.runner.until(acknowledged)

    async def message(self) -> None:
        await self.known(await self.send())


async def one_at_a_time(two: Two, count: int) -> list[float]:
    times = []
    for _ in range(count):
        started = time.perf_counter()
        await two.message()
        times.append(time.perf_counter() - started)
    return times


async def in_flight(two: Two, count: int) -> float:
    """Messages a second with 64 in flight."""
    left = count

    async def client() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            await two.message()

    started = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(IN_FLIGHT)))
    return count / (time.perf_counter() - started)


async def catch_up(two: Two, waiting: int) -> float:
    """From their process's start until all that waited is acknowledged."""
    two.stop_theirs()
    await two.runner.until(lambda desk: None if desk.ctx.up else True)
    last = [await two.send() for _ in range(waiting)][-1]
    started = time.perf_counter()
    two.start_theirs()
    async with asyncio.timeout(PATIENCE_S):
        await two.known(last)
    return time.perf_counter() - started


async def killed(two: Two, count: int) -> int:
    """How many acknowledged messages are gone after they were killed amid `count` of them."""
    done: list[Entry] = []

    async def client() -> None:
        while len(done) < count:
            entry = await two.send()
            await two.known(entry)
            done.append(entry)

    clients = [asyncio.create_task(client()) for _ in range(IN_FLIGHT)]
    await two.runner.until(lambda desk: True if len(done) >= count // 2 else None)
    two.stop_theirs(signal.SIGKILL)
    two.start_theirs()
    await asyncio.gather(*clients)
    two.stop_theirs(signal.SIGKILL)
    held = ids(two.folder / THEIRS)
    two.start_theirs()
    await two.through()
    return sum(entry.id not in held for entry in done)


def ids(folder: Path) -> set[bytes]:
    from openline.store import open_store

    store = open_store(str(folder / "record.sqlite"), must_exist=True)
    try:
        return {kept.id for kept in store.replay()}
    finally:
        store.close()


async def calls(two: Two, count: int) -> list[float]:
    """From our officer's word until their station's signed word is here that it rings."""
    times = []
    for _ in range(count):
        started = time.perf_counter()
        call_id, _ = await two.runner.ask(lambda desk, now: desk.place_call(0, Lane.LIAISON, now))
        await two.runner.until(lambda desk, c=call_id: desk.calls.placed[c].rang)  # type: ignore[misc]
        times.append(time.perf_counter() - started)
        await two.runner.ask(lambda desk, now, c=call_id: desk.hang_up(c, now))  # type: ignore[misc]
    return times


def percentile(times: list[float], part: float) -> float:
    return sorted(times)[int(len(times) * part)] * 1e3


def loopback_bytes() -> int:
    for line in Path("/proc/net/dev").read_text().splitlines():
        name, _, figures = line.partition(":")
        if name.strip() == "lo":
            return int(figures.split()[0])
    return 0


def store_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("record.sqlite*"))


def resident_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


async def tls_round_trip_ms(folder: Path, count: int = 500) -> float:
    """Median echo of 400 bytes over TLS with the pair's own certificates."""
    sides = [folder / OURS, folder / THEIRS]
    from openline.wire.accord import decode_signed

    roots = [side.root_ed25519 for side in decode_signed((sides[0] / "accord").read_bytes()).accord.sides]
    server = server_context(sides[1] / "station.tls", tls.anchor(roots[0]))
    client: ssl.SSLContext = client_context(sides[0] / "station.tls", tls.anchor(roots[1]))

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                writer.write(await reader.readexactly(400))
        writer.close()

    listening = await asyncio.start_server(echo, "127.0.0.1", 0, ssl=server)
    reader, writer = await asyncio.open_connection(*listening.sockets[0].getsockname(), ssl=client)
    times = []
    for _ in range(count):
        started = time.perf_counter()
        writer.write(bytes(400))
        await reader.readexactly(400)
        times.append(time.perf_counter() - started)
    writer.close()
    listening.close()
    return floors.median(times) * 1e3


def latency_floor_ms(echo_ms: float) -> float:
    """Three durable writes in a row (the message at both, the receipt here), one round trip, two signatures and two
    verifications."""
    signatures_us = 2 * floors.ed25519_verify_us() + 2 * floors.ed25519_sign_us()
    return 3 * floors.sqlite_commit_ms() + echo_ms + signatures_us / 1e3


async def measure(folder: Path, quick: bool) -> dict[str, Row]:
    one, many, runs = (200, 1_000, 1) if quick else (2_000, 10_000, 5)
    two = Two(folder)
    made: dict[str, Row] = {}
    floor = latency_floor_ms(await tls_round_trip_ms(folder))
    async with two.running():
        say("idle")
        await asyncio.sleep(0 if quick else 5)  # nothing is waited for: this is what an idle station does
        made["idle_mib"] = row(round(resident_mib(pid_of(two)), 1), "MiB", 60, None, 1)
        say("latency")
        await one_at_a_time(two, 100)
        wire = loopback_bytes()
        times = await one_at_a_time(two, one)
        wire = loopback_bytes() - wire
        made["latency_p50_ms"] = row(round(percentile(times, 0.5), 2), "ms", max(2, round(3 * floor, 2)), floor, one)
        made["latency_p99_ms"] = row(round(percentile(times, 0.99), 2), "ms", 8, floor, one)
        made["wire_bytes"] = row(round(wire / one), "B", 1_000, None, one, "IP packets of the loopback, both ways")
        say("throughput")
        before = store_bytes(folder / OURS), store_bytes(folder / THEIRS)
        rates = [await in_flight(two, many) for _ in range(runs)]
        made["throughput_per_s"] = row(round(floors.median(rates)), "/s", 5_000, None, many * runs, spread(rates))
        after = store_bytes(folder / OURS), store_bytes(folder / THEIRS)
        disk = max(b - a for a, b in zip(before, after, strict=True)) / (many * runs)
        made["disk_bytes"] = row(round(disk), "B", 1_200, None, many * runs, "the larger side, with its log")
        say("calls")
        rings = await calls(two, 50 if quick else 2_000)
        made["call_setup_p99_s"] = row(round(percentile(rings, 0.99) / 1e3, 4), "s", 0.3, None, len(rings))
        say("catch-up")
        waits = [await catch_up(two, 1_000) for _ in range(runs)]
        made["catch_up_1000_s"] = row(round(floors.median(waits), 2), "s", 2, None, 1_000, spread(waits))
        say("kills")
        lost = sum([await killed(two, many // 5) for _ in range(3)])
        made["lost_acknowledged"] = row(lost, "", 0, None, 3 * (many // 5), "SIGKILL amid load, three times")
    made["floor_latency_ms"] = row(round(floor, 3), "ms", None, None, 1)
    return made


def pid_of(two: Two) -> int:
    return 0 if two.process is None else two.process.pid


def say(what: str) -> None:
    print(f"measuring {what} …", file=sys.stderr, flush=True)


def _openline(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "openline", *words], check=True, stdout=subprocess.DEVNULL, cwd=ROOT)


def rows(quick: bool) -> dict[str, Row]:
    """All rows, from a process in a network of its own where that can be had."""
    command = [sys.executable, "-m", "bench.live", *(["--quick"] if quick else [])]
    apart = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    if subprocess.run([*apart, "true"], capture_output=True, check=False).returncode == 0:
        command = [*apart, *command]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT)
    found: dict[str, Row] = json.loads(done.stdout)
    return found


def main() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory(dir=ROOT) as folder:
        print(json.dumps(asyncio.run(measure(Path(folder) / "pair", "--quick" in sys.argv))))


if __name__ == "__main__":
    main()

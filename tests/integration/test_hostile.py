"""A hostile peer and hostile strangers at a running station: it goes on, in bounded memory, in few words."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from openline.carriers.live import Live, Settings
from openline.carriers.live_tls import client_context, server_context
from openline.keys import tls
from openline.ports import Parcel
from openline.station.logs import PER_MINUTE
from tests.integration.pairs import Pair, Station, free_port, make_pair, one_live

pytestmark = pytest.mark.slow

GARBAGE = 4_000
STRANGERS = 1_000
GROWTH_KIB_MAX = 64 * 1024
ANSWER_S_MAX = 5.0


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    made = make_pair(tmp_path, carriers=one_live())
    try:
        made.south.start()
        yield made
    finally:
        made.stop()


def port_of(station: Station) -> int:
    text = station.config.read_text()
    return int(text.split('listen = "127.0.0.1:')[1].split('"')[0])


def resident_kib(station: Station) -> int:
    assert station.process is not None
    status = Path(f"/proc/{station.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])


class Silent:
    """Nobody's ear."""

    def __init__(self) -> None:
        self.connected = asyncio.Event()

    def up(self) -> None:
        self.connected.set()

    def down(self, why: str) -> None:
        self.connected.clear()

    def arrived(self, bundle: bytes) -> Awaitable[None]:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    def word(self, in_touch: bool, attached: bool | None) -> None: ...

    def kept(self, ticket: object) -> None: ...

    def lacking(self, why: str) -> None: ...

    def trouble(self, what: str) -> None: ...


def hostile(pair: Pair) -> Live:
    """A carrier with the other side's own certificate: a peer that means harm."""
    file = pair.north.folder / "station.tls"
    anchor = tls.anchor(pair.south.keys.root.ed25519.public)
    where = f"127.0.0.1:{port_of(pair.south)}"
    return Live(
        Settings(server_tls=server_context(file, anchor), client_tls=client_context(file, anchor), connect=(where,))
    )


async def flood(carrier: Live, count: int) -> None:
    """Send garbage as fast as it goes, until all of it was taken."""
    ear = Silent()
    running = asyncio.create_task(carrier.run(ear))
    async with asyncio.timeout(60):
        await ear.connected.wait()
        for number in range(count):
            carrier.send(Parcel(number.to_bytes(4, "big") * 256))
            if number % 64 == 0:
                await drained(carrier)
        await drained(carrier)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def drained(carrier: Live) -> None:
    """Until nothing waits to be sent."""
    look_again = asyncio.Event()
    while len(carrier.waiting):
        with suppress(TimeoutError):
            await asyncio.wait_for(look_again.wait(), 0.01)


def assert_well(pair: Pair, before_kib: int) -> None:
    """South answers at once, in bounded memory, and the real north gets through."""
    asked = time.monotonic()
    assert pair.south.status() is not None
    assert time.monotonic() - asked < ANSWER_S_MAX
    assert resident_kib(pair.south) - before_kib < GROWTH_KIB_MAX
    pair.north.start()
    pair.wait_through()
    pair.north.message("from the real one")
    pair.wait_equal()


def test_a_peer_that_sends_garbage_without_end(pair):
    """Thousands of bundles that do not open: the station goes on, and the log says so in a bounded number of lines."""
    before = resident_kib(pair.south)
    asyncio.run(flood(hostile(pair), GARBAGE))
    lines = [line for line in pair.south.log.splitlines() if '"damaged"' in line]

    assert 0 < len(lines) <= 2 * PER_MINUTE + 2
    assert_well(pair, before)


def test_a_thousand_connections_that_say_nothing(pair):
    """Strangers open a thousand connections and wait: most are closed at once, and the real peer still gets in."""
    before = resident_kib(pair.south)
    with ExitStack() as stack:
        for _ in range(STRANGERS):
            with suppress(OSError):
                stack.enter_context(socket.create_connection(("127.0.0.1", port_of(pair.south)), timeout=5))
        status = pair.south.status()
        assert status is not None
        assert status.carriers[0].figures["refused"] > STRANGERS // 2
    assert_well(pair, before)


def test_strangers_that_speak_something_else(pair):
    """HTTP, noise and half a greeting at the live port: closed, and nothing of it reaches the log as more than a
    word."""
    before = resident_kib(pair.south)
    for words in (b"GET / HTTP/1.1\r\n\r\n", bytes(range(256)) * 64, b"\x16\x03\x01\x02\x00\x01"):
        where = ("127.0.0.1", port_of(pair.south))
        with socket.create_connection(where, timeout=10) as stranger, suppress(OSError):
            stranger.sendall(words)
            stranger.recv(1)
    assert_well(pair, before)


def test_a_port_that_is_taken_is_said(tmp_path):
    """Two stations cannot listen on one port: the second says which, and ends."""
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        settings = "", f'listen = "127.0.0.1:{port}"'
        pair = make_pair(tmp_path, carriers=((one_live()[0][0], *settings),))
        pair.south.launch()
        assert pair.south.process is not None
        assert pair.south.process.wait(60) != 0
        said = (pair.south.folder / "stderr").read_text()
    assert str(port) in said
    assert "Traceback" not in said

"""The blind relay on real sockets: two stations' relays, a browser's socket at each (spec 5.10.2)."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import pytest

from openline.voice.relay import CALLS_MAX, Relay, Settings
from openline.wire.errors import Misuse, Refused

CALL = b"call-one"
TOKENS = b"token-00", b"token-01"
PATIENCE_S = 10.0
HERE = "127.0.0.1"


@dataclass
class Browser:
    """A socket that speaks to one inner address, as a browser does."""

    socket: socket.socket

    def __del__(self) -> None:
        self.socket.close()

    @classmethod
    def of(cls, address: tuple[str, int]) -> Browser:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.setblocking(False)
        made.connect(address)
        return cls(made)

    def say(self, data: bytes) -> None:
        self.socket.send(data)

    async def hear(self) -> bytes:
        async with asyncio.timeout(PATIENCE_S):
            return await asyncio.get_running_loop().sock_recv(self.socket, 2048)


def free_ports() -> list[int]:
    held = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
    for each in held:
        each.bind((HERE, 0))
    found = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return found


@asynccontextmanager
async def relays() -> AsyncIterator[tuple[Relay, Relay]]:
    """Two relays that are each other's peer, up."""
    ports = free_ports()
    pair = tuple(
        Relay(Settings(listen=(HERE, ports[n]), peer=(HERE, ports[1 - n]), inner=HERE), elapsed_ms=lambda: 0)
        for n in range(2)
    )
    tasks = [asyncio.create_task(each.run()) for each in pair]
    try:
        await until(lambda: all(each.port for each in pair))
        yield pair[0], pair[1]
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


async def until(holds: Callable[[], object]) -> None:
    """Let the loop turn until it holds."""
    async with asyncio.timeout(PATIENCE_S):
        while not holds():
            await asyncio.get_running_loop().run_in_executor(None, lambda: None)


async def spoken(pair: tuple[Relay, Relay]) -> tuple[Browser, Browser]:
    """A call with voice on both, and its two browsers."""
    made = []
    for n, each in enumerate(pair):
        made.append(Browser.of(await each.open(CALL)))
        each.pair(CALL, TOKENS[n], TOKENS[1 - n])
    return made[0], made[1]


def run(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(test())  # type: ignore[arg-type]


def test_two_browsers_speak_through_both_relays():
    """What one says the other hears, byte for byte, both ways; and it is counted."""

    async def talk() -> None:
        async with relays() as pair:
            north, south = await spoken(pair)
            north.say(b"a check of the path")
            south.say(b"another")
            await until(lambda: pair[0].figures(CALL).heard_packets)  # type: ignore[union-attr]
            assert await north.hear() == b"another"
            north.say(b"sealed sound")
            while (heard := await south.hear()) != b"sealed sound":
                assert heard == b"a check of the path"
            found = pair[0].figures(CALL)
            assert found is not None
            assert (found.sent_packets, found.sent_bytes, found.dropped) == (2, 31, 0)

    run(talk)


def test_a_stranger_at_the_outer_port_is_not_let_in_and_gets_no_answer():
    """Neither without a token nor with one of no call; it is counted, and the browser hears nothing of it."""

    async def knock() -> None:
        async with relays() as pair:
            north, south = await spoken(pair)
            north.say(b"hello")
            await until(lambda: pair[0].figures(CALL).sent_packets)  # type: ignore[union-attr]
            stranger = Browser.of((HERE, pair[0].port))
            for data in (b"", b"x", b"noise", b"token-99" + b"noise", TOKENS[1] + b"noise", bytes(60_000)):
                stranger.say(data)
            await until(lambda: pair[0].strangers >= 5)
            south.say(b"after them")
            assert await north.hear() == b"after them"
            with pytest.raises(BlockingIOError):
                stranger.socket.recv(1)

    run(knock)


def test_nothing_passes_when_the_call_is_over():
    """The inner port is closed, and the token opens nothing."""

    async def end() -> None:
        async with relays() as pair:
            north, south = await spoken(pair)
            north.say(b"hello")
            assert pair[1].figures(CALL) is not None
            pair[0].close(CALL)
            before = pair[0].strangers
            south.say(b"are you there")
            await until(lambda: pair[0].strangers > before)
            assert pair[0].open_calls() == []
            assert pair[0].figures(CALL) is None

    run(end)


def test_a_new_round_shuts_the_old_token_out():
    """What is still on its way from before counts for nothing."""

    async def renew() -> None:
        async with relays() as pair:
            _, south = await spoken(pair)
            pair[0].pair(CALL, b"token-02", TOKENS[1])
            south.say(b"from the round before")
            await until(lambda: pair[0].strangers)
            pair[1].pair(CALL, TOKENS[1], b"token-02")
            south.say(b"of this round")
            await until(lambda: pair[0].figures(CALL).heard_packets)  # type: ignore[union-attr]

    run(renew)


def test_calls_are_bounded():
    """One more than may be is refused, and a call that ends makes room."""

    async def fill() -> None:
        async with relays() as pair:
            for number in range(CALLS_MAX):
                await pair[0].open(bytes([number]))
            with pytest.raises(Refused, match="have voice already"):
                await pair[0].open(CALL)
            pair[0].close(bytes([3]))
            assert (await pair[0].open(CALL))[0] == HERE

    run(fill)


def test_an_address_that_is_taken_is_said():
    """A station does not come up with a relay that hears nothing."""
    held = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    held.bind((HERE, 0))
    relay = Relay(Settings(listen=held.getsockname(), peer=(HERE, 9), inner=HERE), elapsed_ms=lambda: 0)
    with pytest.raises(Misuse, match="cannot serve"):
        asyncio.run(relay.run())
    held.close()

"""Who opens many connections, or is slow on purpose, keeps nobody else from the figures, the API and the console."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import ExitStack

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from openline.station.api import patience
from openline.station.api.serving import serving, tcp_socket

SOON_S = 0.2
WITHIN_S = 20.0


async def length(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def long(_request: Request) -> Response:
    async def pieces():  # type: ignore[no-untyped-def]
        for _ in range(256):
            yield bytes(1024 * 1024)

    return StreamingResponse(pieces())


APP = Starlette(routes=[Route("/", length, methods=["GET", "POST"]), Route("/long", long)])


def served(act: Callable[[int], Awaitable[None]], **bounds: int) -> None:
    """Run `act` beside a server on a free port of this machine."""

    async def all_of_it() -> None:
        on = tcp_socket("127.0.0.1", 0, **bounds)
        async with serving(APP, on), asyncio.timeout(WITHIN_S):
            await act(on.getsockname()[1])

    asyncio.run(all_of_it())


async def ended(said: bytes, port: int) -> bytes:
    """Say something and wait until the server ends the connection; what it answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(said)
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same patience, in a fraction of the time."""
    for name in ("HEAD_S", "BODY_S", "STALL_S", "UNSAID_S"):
        monkeypatch.setattr(patience, name, SOON_S)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nfour",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n",
    ],
    ids=["nothing", "half a head", "half a second head", "half a body", "half a body of no length"],
)
@pytest.mark.usefixtures("hasty")
def test_who_does_not_finish_is_cut_off(said):
    """Whatever was begun and not ended, the connection is gone after its time, and a whole request is answered."""

    async def act(port: int) -> None:
        assert b"four" not in await ended(said, port)
        whole = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 4\r\n\r\nfour"
        assert (await ended(whole, port)).endswith(b"\r\n\r\n4")

    served(act)


@pytest.mark.usefixtures("hasty")
def test_a_byte_now_and_then_buys_no_time():
    """The head's time counts from its beginning, and not from the last byte of it."""

    async def act(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nX-Slow: ")
        gone = asyncio.create_task(reader.read())
        while not gone.done():
            writer.write(b"a")
            await asyncio.wait({gone}, timeout=SOON_S / 10)
        assert gone.exception() is not None or gone.result() == b""
        writer.close()

    served(act)


@pytest.mark.usefixtures("hasty")
def test_who_takes_nothing_is_cut_off():
    """A long answer that nobody reads is not kept for ever."""

    async def act(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n")
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        lost = asyncio.create_task(writer.wait_closed())
        while not lost.done():  # only a write shows to one who does not read that the other end is gone
            writer.write(b" ")
            await asyncio.wait({lost}, timeout=SOON_S / 10)
        assert isinstance(lost.exception(), ConnectionError)
        assert reader.exception() is not None or reader.at_eof()

    served(act)


def test_a_thousand_connections_from_one_address():
    """No more stand than may, the others are closed at once; who leaves makes room, and another address has its own."""

    async def act(port: int) -> None:
        with ExitStack() as held:

            def crowd() -> None:
                for _ in range(1000):
                    held.enter_context(socket.create_connection(("127.0.0.1", port)))

            await asyncio.to_thread(crowd)
            asking = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            assert await ended(asking, port) == b""
            other = await asyncio.open_connection("127.0.0.1", port, local_addr=("127.0.0.2", 0))
            other[1].write(asking)
            assert (await other[0].read()).startswith(b"HTTP/1.1 200")
            other[1].close()
        while not (await ended(asking, port)).startswith(b"HTTP/1.1 200"):
            pass  # until the server has seen them go

    served(act, most=16, from_one=8)

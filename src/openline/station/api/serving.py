"""Serving HTTP in the station's own event loop: on a Unix socket, or on a TCP address.

Rules of this file: a socket file that a dead station left is removed, one that a living station serves is not; the
Unix socket is its owner's and group's alone; on a TCP address few connections stand at once, and none is waited for
without an end (`patience`); nothing here handles signals, for they are the program's.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Final

import uvicorn
from starlette.applications import Starlette

from openline.carriers.gate import listening
from openline.station.api.patience import Patient
from openline.station.api.socket_path import addressable
from openline.wire.errors import Misuse, system_words

MODE: Final = 0o660
STOP_S: Final = 2
MACHINES_MAX: Final = 32  # chosen: connections of programs that watch over a station or use its API
SOCKET_BYTES_MAX: Final = 64 * 1024  # chosen: a page says little


class _Server(uvicorn.Server):
    """A server that leaves signals to the program."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(
    app: Starlette, on: socket.socket, *, tls: ssl.SSLContext | None = None, sockets: bool = False
) -> AsyncIterator[None]:
    """Serve `app` on a bound socket for as long as the context lasts; the socket is closed at its end. `sockets`:
    WebSockets too."""
    config = uvicorn.Config(
        app, log_config=None, log_level="error", access_log=False, lifespan="off", loop="none", http=Patient,
        ws="websockets-sansio" if sockets else "none", ws_max_size=SOCKET_BYTES_MAX,
        server_header=False, date_header=False, timeout_graceful_shutdown=STOP_S, timeout_keep_alive=STOP_S,
    )  # fmt: skip
    config.load()
    config.ssl = tls
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[on]))
    try:
        yield
    finally:
        server.should_exit = True
        with suppress(asyncio.CancelledError):
            await task
        on.close()


def unix_socket(path: Path) -> socket.socket:
    """A socket file for the local API.

    Raises:
        Misuse: a station is serving there, or no file can be made there.
    """
    _clear(path)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o777 & ~MODE)
    try:
        with addressable(path) as where:
            made.bind(where)
    except OSError as error:
        made.close()
        raise Misuse(
            f"{path}: cannot be made: {error.strerror}", next_step="Give [api] socket a path that can be written."
        ) from None
    finally:
        os.umask(before)
    made.listen()
    return made


def _clear(path: Path) -> None:
    """Remove the socket file of a station that is gone."""
    if not path.is_socket():
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        try:
            with addressable(path) as where:
                asking.connect(where)
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return
        except OSError as error:
            raise Misuse(f"{path}: cannot be asked who serves there: {error.strerror}") from None
    raise Misuse(f"a station is running on {path}", next_step="Stop it first: one station to a record.")


def tcp_socket(host: str, port: int, *, most: int = MACHINES_MAX, from_one: int = MACHINES_MAX // 2) -> socket.socket:
    """A listening TCP socket, at which no more than `most` connections stand at once, `from_one` from one address.

    Raises:
        Misuse: the address cannot be had.
    """
    try:
        return listening(host, port, standing_max=most, from_one_max=from_one)
    except OSError as error:
        raise Misuse(
            f"{host}:{port}: cannot be listened on: {system_words(error)}",
            next_step="Free the address, or give another one in the configuration: [api], [metrics] or [console].",
        ) from None

"""The console as a program: it serves browsers until it is stopped, and outlives its station's restarts.

Rules of this file: it reads the station's configuration and none of its keys; it ends on SIGTERM or SIGINT, and when
whoever started it is gone.
"""

from __future__ import annotations

import asyncio
import os
import signal
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from openline.console.accounts.gate import AccountsGate, open_gate
from openline.console.acting import Gate
from openline.console.app import Console, application
from openline.console.link import Link
from openline.station.api.serving import serving, tcp_socket
from openline.station.companion import STATION
from openline.station.config import Config
from openline.station.config_reading import Address
from openline.station.reading import read
from openline.wire import accord as accords
from openline.wire.errors import Misuse

PARENT_S: Final = 1.0
BROWSERS_MAX: Final = 512  # chosen: twice the open pages that are followed, and below a process's 1,024 descriptors
FROM_ONE_MAX: Final = 400  # chosen: behind a proxy all come from one address


async def run(config: Config, gate: Gate | None = None, *, ready: Callable[[], None] = lambda: None) -> None:
    """Serve the console of the station that `config` describes, until stopped. `gate`: who is let in; by passkeys,
    unless given.

    Raises:
        Misuse: the configuration has no console, or its address or TLS file cannot be used.
        StorageFault: the console's file cannot be used.
    """
    if config.console is None:
        raise Misuse("the configuration has no [console]", next_step="Add one: docs/station.md says how.")
    stopping, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    link = Link(config.api.socket)
    with ExitStack() as held:
        if gate is None:
            gate = open_gate(config.console, link, f"Openline {config.station.side}")
            held.callback(gate.accounts.close)
        console = Console(link, gate, config.console.origin)
        console.watcher.expects = _expected(config)
        if isinstance(gate, AccountsGate):
            gate.watcher = console.watcher
        async with serve(console, config.console.listen, config.console.tls):
            ready()
            await _until(stopping)


def _expected(config: Config) -> tuple[str, str]:
    """The accord's id, and our side in it: by these the console knows its station.

    Raises:
        Misuse: there is no accord to read.
        PeerFault: what is there is none.
    """
    signed = accords.decode_signed(read(config.station.accord))
    return signed.id.hex(), config.station.side


@asynccontextmanager
async def serve(console: Console, listen: str, tls: Path | None = None) -> AsyncIterator[None]:
    """Serve a console at an address for as long as the context lasts. `tls`: a file with key and certificate.

    Raises:
        Misuse: the address or the TLS file cannot be used.
    """
    where = Address(listen)
    app, on = application(console), tcp_socket(where.host, where.port, most=BROWSERS_MAX, from_one=FROM_ONE_MAX)
    async with app.router.lifespan_context(app), serving(app, on, tls=_context(tls), sockets=True):
        yield


def _context(path: Path | None) -> ssl.SSLContext | None:
    """TLS for browsers, from a file with the key and the certificate."""
    if path is None:
        return None
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        made.load_cert_chain(path)
    except (OSError, ssl.SSLError) as error:
        raise Misuse(f"{path}: no key and certificate (PEM): {error}") from None
    return made


async def _until(stopping: asyncio.Event) -> None:
    """Until told to stop, or until the process that started this one is gone: nobody could stop it then. A station says
    which it is: one that ended before this process first looked would not be missed otherwise."""
    parent = int(os.environ.get(STATION) or os.getppid())
    while not stopping.is_set() and os.getppid() == parent:
        with suppress(TimeoutError):
            async with asyncio.timeout(PARENT_S):
                await stopping.wait()

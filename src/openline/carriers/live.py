"""The live carrier: bundles over a WebSocket over TLS 1.3, dialled and accepted by either side (spec 5.9).

Rules of this file:
1. It authenticates nobody but the other station's certificate, reads nothing, and keeps nothing across a connection:
   what was on its way when one broke is sent again by the record.
2. Its own sign of life (a WebSocket ping) is apart from the line's pulse, which is sealed and evidence. A path that
   does not answer it is given up.
3. The newest connection sends; every one that stands is listened to. Whoever has none dials, for ever, at most 5 s
   apart.
4. A thin line is fed no faster than it runs, in pieces, so that nothing waits behind what could have waited.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import ssl
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, cast

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage, InvalidURI
from websockets.typing import Subprotocol

from openline.carriers.gate import Gate, listening
from openline.carriers.live_path import BULK_PIECE, PIECE, WHOLE, Client, Direct, Path, Server
from openline.carriers.queue import Waiting
from openline.ports import Parcel, Told
from openline.wire.errors import Misuse, system_words
from openline.wire.limits import BUNDLE_BYTES_MAX
from openline.wire.said import say

SUBPROTOCOL: Final = Subprotocol("openline.1")
PIECE_BYTES: Final = 16 * 1024  # chosen: a millisecond on a slow network; a message waits behind one at most
THIN_BYTES_S: Final = 10_000  # chosen: below it, pings by the second would be a tenth of the line
PING_S, PONG_S = 1.0, 2.0
THIN_PING_S, THIN_PONG_S = 15.0, 15.0
OPEN_S: Final = 5.0
DIAL_FIRST_S: Final = 0.1
DIAL_MAX_S: Final = 5.0
PENDING_MAX: Final = 64  # chosen: bundles handed over and not taken in yet; beyond, the other side waits
_WHOLE: Final = bytes((WHOLE,))
STANDING_MAX: Final = 4  # chosen: one each way, and one of each that the other side has not noticed to be dead


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Where this side listens and whom it dials: `host:port` each, the first that answers. `rate_bytes_s`: no more
    than this is sent; 0 is as fast as it goes. `revoked`: the SHA-256, in hex, of certificates that are taken no
    more."""

    server_tls: ssl.SSLContext
    client_tls: ssl.SSLContext
    listen: str = ""
    connect: tuple[str, ...] = ()
    rate_bytes_s: int = 0
    revoked: frozenset[str] = frozenset()


class _Dialling(connect):
    """Dials the address it is given. A redirection is followed nowhere: who is dialled is our configuration's to say,
    and no other side's."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class Live:
    """A `ports.Carrier`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.waiting = Waiting()
        self.paths: list[Path] = []
        self.port = 0  # where it listens, once it does
        self._told: Told | None = None
        self._nudged = asyncio.Event()
        self._serving: set[asyncio.Task[Any]] = set()
        self._pending: deque[asyncio.Future[None]] = deque()  # in the order in which they are taken in
        self._gate: Gate | None = None
        self._free_at = 0.0  # when a thin line has room again
        self._told_revoked: set[str] = set()
        self.counts = dict.fromkeys(("bundles_in", "bundles_out", "bytes_in", "bytes_out", "connections"), 0)

    # ---- the port

    async def run(self, told: Told) -> None:
        """Listen and dial until cancelled.

        Raises:
            Misuse: the address to listen on cannot be had.
        """
        self._told = told
        async with self._listening():
            if self._gate is not None and self._gate.early:
                told.lacking(say("no interface of this machine had the address to listen at"))
            elif not self.settings.connect:
                told.lacking(say("waits for the other side to connect"))
            try:
                await (self._dial() if self.settings.connect else asyncio.Event().wait())
            finally:
                for serving in self._serving:
                    serving.cancel()  # the listening side waits for them, and they may be waiting for the station

    def send(self, parcel: Parcel) -> None:
        if not self.paths:
            self.waiting.dropped += 1
            return
        path = self.paths[-1]
        at_once = path.resting and not (parcel.bulk or self.settings.rate_bytes_s or len(self.waiting))
        if at_once and path.connection.write(_WHOLE + parcel.data):
            self._sent(parcel.data)
            return
        self.waiting.put(parcel)
        path.more.set()

    def nudge(self) -> None:
        self._nudged.set()

    def figures(self) -> Mapping[str, int]:
        refused = 0 if self._gate is None else self._gate.refused
        rtt_us = int(self.paths[-1].connection.latency * 1e6) if self.paths else 0
        return {**self.counts, "dropped": self.waiting.dropped, "refused": refused, "rtt_us": rtt_us}

    # ---- connections

    @asynccontextmanager
    async def _listening(self) -> AsyncIterator[None]:
        if not self.settings.listen:
            yield
            return
        host, port = address(self.settings.listen)
        try:
            # One interface that is not there keeps nobody from the other paths.
            self._gate = gate = listening(host, port, early=True)
        except OSError as error:
            raise Misuse(
                f"{self.settings.listen}: cannot be listened on: {system_words(error)}",
                next_step="Free the address, or give the carrier another one.",
            ) from None
        self.port = gate.getsockname()[1]
        if gate.early and self._told is not None:
            self._told.trouble(
                f"no interface of this machine has the address of {self.settings.listen} now; as soon as one has it, it"
                " is listened on"
            )
        tls = self.settings.server_tls
        async with serve(self._serve, sock=gate, ssl=tls, create_connection=Server, **self._options()):
            yield

    def _options(self) -> dict[str, Any]:
        thin = 0 < self.settings.rate_bytes_s < THIN_BYTES_S
        return {
            "subprotocols": [SUBPROTOCOL],
            "compression": None,  # bundles are sealed: nothing to gain, and a length to tell
            "max_size": BUNDLE_BYTES_MAX + 1,
            "open_timeout": OPEN_S,
            "close_timeout": 1.0,
            "ping_interval": THIN_PING_S if thin else PING_S,
            "ping_timeout": THIN_PONG_S if thin else PONG_S,
            "ssl_handshake_timeout": OPEN_S,
        }

    async def _dial(self) -> None:
        wait_s, turn = DIAL_FIRST_S, 0
        while True:
            self._nudged.clear()
            if not self.paths:
                where = self.settings.connect[turn % len(self.settings.connect)]
                turn += 1
                if await self._dialled(where):
                    wait_s = DIAL_FIRST_S
            if not self.paths:
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait_s * random.uniform(0.5, 1)):
                        await self._nudged.wait()
                wait_s = min(wait_s * 2, DIAL_MAX_S)
            else:
                await self._nudged.wait()  # until the last path is gone

    async def _dialled(self, where: str) -> bool:
        """Whether a connection stood; returns when it is gone."""
        host, port = address(where)
        try:
            connection = await _Dialling(
                f"wss://{bracketed(host)}:{port}/",
                ssl=self.settings.client_tls,
                proxy=None,
                user_agent_header=None,
                create_connection=Client,
                **self._options(),
            )
        except (OSError, TimeoutError, InvalidHandshake, InvalidURI, ConnectionClosed, EOFError) as error:
            self._tell_refusal(where, error)
            if self._told is not None and not self.paths:
                self._told.lacking(say("nobody to talk to at {where}: {why}", where=str(where), why=_in_brief(error)))
            return False
        async with connection:
            if self._is_revoked(connection):
                return False
            await self._serve(connection)
        return True

    def _tell_refusal(self, where: str, error: Exception) -> None:
        """A certificate that is not the one of the accord is for an operator; that nobody answers is not. In TLS 1.3
        the other side looks at ours after our end of the handshake is over, and may hang up without an alert."""
        if self._told is None:
            return
        if isinstance(error, ssl.SSLCertVerificationError):
            self._told.trouble(f"{where} shows a certificate that the other side's root did not issue")
        elif isinstance(error, InvalidMessage) and isinstance(error.__cause__, EOFError):
            self._told.trouble(f"{where} hung up as soon as TLS stood: it may not take our certificate for our root's")

    async def _serve(self, connection: ClientConnection | ServerConnection) -> None:
        if self._told is None or connection.subprotocol != SUBPROTOCOL:
            await connection.close(1002, "openline.1 is spoken here")
            return
        if self._is_revoked(connection):
            await connection.close(1008)
            return
        path = Path(cast(Direct, connection))
        why: str = say("this station is stopping")
        self._stand(path)
        serving, sending = asyncio.current_task(), asyncio.create_task(self._send(path))
        if serving is not None:
            self._serving.add(serving)
        try:
            why = await self._receive(path)
        finally:
            if serving is not None:
                self._serving.discard(serving)
            sending.cancel()
            self._fall(path, why)
            await asyncio.wait({sending})  # unlike awaiting it, this tells its end from a stop of ours

    def _is_revoked(self, connection: ClientConnection | ServerConnection) -> bool:
        """Whether a certificate was shown that is taken no more; said once, for whoever has its key may come again and
        again."""
        shown = connection.transport.get_extra_info("ssl_object")
        digest = hashlib.sha256(shown.getpeercert(binary_form=True) or b"").hexdigest() if shown else ""
        if digest not in self.settings.revoked:
            return False
        if digest not in self._told_revoked and self._told is not None:
            self._told_revoked.add(digest)
            self._told.trouble(f"a certificate was shown that is taken no more: {digest}")
        return True

    def _stand(self, path: Path) -> None:
        """A new connection: the other side may have lost what the one before it carried, so the path is told anew."""
        told = self._told
        self.counts["connections"] += 1
        if self.paths and told is not None:
            told.down(say("another connection took over"))
        self.paths.append(path)
        if len(self.paths) > STANDING_MAX:
            self.paths[0].connection.transport.abort()
        if told is not None:
            told.up()
        path.more.set()

    def _fall(self, path: Path, why: str) -> None:
        newest = path is self.paths[-1]
        self.paths.remove(path)
        if not self.paths:
            self.waiting.clear()
        if newest and self._told is not None:
            self._told.down(why)
            if self.paths:
                self._told.up()
                self.paths[-1].more.set()
        self._nudged.set()

    # ---- coming

    async def _receive(self, path: Path) -> str:
        """Hand over what comes, until the connection is gone; why it is."""
        connection = path.connection

        def take(frame: bytes) -> bool:
            if self._is_full():
                return False
            try:
                bundle = path.joined(frame)
            except ValueError:
                return False  # the way through the queue ends the connection
            if bundle is not None:
                self._hand_over(bundle)
            return True

        try:
            while True:
                if not connection.has_queued():
                    connection.take = take
                bundle = path.joined(await connection.recv(decode=False))
                if bundle is not None:
                    self._hand_over(bundle)
                    while self._is_full():
                        await asyncio.wait({self._pending[0]})
        except ConnectionClosed as closed:
            return reason(closed)
        except ValueError as error:
            await connection.close(1002, str(error))
            return say("the other side broke the carrier's rules: {why}", why=str(error))

    def _is_full(self) -> bool:
        """Whether so many bundles stand unfinished that the other side's sending should wait."""
        pending = self._pending
        while pending and pending[0].done():
            pending.popleft()
        return len(pending) >= PENDING_MAX

    def _hand_over(self, bundle: bytes) -> None:
        self.counts["bundles_in"] += 1
        self.counts["bytes_in"] += len(bundle)
        if self._told is not None:
            self._pending.append(asyncio.ensure_future(self._told.arrived(bundle)))

    # ---- going

    async def _send(self, path: Path) -> None:
        with suppress(ConnectionClosed):
            while True:
                parcel = self.waiting.take() if path is self.paths[-1] else None
                if parcel is None:
                    path.more.clear()
                    if not len(self.waiting) or path is not self.paths[-1]:
                        path.resting = True
                        await path.more.wait()
                        path.resting = False
                elif parcel.bulk:
                    await self._in_pieces(path, parcel.data, BULK_PIECE)
                else:
                    await self._quick(path, parcel.data)

    async def _quick(self, path: Path, data: bytes) -> None:
        if self.settings.rate_bytes_s and len(data) > self._piece_bytes():
            await self._in_pieces(path, data, PIECE)
        else:
            await self._frame(path, WHOLE, data)
        self._sent(data)

    async def _in_pieces(self, path: Path, data: bytes, kind: int) -> None:
        """A bundle piece by piece; between two pieces of bulk, whatever overtakes it."""
        size = self._piece_bytes()
        for start in range(0, len(data), size):
            await self._room()
            while kind == BULK_PIECE and (quick := self.waiting.take(bulk=False)) is not None:
                await self._quick(path, quick.data)
            last = start + size >= len(data)
            await self._frame(path, kind + last, data[start : start + size])
        if kind == BULK_PIECE:
            self._sent(data)

    def _piece_bytes(self) -> int:
        rate = self.settings.rate_bytes_s
        return PIECE_BYTES if not rate else max(128, min(PIECE_BYTES, rate // 2))

    async def _frame(self, path: Path, kind: int, data: bytes) -> None:
        await self._room()
        if self.settings.rate_bytes_s:
            begins = max(self._free_at, asyncio.get_running_loop().time())
            self._free_at = begins + (len(data) + 1) / self.settings.rate_bytes_s
        await path.connection.send(bytes((kind,)) + data)

    async def _room(self) -> None:
        """Wait until a thin line has carried what it was given before."""
        loop = asyncio.get_running_loop()
        while self._free_at > loop.time():
            ready = asyncio.Event()
            loop.call_at(self._free_at, ready.set)
            await ready.wait()

    def _sent(self, data: bytes) -> None:
        self.counts["bundles_out"] += 1
        self.counts["bytes_out"] += len(data)


def address(text: str) -> tuple[str, int]:
    """Host and port of `host:port`; an IPv6 host stands in brackets.

    Raises:
        ValueError: no port in it.
    """
    host, _, port = text.rpartition(":")
    return host.removeprefix("[").removesuffix("]"), int(port)


def bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _in_brief(error: Exception) -> str:
    """Why dialling came to nothing, for `status`."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return say("its certificate is not of the other side's root")
    if isinstance(error, TimeoutError):
        return say("no answer")
    if isinstance(error, OSError):
        return system_words(error)
    return say("what answers there is no station, or does not take us for one")


def reason(closed: ConnectionClosed) -> str:
    """Why a connection is gone, in words for the log and for `status`."""
    if closed.sent is not None and closed.sent.reason == "keepalive ping timeout":
        return say("no answer to our sign of life")
    if closed.rcvd is not None:
        return say("closed by the other side ({code})", code=str(closed.rcvd.code))
    return say("the connection broke")

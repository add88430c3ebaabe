"""The blind relay of a station: UDP between our officer's browser and the other station's relay (spec 5.10.2).

Rules of this file:
1. One outer port for all calls, to one address: that of the other side's relay, as the two technicians agreed. A
   datagram counts there only by the token of a call that lasts; nothing is ever answered to a stranger.
2. Each call has an inner port of its own, and a browser is told no other address. Nothing is forwarded from call to
   call, nor to any address that came with a datagram but the browser's own.
3. Only what the station opened passes, until it closes it; calls and bytes are bounded (`passage`).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from openline.voice.passage import Address, Figures, Passage
from openline.wire.bundle import VOICE_TOKEN_BYTES
from openline.wire.errors import Misuse, Refused, StorageFault, system_words
from openline.wire.said import say

CALLS_MAX: Final = 16  # chosen: more lines than one post can speak on at once, and few ports to open in a firewall


@dataclass(frozen=True, kw_only=True)
class Settings:
    """`listen`: the outer leg's own address; `peer`: the outer leg of the other side's relay; `inner`: the host that
    browsers are told; `first_port`: of the `CALLS_MAX` inner ports, 0 for any that are free."""

    listen: Address
    peer: Address
    inner: str
    first_port: int = 0


class Relay:
    """Made by the program; serves while `run` runs. `elapsed_ms`: a steady count."""

    def __init__(self, settings: Settings, elapsed_ms: Callable[[], int]) -> None:
        self.settings = settings
        self.elapsed_ms = elapsed_ms
        self.strangers = 0  # datagrams at the outer port that no call's token opened
        self.trouble = ""  # what the system said last when a datagram could not be sent
        self._outer: asyncio.DatagramTransport | None = None
        self._peer: Address | None = None
        self._calls: dict[bytes, _Leg] = {}
        self._by_token: dict[bytes, _Leg] = {}

    # ---- life

    async def run(self) -> None:
        """Listen until cancelled.

        Raises:
            Misuse: the outer address cannot be had.
        """
        loop = asyncio.get_running_loop()
        host, port = self.settings.listen
        try:
            self._outer, _ = await loop.create_datagram_endpoint(lambda: _Outer(self), local_addr=(host, port))
            await asyncio.Event().wait()
        except OSError as error:
            raise Misuse(
                say(
                    "the voice relay cannot serve on {address}: {why}", address=f"{host}:{port}",
                    why=system_words(error),
                ),
                next_step=say("Check listen in [voice]."),
            ) from None
        finally:
            for call_id in list(self._calls):
                self.close(call_id)
            if self._outer is not None:
                self._outer.close()
            self._outer = None

    @property
    def port(self) -> int:
        """Where the outer leg listens, once it does; 0 before."""
        return 0 if self._outer is None else int(self._outer.get_extra_info("sockname")[1])

    # ---- calls

    async def open(self, call_id: bytes) -> Address:
        """The address at which a call's browser speaks, made if there is none yet. Nothing passes before `pair`.

        Raises:
            Refused: as many calls are spoken as may be, or the peer's name leads nowhere. StorageFault: the system has
                no port.
        """
        await self._find_peer()
        leg = self._calls.get(call_id)
        if leg is None:
            if len(self._calls) >= CALLS_MAX:
                raise Refused(
                    say("{count} calls have voice already", count=CALLS_MAX),
                    next_step=say("End one of them, or write."),
                )
            leg = self._calls[call_id] = _Leg(self)
            try:
                await self._bind(leg)
            except StorageFault:
                self._calls.pop(call_id, None)
                raise
            if self._calls.get(call_id) is not leg and leg.transport is not None:  # it ended meanwhile
                leg.transport.close()
        return leg.address

    async def _find_peer(self) -> None:
        """Look the peer up anew for each call: a name may lead elsewhere by now, and a start must not wait for it."""
        if self._outer is None:
            raise StorageFault(say("the voice relay is starting"), next_step=say("Ask again in a moment."))
        loop, family = asyncio.get_running_loop(), self._outer.get_extra_info("socket").family
        try:
            found = await loop.getaddrinfo(*self.settings.peer, type=socket.SOCK_DGRAM, family=family)
        except OSError as error:
            host = self.settings.peer[0]
            raise Refused(
                say(
                    "the other side's voice relay cannot be found at {host}: {why}", host=host, why=system_words(error)
                ),
                next_step=say("Check peer in [voice]; meanwhile, write."),
            ) from None
        self._peer = (str(found[0][4][0]), int(found[0][4][1]))

    async def _bind(self, leg: _Leg) -> None:
        first = self.settings.first_port
        loop, said = asyncio.get_running_loop(), ""
        for port in range(first, first + CALLS_MAX) if first else (0,):
            try:
                leg.transport, _ = await loop.create_datagram_endpoint(
                    lambda: leg, local_addr=(self.settings.inner, port)
                )
                return
            except OSError as error:
                said = system_words(error)
        raise StorageFault(
            say("no port for a browser at {address}: {why}", address=self.settings.inner, why=said),
            next_step=say("Check inner and first_port in [voice]."),
        )

    def pair(self, call_id: bytes, ours: bytes, theirs: bytes | None) -> None:
        """A round's tokens: what bears `ours` passes in; what our browser says passes out under `theirs`."""
        leg = self._calls.get(call_id)
        if leg is None:
            return
        if leg.passage is None:
            leg.passage = Passage(ours)
        if self._by_token.get(leg.passage.ours) is leg:
            del self._by_token[leg.passage.ours]
        leg.passage.begin(ours, theirs)
        self._by_token[ours] = leg

    def close(self, call_id: bytes) -> None:
        """The call is over: nothing of it passes any more."""
        leg = self._calls.pop(call_id, None)
        if leg is not None:
            if leg.passage is not None:
                self._by_token.pop(leg.passage.ours, None)
            if leg.transport is not None:
                leg.transport.close()

    def open_calls(self) -> list[bytes]:
        return list(self._calls)

    def figures(self, call_id: bytes) -> Figures | None:
        leg = self._calls.get(call_id)
        return None if leg is None or leg.passage is None else leg.passage.figures(self.elapsed_ms())

    # ---- datagrams

    def arrived(self, data: bytes) -> None:
        """At the outer port, from whomever."""
        leg = self._by_token.get(data[:VOICE_TOKEN_BYTES])
        if leg is None or leg.passage is None or leg.transport is None:
            self.strangers += 1
            return
        inner = leg.passage.from_relay(data, self.elapsed_ms())
        if inner is not None and leg.passage.browser is not None:
            leg.transport.sendto(inner, leg.passage.browser)

    def spoken(self, leg: _Leg, data: bytes, source: Address) -> None:
        """On an inner port, from our own network."""
        outward = None if leg.passage is None else leg.passage.from_browser(data, source, self.elapsed_ms())
        if outward is not None and self._outer is not None and self._peer is not None:
            self._outer.sendto(outward, self._peer)


class _Outer(asyncio.DatagramProtocol):
    def __init__(self, relay: Relay) -> None:
        self.relay = relay

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        self.relay.arrived(data)

    def error_received(self, exc: Exception) -> None:
        """Their relay's port is closed, or a path is gone: what is lost is lost, and the figures show it."""
        self.relay.trouble = str(exc)


class _Leg(asyncio.DatagramProtocol):
    """One call's inner leg."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self.passage: Passage | None = None
        self.transport: asyncio.DatagramTransport | None = None

    @property
    def address(self) -> Address:
        if self.transport is None:
            raise StorageFault(say("this call's port is being opened"), next_step=say("Ask again in a moment."))
        host, port = self.transport.get_extra_info("sockname")[:2]
        return str(host), int(port)

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        self.relay.spoken(self, data, (str(addr[0]), int(addr[1])))

    def error_received(self, exc: Exception) -> None:
        """A browser that went away closed its port; the next that comes is another address."""
        self.relay.trouble = str(exc)

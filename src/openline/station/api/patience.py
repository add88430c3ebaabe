"""HTTP connections that are waited for, but not for ever: whoever sends or takes a byte now and then holds nothing up.

Rules of this file:
1. A connection has `HEAD_S` to say what it asks for, from when it stands and again after each answer; and for a body so
   long as the slowest line we serve would take.
2. Whoever does not take what was asked for is waited for `STALL_S`.
3. Who is not done by then is cut off without a word. An answer that is being made, and a WebSocket, which has its own
   signs of life, are no business of this file.
"""

from __future__ import annotations

import asyncio
from typing import Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

HEAD_S: Final = 10.0
STALL_S: Final = 60.0
BODY_S: Final = 20.0  # chosen: and on top of it the body's length at this rate
BODY_BYTES_S: Final = 16 * 1024  # chosen: a document of the largest size in an hour and ten minutes
UNSAID_S: Final = 120.0  # for a body that does not say how long it is


class Patient(H11Protocol):
    """uvicorn's protocol for one connection, with an end to its patience."""

    _awaits: str = ""  # "head", "body", or "" while the answer is ours to make
    _deadline: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._look()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        super().handle_websocket_upgrade(event)
        self._forget()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._stalled is None:
            self._stalled = self.loop.call_later(STALL_S, self.transport.abort)

    def resume_writing(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None
        super().resume_writing()

    def _look(self) -> None:
        """What we wait for now; a byte more of the same is no reason to wait any longer."""
        if self.transport.is_closing() or self.transport.get_protocol() is not self:
            self._forget()
            return
        asked: RequestResponseCycle | None = self.cycle  # None until there was a request, whatever uvicorn declares
        answered = asked is None or asked.response_complete
        awaits = "head" if answered else "body" if asked is not None and asked.more_body else ""
        if awaits == self._awaits:
            return
        self._forget()
        self._awaits = awaits
        if awaits:
            self._deadline = self.loop.call_later(HEAD_S if awaits == "head" else self._body_s(), self.transport.abort)

    def _body_s(self) -> float:
        length = dict(self.headers).get(b"content-length", b"")
        return BODY_S + int(length) / BODY_BYTES_S if length.isdigit() else UNSAID_S

    def _forget(self) -> None:
        self._awaits = ""
        for timer in (self._deadline, self._stalled):
            if timer is not None:
                timer.cancel()
        self._deadline = self._stalled = None

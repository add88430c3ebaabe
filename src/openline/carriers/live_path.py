"""One connection of the live carrier: its frames, and the short way in and out (spec 5.9).

Rules of this file:
1. A frame that came is dealt with in the call that brought it, and one that may go at once is written in the call
   that sends it: waking a task for each costs more than what the station does for a message.
2. The short way is for what is whole and stands in nobody's way. Everything else (fragments, what breaks the rules,
   more than the station takes in) goes through the library's queue, in order, with its back pressure; until that is
   empty the short way in is closed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.connection import Connection as Base
from websockets.asyncio.server import ServerConnection
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import State

from openline.wire.limits import BUNDLE_BYTES_MAX

WHOLE: Final = 0
PIECE, LAST_PIECE = 1, 2
BULK_PIECE, LAST_BULK_PIECE = 3, 4


class Direct(Base):
    """A connection with a short way in. `take`: says whether it dealt with the frame that it is given."""

    take: Callable[[bytes], bool] | None = None

    def process_event(self, event: Request | Response | Frame) -> None:
        if self.take is not None and isinstance(event, Frame) and event.opcode in _DATA:
            if event.opcode is Opcode.BINARY and event.fin and self.take(bytes(event.data)):
                return
            self.take = None
        super().process_event(event)

    def has_queued(self) -> bool:
        """Whether frames wait in the library's queue."""
        return len(self.recv_messages.frames) > 0

    def write(self, frame: bytes) -> bool:
        """Send a frame at once, if the connection takes it."""
        if self.paused or self.protocol.state is not State.OPEN:
            return False
        self.protocol.send_binary(frame)
        self.send_data()
        return True


class Client(Direct, ClientConnection):
    """The side that dialled."""


class Server(Direct, ServerConnection):
    """The side that was dialled."""


_DATA: Final = (Opcode.BINARY, Opcode.TEXT, Opcode.CONT)


class Path:
    """A connection, and the pieces of what is coming by it."""

    def __init__(self, connection: Direct) -> None:
        self.connection = connection
        self.more = asyncio.Event()
        self.resting = False  # its sender waits for nothing but more
        self.pieces = bytearray()
        self.bulk = bytearray()

    def joined(self, frame: bytes) -> bytes | None:
        """The bundle that a frame is, or completes.

        Raises:
            ValueError: a frame of no known kind, or pieces of more than a bundle.
        """
        kind = frame[0] if frame else -1
        if kind == WHOLE:
            return frame[1:]
        if kind not in (PIECE, LAST_PIECE, BULK_PIECE, LAST_BULK_PIECE):
            raise ValueError("a frame of no known kind")
        pieces = self.pieces if kind in (PIECE, LAST_PIECE) else self.bulk
        if len(pieces) + len(frame) - 1 > BUNDLE_BYTES_MAX:
            raise ValueError("pieces of more than a bundle")
        pieces += memoryview(frame)[1:]
        if kind in (PIECE, BULK_PIECE):
            return None
        whole = bytes(pieces)
        pieces.clear()
        return whole

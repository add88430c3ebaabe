"""Who is attached to a relay: the server's own word, asked for in two ways (spec 5.4.5).

Rules of this file: the other station's word counts for nothing here. An empty message from it makes us ask the server
sooner, and that is all it does.
"""

from __future__ import annotations

from typing import Final

from openline.carriers.mailbox import Mailboxes, Names, Taking
from openline.carriers.nats_link import NO_RESPONDERS, Link
from openline.carriers.nats_wire import Message
from openline.wire.errors import CarrierFault

IDLE_POLLS_MAX: Final = 2  # chosen: a busy station may be met once between two of its requests for mail


class Who:
    """Whether the other side is attached, as one connection to the server learns it."""

    def __init__(self, link: Link, boxes: Mailboxes, mailbox: str, theirs: Names, *, timeout_s: float) -> None:
        self._link = link
        self._boxes = boxes
        self._mailbox = mailbox
        self._theirs = theirs
        self._timeout_s = timeout_s
        self._nobody_listens = False
        self._idle_polls = 0
        self._before: Taking | None = None
        self.probe_forbidden = False
        self.attached: bool | None = None
        link.subscribe(f"{link.inbox}.p.*", self._on_probe)

    def _on_probe(self, message: Message) -> None:
        if message.status == NO_RESPONDERS:
            self._nobody_listens = True

    async def ask(self) -> bool | None:
        """Whether their station is attached; None where the server tells us neither way.

        Raises:
            CarrierFault: the connection is gone.
        """
        self.attached = await self._ask()
        return self.attached

    async def _ask(self) -> bool | None:
        if not self.probe_forbidden:
            self._nobody_listens = False
            self._link.publish(self._theirs.now, b"", reply=f"{self._link.inbox}.p.0")
            await self._link.ping(self._timeout_s)  # the server's 503 comes before its pong
            if self._nobody_listens:
                self._before = None
                return False
        try:
            taking = await self._boxes.taking(self._mailbox)
        except CarrierFault:
            if self._link.lost.done():
                raise
            return None if self.probe_forbidden else True
        return self._judge(taking)

    def _judge(self, taking: Taking | None) -> bool:
        """Somebody takes mail there: a request waits, or something was taken since we asked last."""
        before, self._before = self._before, taking
        if taking is None:
            return False
        moved = before is not None and before[1:] != taking[1:]
        self._idle_polls = 0 if taking.waiting or moved else self._idle_polls + 1
        if self._idle_polls == 0:
            return True
        return self.attached is True and self._idle_polls < IDLE_POLLS_MAX

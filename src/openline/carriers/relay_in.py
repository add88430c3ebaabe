"""What a relay carrier receives: mail, handed over in order and acknowledged when the station has dealt with it, and
what is passed on at once (spec 5.4.3, 5.4.4).

Rules of this file:
1. A bundle of the mailbox is acknowledged when the station took it in or refused it, never before: a killed station
   finds it again. What it refused is acknowledged too, or it would come for ever.
2. Acknowledgements leave in the order of arrival, so that what comes again after a failure is a tail, not a hole.
3. At most `IN_FLIGHT_MAX` bundles are unfinished, of this connection and of earlier ones; the rest waits at the relay.
   Of pulses and signals, which nobody keeps, those beyond the limit are dropped.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from openline.carriers.mailbox import ACK_WAIT_S, IN_FLIGHT_MAX, Mailboxes, Names
from openline.carriers.nats_link import NO_RESPONDERS, Link
from openline.carriers.nats_wire import Message
from openline.carriers.telling import Telling
from openline.ports import Told
from openline.wire import limits

ASK_EVERY_S: Final = 2.0
ASK_EXPIRES_S: Final = 5.0  # how long the relay takes us for attached when our connection dies without a word
UNANSWERED_S: Final = 2 * ASK_EXPIRES_S  # a request is answered when it expires, if there is anything that answers
PASSED_ON_MAX: Final = 32  # chosen: pulses and signals that the station has not looked at yet
ACK: Final = b"+ACK"
STILL_WORKING: Final = b"+WPI"


class _Mail:
    """One bundle of the mailbox that the station has in hand."""

    def __init__(self, done: asyncio.Future[None], reply: str) -> None:
        self.done = done
        self.reply = reply


class Incoming:
    """The way in, over one connection after the other."""

    def __init__(self, mailbox: str, ours: Names, telling: Telling) -> None:
        self._mailbox = mailbox
        self._ours = ours
        self._telling = telling
        self._told: Told | None = None
        self._link: Link | None = None
        self._boxes: Mailboxes | None = None
        self._mail: deque[_Mail] = deque()
        self._unfinished: set[asyncio.Future[None]] = set()
        self._passed_on: set[asyncio.Future[None]] = set()
        self._since_ask = 0
        self._asked_at_s = 0.0
        self._unanswered_since_s: float | None = None
        self._told_working_at_s = 0.0
        self.on_knock: Callable[[], None] = lambda: None
        self.on_no_mailbox: Callable[[], None] = lambda: None

    @property
    def unfinished(self) -> int:
        return len(self._unfinished)

    async def begin(self, link: Link, boxes: Mailboxes, told: Told) -> None:
        """Attach to our mailbox; nothing is handed over before the first `ask`.

        Raises:
            CarrierFault: the server does not let us.
        """
        self._told = told
        link.subscribe(f"{link.inbox}.m.*", self._on_mail)
        link.subscribe(self._ours.now, self._on_passed_on)
        await boxes.attach(self._mailbox)
        self._link, self._boxes = link, boxes

    def end(self) -> None:
        """The connection is gone: what the station has in hand is finished, and comes again all the same."""
        self._link = self._boxes = None
        self._unanswered_since_s = None
        self._mail.clear()

    async def finish(self, within_s: float) -> None:
        """Let the station finish what it has in hand, so that it is acknowledged and does not come again."""
        if self._unfinished:
            await asyncio.wait(set(self._unfinished), timeout=within_s)

    # ---- asking

    def ask(self) -> None:
        """Ask for more, if the station keeps up."""
        if self._link is None or self._boxes is None or self.unfinished >= IN_FLIGHT_MAX:
            return
        self._since_ask = 0
        self._asked_at_s = asyncio.get_running_loop().time()
        if self._unanswered_since_s is None:
            self._unanswered_since_s = self._asked_at_s
        self._boxes.ask(self._mailbox, f"{self._link.inbox}.m.0", ASK_EXPIRES_S)

    def keep_asking(self) -> None:
        """Called about once a second: there is always a request for mail at the relay that has not expired, and what
        the station works on for long does not come again meanwhile."""
        now_s = asyncio.get_running_loop().time()
        if self._unanswered_since_s is not None and now_s - self._unanswered_since_s > UNANSWERED_S:
            self.on_no_mailbox()
        if now_s - self._asked_at_s >= ASK_EVERY_S:
            self.ask()
        if self._link is not None and now_s - self._told_working_at_s >= ACK_WAIT_S / 3:
            self._told_working_at_s = now_s
            for mail in self._mail:
                self._link.publish(mail.reply, STILL_WORKING)

    # ---- arriving

    def _on_mail(self, message: Message) -> None:
        self._unanswered_since_s = None
        if not message.reply.startswith("$JS.ACK."):  # the server's word about a request of ours, not mail
            if message.status == NO_RESPONDERS:
                self.on_no_mailbox()
            return
        self._since_ask += 1
        if self._since_ask >= IN_FLIGHT_MAX:
            self.ask()
        if self._told is None or self._link is None:
            return
        if message.oversize or len(message.payload) > limits.BUNDLE_BYTES_MAX:
            self._telling.count("dropped")
            self._telling.say("oversize", "somebody put messages into our mailbox that are too large to be bundles")
            self._link.publish(message.reply, ACK)
            return
        if self.unfinished >= 2 * IN_FLIGHT_MAX:  # the server does not keep to what we asked; it comes again
            self._telling.count("dropped")
            return
        self._count_in(message)
        done = asyncio.ensure_future(self._told.arrived(message.payload))
        self._mail.append(_Mail(done, message.reply))
        self._unfinished.add(done)
        done.add_done_callback(self._on_done)

    def _on_done(self, done: asyncio.Future[None]) -> None:
        self._unfinished.discard(done)
        while self._link is not None and self._mail and self._mail[0].done.done():
            mail = self._mail.popleft()
            if not mail.done.cancelled():  # what was cancelled was not dealt with, and comes again
                self._link.publish(mail.reply, ACK)

    def _on_passed_on(self, message: Message) -> None:
        if message.oversize or not message.payload:
            if not message.reply and not message.oversize:
                self.on_knock()
            return
        if self._told is None or len(self._passed_on) >= PASSED_ON_MAX:
            self._telling.count("dropped")
            self._telling.say("flood", "more comes by the relay than the station can look at; the rest is dropped")
            return
        self._count_in(message)
        done = asyncio.ensure_future(self._told.arrived(message.payload))
        self._passed_on.add(done)
        done.add_done_callback(self._on_looked_at)

    def _on_looked_at(self, done: asyncio.Future[None]) -> None:
        self._passed_on.discard(done)
        if not self._passed_on:
            self._telling.over("flood")

    def _count_in(self, message: Message) -> None:
        self._telling.count("bundles_in")
        self._telling.count("bytes_in", len(message.payload))

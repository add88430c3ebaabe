"""What a relay carrier sends: a bounded queue, a rate, and the confirmations that come back (spec 5.4.3, 5.4.4).

Rules of this file:
1. Handing over never waits; what does not fit is dropped and counted, for the record sends it again. A confirmation
   that never comes is forgotten, and costs one repetition.
2. A mailbox is never filled to the brim: near its limit in bytes nats-server 2.9 takes the new and drops the oldest,
   although it was told to refuse the new. So what we put there is counted, and a sixteenth stays free.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple

from openline.carriers.mailbox import Found, Names, number, read_answer
from openline.carriers.nats_link import NO_RESPONDERS, Link
from openline.carriers.nats_wire import Message
from openline.carriers.queue import Waiting
from openline.carriers.telling import Telling
from openline.ports import Parcel
from openline.wire import limits
from openline.wire.errors import CarrierFault

TICKETS_MAX: Final = 4096  # chosen: confirmations awaited at once; of those beyond, the oldest is forgotten
ID_BYTES: Final = 128  # what the message id adds to a message, rounded up
RECORD_BYTES: Final = 512  # what a message takes in a stream beside its bytes, rounded up


class _Ticket(NamedTuple):
    ticket: object
    takes_bytes: int


class Outgoing:
    """The way out, over one connection after the other."""

    def __init__(self, theirs: Names, telling: Telling, *, rate_bytes_s: int) -> None:
        self._theirs = theirs
        self._telling = telling
        self._rate_bytes_s = rate_bytes_s
        self._link: Link | None = None
        self.waiting = Waiting()
        self._ready_at_s = 0.0  # loop time before which the rate lets nothing out
        self._timer: asyncio.TimerHandle | None = None
        self._tickets: OrderedDict[str, _Ticket] = OrderedDict()
        self._unconfirmed_bytes = 0
        self._room_bytes: int | None = None  # None: no limit
        self.put_since_look = False
        self._count = 0
        self.on_kept: Callable[[object], None] = lambda ticket: None
        self.on_no_mailbox: Callable[[], None] = lambda: None

    def look(self, found: Found) -> None:
        """How full their mailbox is. What is not confirmed yet may or may not be counted in it: it is taken off too."""
        self.put_since_look = False
        if found.max_bytes is None:
            self._room_bytes = None
        else:
            self._room_bytes = found.max_bytes - found.max_bytes // 16 - found.held_bytes - self._unconfirmed_bytes

    def begin(self, link: Link) -> None:
        """A connection stands; confirmations come under its inbox."""
        link.subscribe(f"{link.inbox}.k.*", self._on_confirmation)
        link.on_writable = self._pump
        self._link = link

    def end(self) -> None:
        """The connection is gone, and with it all that waited."""
        self._link = None
        self.waiting.clear()
        self._telling.count("unconfirmed", len(self._tickets))
        self._tickets.clear()
        self._unconfirmed_bytes = 0
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def send(self, parcel: Parcel) -> None:
        """Send now or as soon as the network takes it; drop what cannot go."""
        if self._link is None or self._too_large(len(parcel.data), self._link):
            self._telling.count("dropped")
            return
        before = self.waiting.dropped
        self.waiting.put(parcel)
        if self.waiting.dropped > before:
            self._telling.say("queue", "more is to be sent than the relay takes; what does not fit is sent again later")
        self._pump()

    def _too_large(self, size: int, link: Link) -> bool:
        largest = link.info.max_payload or limits.BUNDLE_BYTES_MAX
        if size > largest:
            self._telling.say("size", f"the relay takes at most {largest} bytes at once (max_payload in its "
                                      f"configuration); a bundle of {size} bytes did not go by it")  # fmt: skip
        return size > largest

    def _pump(self) -> None:
        """Let out what the socket and the rate allow."""
        loop = asyncio.get_running_loop()
        while self._link is not None and self._link.writable and self.waiting:
            now_s = loop.time()
            if self._rate_bytes_s and now_s < self._ready_at_s:
                if self._timer is None:
                    self._timer = loop.call_at(self._ready_at_s, self._on_timer)
                return
            parcel = self.waiting.take()
            if parcel is None:
                return
            if self._rate_bytes_s:
                self._ready_at_s = max(now_s, self._ready_at_s) + len(parcel.data) / self._rate_bytes_s
                self._link.busy_until_s = self._ready_at_s
            self._publish(self._link, parcel)
        if not self.waiting:
            self._telling.over("queue")

    def _on_timer(self) -> None:
        self._timer = None
        self._pump()

    def _publish(self, link: Link, parcel: Parcel) -> None:
        size = len(parcel.data)
        if parcel.stored and not self._takes(size + RECORD_BYTES):
            return
        self._telling.count("bundles_out")
        self._telling.count("bytes_out", size)
        if not parcel.stored:
            link.publish(self._theirs.now, parcel.data)
            return
        self._count += 1
        self._tickets[str(self._count)] = _Ticket(parcel.ticket, size + RECORD_BYTES)
        self._unconfirmed_bytes += size + RECORD_BYTES
        if len(self._tickets) > TICKETS_MAX:
            self._forget(next(iter(self._tickets)))
            self._telling.count("unconfirmed")
        fits = size + ID_BYTES <= (link.info.max_payload or limits.BUNDLE_BYTES_MAX)
        identity = hashlib.sha256(parcel.data).hexdigest() if fits else ""
        link.publish(self._theirs.keep, parcel.data, reply=f"{link.inbox}.k.{self._count}", message_id=identity)

    def _takes(self, size: int) -> bool:
        """Whether there is room in their mailbox for so much more."""
        self.put_since_look = True
        if self._room_bytes is not None:
            if size > self._room_bytes:
                self._refused("their mailbox is full")
                return False
            self._room_bytes -= size
        return True

    def _forget(self, name: str) -> object:
        """The ticket of that name, which is awaited no longer."""
        gone = self._tickets.pop(name)
        self._unconfirmed_bytes -= gone.takes_bytes
        return gone.ticket

    def _on_confirmation(self, message: Message) -> None:
        name = message.subject.rpartition(".")[2]
        if name not in self._tickets:
            return
        ticket = self._forget(name)
        if message.status == NO_RESPONDERS:
            self._refused("the other side's mailbox is gone")
            self.on_no_mailbox()
            return
        try:
            said = read_answer(message.payload)
        except CarrierFault as fault:
            self._refused(fault.what)
            return
        refused = said.get("error")
        if isinstance(refused, dict) or not number(said, "seq"):
            why = str(refused.get("description"))[:200] if isinstance(refused, dict) else "an answer without a place"
            self._refused(f"JetStream says: {why}")
            return
        if self._room_bytes is None or self._room_bytes > limits.BUNDLE_BYTES_MAX:
            self._telling.over("refused")
        self._telling.count("kept")
        if said.get("duplicate") is True:  # it came before, and may have been handed over and refused since
            self._telling.count("duplicates")
        else:
            self.on_kept(ticket)

    def _refused(self, why: str) -> None:
        self._telling.count("mailbox_refused")
        self._telling.say("refused", f"the relay keeps nothing more for the other side ({why}); nothing is lost: "
                                     "what it does not keep is sent again until they have it")  # fmt: skip

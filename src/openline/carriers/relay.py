"""The relay carrier: a third party's NATS server keeps bundles for whoever is away (spec 5.4).

Rules of this file:
1. A mailbox is named by whoever builds the carrier; the relay learns neither names nor sides from it.
2. Who is attached is the server's own word, never the other station's.
3. That a bundle is kept is told only while the relay says that the other side is not attached: what was handed over may
   have been refused there, and the record must be free to send it again.
4. Nothing here can lose an entry: whatever is dropped, refused or never confirmed is sent again by the record.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, NoReturn

from openline.carriers.mailbox import Limits, Mailboxes, names
from openline.carriers.nats_link import Link, Login, TlsFiles, parse_url
from openline.carriers.relay_in import Incoming
from openline.carriers.relay_out import Outgoing
from openline.carriers.relay_who import Who
from openline.carriers.telling import Telling
from openline.ports import Parcel, Told
from openline.wire.errors import CarrierFault, Misuse, OpenlineError
from openline.wire.said import say

RETRY_FIRST_S: Final = 0.25
POLL_SPACING_S: Final = 0.25  # chosen: whoever knocks without end makes us ask four times a second, not more
FAREWELL_S: Final = 1.0
COUNTED: Final = (
    "bundles_in", "bundles_out", "bytes_in", "bytes_out", "dropped", "kept", "duplicates", "mailbox_refused",
    "unconfirmed", "connections",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RelaySettings:
    """Where the relay is and how to use it. `urls`: nats:// or tls://, tried in turn. Seconds are elapsed time.

    `dead_after_s`: a connection that says nothing for so long is given up. `poll_s`: how often the server is asked who
    is attached. `connect_s`: how long one attempt may take, and one request to JetStream. `rate_bytes_s`: what we send
    at most, 0 for no limit. `domain`: JetStream's, where the server has one. `limits`: of mailboxes that we create.
    """

    urls: tuple[str, ...]
    login: Login = field(default_factory=Login)
    tls: TlsFiles = field(default_factory=TlsFiles)
    limits: Limits = field(default_factory=Limits)
    domain: str = ""
    dead_after_s: float = 3.0
    poll_s: float = 2.0
    connect_s: float = 4.0
    retry_max_s: float = 5.0
    rate_bytes_s: int = 0


class RelayCarrier:
    """One accord's way over one relay; `ours` and `theirs` name the two mailboxes (spec 5.4.2)."""

    def __init__(self, settings: RelaySettings, *, ours: str, theirs: str) -> None:
        """
        Raises:
            Misuse: no address, a wrong one, or a name that is none of a mailbox.
        """
        if not settings.urls:
            raise Misuse("a relay without an address", next_step="Give at least one nats:// or tls:// address.")
        for url in settings.urls:
            parse_url(url)
        self._settings = settings
        self._our_box, self._their_box = ours, theirs
        self._ours, self._theirs = names(ours), names(theirs)
        self._telling = Telling(COUNTED)
        self._outgoing = Outgoing(self._theirs, self._telling, rate_bytes_s=settings.rate_bytes_s)
        self._incoming = Incoming(ours, self._ours, self._telling)
        self._who: Who | None = None
        self._knocked = asyncio.Event()
        self._no_mailbox = asyncio.Event()
        self._nudged = asyncio.Event()
        self._up = False
        self._incoming.on_knock = self._knocked.set
        self._incoming.on_no_mailbox = self._no_mailbox.set
        self._outgoing.on_no_mailbox = self._no_mailbox.set
        self._outgoing.on_kept = self._on_kept

    # ---- the contract

    async def run(self, told: Told) -> None:
        """Serve until cancelled; attempts are at most `retry_max_s` apart."""
        self._telling.told = told
        failures = attempts = 0
        while True:
            url = self._settings.urls[attempts % len(self._settings.urls)]
            attempts += 1
            before = self._telling.counts["connections"]
            try:
                await self._serve(url, told)
            except OpenlineError as fault:
                self._gone(told, fault.what)
                told.lacking(fault.what)
                self._telling.say("connection", f"{fault.what}. {fault.next_step}".strip())
            failures = 0 if self._telling.counts["connections"] > before else failures + 1
            longest_s = min(self._settings.retry_max_s, RETRY_FIRST_S * 2 ** min(failures, 10))
            await self._rest(longest_s * random.uniform(0.5, 1))

    def send(self, parcel: Parcel) -> None:
        """Hand a bundle over; never waits. What cannot go now is dropped."""
        self._outgoing.send(parcel)

    def nudge(self) -> None:
        """The other side showed life by another way: try now."""
        self._nudged.set()

    def figures(self) -> Mapping[str, int]:
        counts, waiting = self._telling.counts, self._outgoing.waiting
        dropped = counts["dropped"] + waiting.dropped
        return {**counts, "dropped": dropped, "queued": len(waiting), "in_flight": self._incoming.unfinished}

    async def _rest(self, seconds: float) -> None:
        """Wait for the next attempt; a nudge ends it, but never before the shortest wait."""
        shortest_s = min(seconds, RETRY_FIRST_S / 2)
        await _pause(shortest_s)
        self._nudged.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds - shortest_s):
                await self._nudged.wait()

    # ---- one connection

    async def _serve(self, url: str, told: Told) -> NoReturn:
        """One connection, from its beginning to its end.

        Raises:
            CarrierFault: it did not come about, or it ended.
        """
        settings = self._settings
        link = await Link.open(
            url, login=settings.login, tls=settings.tls, inbox=self._ours.inbox, timeout_s=settings.connect_s,
            on_problem=self._on_problem,
        )  # fmt: skip
        try:
            boxes = Mailboxes(link, timeout_s=settings.connect_s, domain=settings.domain)
            await self._ensure_mailboxes(boxes)
            await self._incoming.begin(link, boxes, told)
            self._who = Who(link, boxes, self._their_box, self._theirs, timeout_s=settings.connect_s)
            attached = await self._who.ask()
            self._come_up(link, told, attached)
            await _first_of(self._keep_alive(link), self._watch(link, boxes, self._who, told), self._mend())
            raise CarrierFault(say("the connection is no longer served"))
        except asyncio.CancelledError:
            await self._farewell(link)
            raise
        finally:
            self._who = None
            self._incoming.end()
            self._outgoing.end()
            link.close()

    async def _ensure_mailboxes(self, boxes: Mailboxes) -> None:
        for box in (self._our_box, self._their_box):
            found = await boxes.ensure(box, self._settings.limits)
            for remark in found.remarks:
                self._telling.say(f"mailbox {box}", remark)
        self._outgoing.look(found)

    def _come_up(self, link: Link, told: Told, attached: bool | None) -> None:
        self._telling.count("connections")
        self._telling.over("connection")
        self._no_mailbox.clear()
        self._outgoing.begin(link)
        self._up = True
        told.word(True, attached)
        told.up()
        self._incoming.ask()
        link.publish(self._theirs.now, b"")  # a knock: ask the relay who is here

    def _gone(self, told: Told, why: str) -> None:
        if self._up:
            self._up = False
            told.word(False, None)
            told.down(why)

    async def _farewell(self, link: Link) -> None:
        """A clean stop: what the station has in hand is acknowledged, and the other side is told to look."""
        self._up = False
        await self._incoming.finish(FAREWELL_S)
        link.publish(self._theirs.now, b"")
        with suppress(CarrierFault):  # it is going anyway
            await link.ping(FAREWELL_S)

    # ---- while it stands

    async def _keep_alive(self, link: Link) -> None:
        """Notice a dead connection within `dead_after_s`, and keep asking for mail."""
        third_s = self._settings.dead_after_s / 3
        while True:
            await link.ping(2 * third_s)
            self._incoming.keep_asking()
            await _pause(third_s * 0.9, link.lost)

    async def _watch(self, link: Link, boxes: Mailboxes, who: Who, told: Told) -> None:
        """Tell the station who is attached, at every change, and see how full their mailbox is while we fill it."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._settings.poll_s):
                    await self._knocked.wait()
            self._knocked.clear()
            before = who.attached
            attached = await who.ask()
            if attached != before:
                told.word(True, attached)
            if self._outgoing.put_since_look:
                await self._look(link, boxes)
            await _pause(POLL_SPACING_S, link.lost)

    async def _look(self, link: Link, boxes: Mailboxes) -> None:
        try:
            self._outgoing.look(await boxes.ensure(self._their_box, self._settings.limits))
        except CarrierFault as fault:
            if link.lost.done():
                raise
            self._telling.say("look", f"{fault.what}. {fault.next_step}".strip())

    async def _mend(self) -> None:
        """A mailbox or its consumer was deleted under us: begin again, which makes them."""
        await self._no_mailbox.wait()
        self._no_mailbox.clear()
        raise CarrierFault(say("a mailbox at the relay was deleted"))

    def _on_kept(self, ticket: object) -> None:
        if self._who is not None and self._who.attached is False and self._telling.told is not None:
            self._telling.told.kept(ticket)

    def _on_problem(self, text: str) -> None:
        """The server forbids us something: say what no longer works, once for each."""
        if self._who is not None and f'"{self._theirs.now}"' in text:
            self._who.probe_forbidden = True
        closed = next((what for part, what in self._closed_by() if part in text), "a request to JetStream")
        self._telling.say(f"forbidden {closed}", f"the relay forbids us {closed}: {text[:300]}")

    def _closed_by(self) -> tuple[tuple[str, str], ...]:
        """What a server's words on permissions name, and what that closes."""
        return (
            (f'"{self._theirs.keep}"', "to put entries into the other side's mailbox"),
            (f'"{self._theirs.now}"', "to pass on pulses and signals, and to ask who is attached"),
            (f'"{self._ours.now}"', "to receive pulses and signals"),
            (f'"{self._ours.inbox}.', "to receive its answers and our mail"),
            ("$JS.ACK.", "to acknowledge mail, which will come again and again"),
        )


async def _pause(seconds: float, unless: asyncio.Future[str] | None = None) -> None:
    """Let time pass, or less if `unless` is done."""
    await asyncio.wait({unless or asyncio.get_running_loop().create_future()}, timeout=seconds)


async def _first_of(*coroutines: Coroutine[None, None, None]) -> None:
    """Run all until the first ends, with its outcome; the others are stopped."""
    tasks = [asyncio.ensure_future(x) for x in coroutines]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

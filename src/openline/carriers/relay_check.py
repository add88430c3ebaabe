"""Is this NATS server configured right for a relay (spec 5.4)? Asked as a station would ask, and tried out.

Rules of this file:
1. What can be tried is tried, in a mailbox of its own that is removed again; what a client cannot see is said to be so.
2. A finding says what is and, where it is not well, what to do. A *problem* keeps bundles from passing or lets some be
   lost for good; a *warning* costs repetitions, secrecy of who and when, or an operator's attention.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from openline.carriers.mailbox import ApiFault, Mailboxes, names, number, part, read_answer
from openline.carriers.nats_link import NO_RESPONDERS, Link
from openline.carriers.nats_wire import Message
from openline.carriers.relay import RelaySettings
from openline.wire import limits
from openline.wire.errors import CarrierFault

OLDEST: Final = (2, 9)
SYNCS: Final = (2, 10)  # since when `sync_interval: always` can be asked for
NO_ROOM: Final = (10047, 10023)  # JetStream's numbers for no room: in storage, in resources
_VERSION: Final = re.compile(r"v?(\d+)\.(\d+)")


class Outcome(StrEnum):
    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `do` is empty where nothing is to be done."""

    what: str
    outcome: Outcome
    said: str
    do: str = ""


@dataclass
class _Report:
    findings: list[Finding] = field(default_factory=list)

    def ok(self, what: str, said: str) -> None:
        self.findings.append(Finding(what, Outcome.OK, said))

    def warn(self, what: str, said: str, do: str) -> None:
        self.findings.append(Finding(what, Outcome.WARNING, said, do))

    def problem(self, what: str, said: str, do: str) -> None:
        self.findings.append(Finding(what, Outcome.PROBLEM, said, do))


async def check(settings: RelaySettings) -> list[Finding]:
    """Look at the first address of `settings`.

    Raises:
        Unreachable: nobody answers there. Misuse: a wrong address or file.
    """
    report, box, forbidden = _Report(), secrets.token_hex(16), list[str]()
    try:
        link = await Link.open(
            settings.urls[0], login=settings.login, tls=settings.tls, inbox=names(box).inbox,
            timeout_s=settings.connect_s, on_problem=forbidden.append,
        )  # fmt: skip
    except CarrierFault as fault:
        if type(fault) is not CarrierFault:
            raise
        report.problem("connection", fault.what, fault.next_step or "Check address, TLS and login.")
        return report.findings
    try:
        report.ok("connection", f"{link.info.name or 'the server'} answers, and lets us in")
        _look(link, report)
        boxes = Mailboxes(link, timeout_s=settings.connect_s, domain=settings.domain)
        await _core(link, box, report, forbidden, settings.connect_s)
        await _others(link, report, forbidden, settings.connect_s)
        if await _jetstream(boxes, report):
            await _mailbox(link, boxes, box, report, settings)
    finally:
        link.close()
    return report.findings


def _look(link: Link, report: _Report) -> None:
    """What the server says of itself."""
    info = link.info
    if link.tls:
        report.ok("tls", "TLS 1.3, certificate checked")
    else:
        report.warn(
            "tls", "the connection is plain: whoever looks on sees logins, mailboxes, times and sizes, and no content",
            "Set `tls` with `cert_file` and `key_file` in the server's configuration, and write tls:// for stations.",
        )  # fmt: skip
    if not info.auth_required:
        report.warn(
            "login", "the server lets everybody in: a stranger can read who writes when, and empty mailboxes",
            "Give each side a login of its own (docs/relay.md).",
        )  # fmt: skip
    else:
        report.ok("login", "the server asks who we are")
    _look_at_version(info.version, report)
    if info.max_payload >= limits.BUNDLE_BYTES_MAX:
        report.ok("max_payload", f"{info.max_payload} bytes")
    else:
        report.problem(
            "max_payload", f"{info.max_payload} bytes: a bundle has up to {limits.BUNDLE_BYTES_MAX}",
            "Set `max_payload: 1MB` or more; 1MB is the server's own default.",
        )  # fmt: skip


def _look_at_version(text: str, report: _Report) -> None:
    found = _VERSION.match(text)
    version = (int(found[1]), int(found[2])) if found else (0, 0)
    if version < OLDEST:
        report.problem("version", f"{text or 'unknown'}: 2.9 is the oldest that serves", "Install 2.10 or newer.")
    elif version < SYNCS:
        report.ok("version", text)
        report.warn(
            "sync", "2.9 writes to the disk every two minutes and can be told nothing else: a power cut loses up to "
            "that much of what was kept; stations send it again when they connect again",
            "Install 2.10 or newer, and set `sync_interval: always` in `jetstream`.",
        )  # fmt: skip
    else:
        report.ok("version", text)
        report.warn(
            "sync", "whether each message is on the disk before it is confirmed cannot be asked from outside",
            "See that `sync_interval: always` stands in `jetstream` of the server's configuration.",
        )  # fmt: skip


async def _core(link: Link, box: str, report: _Report, forbidden: list[str], timeout_s: float) -> None:
    """Passing on, and the server's word that nobody listens. A login that is limited to its own mailboxes, as it should
    be, may not try a new one: that shows nothing of the relay but its limits."""
    it = names(box)
    nobody, came = list[Message](), list[Message]()
    link.subscribe(f"{link.inbox}.p.*", nobody.append)
    link.publish(it.now, b"", reply=f"{link.inbox}.p.0")
    await link.ping(timeout_s)
    silent = not any(x.status == NO_RESPONDERS for x in nobody)
    nobody.clear()
    link.subscribe(it.now, came.append)
    link.publish(it.now, b"pulse", reply=f"{link.inbox}.p.1")
    await link.ping(timeout_s)
    if not came and forbidden:
        report.warn(
            "passing on", "not tried: this login is limited to mailboxes of its own",
            "Nothing, if stations say that the relay is up; else check with a login that may do more.",
        )  # fmt: skip
    elif not came:
        report.problem(
            "passing on", f"what we published on {it.now} did not come back to us",
            "Let stations publish and subscribe under `openline.>`, or under their mailboxes' names (docs/relay.md).",
        )  # fmt: skip
    elif silent or nobody:
        report.problem(
            "who is attached", "the server does not say rightly when nobody listens (status 503)",
            "Stations need `no_responders`, which every server since 2.2 has; a proxy in between may take it away.",
        )  # fmt: skip
    else:
        report.ok("passing on", "pulses and signals pass, and the server says at once when nobody listens")


async def _others(link: Link, report: _Report, forbidden: list[str], timeout_s: float) -> None:
    """Whether this login sees what is not its own."""
    before = len(forbidden)
    link.subscribe("openline.*.keep", lambda _: None)  # nothing that our own replies come under
    await link.ping(timeout_s)
    if len(forbidden) > before:
        report.ok("other mailboxes", "this login does not see them")
    else:
        report.warn(
            "other mailboxes", "this login may listen to every mailbox of its account",
            "Give each side a login that is limited to its own mailboxes (`openline relay names`, docs/relay.md).",
        )  # fmt: skip


async def _jetstream(boxes: Mailboxes, report: _Report) -> bool:
    try:
        said = await boxes.call("INFO")
    except CarrierFault as fault:
        if isinstance(fault, ApiFault) or "no JetStream" in fault.what:
            report.problem("jetstream", fault.what, fault.next_step or "Enable `jetstream` for this account.")
            return False
        report.warn("jetstream", f"we may not ask about it: {fault.what}", "Nothing, if the mailbox below works.")
        return True
    most = number(part(said, "limits"), "max_storage")
    used = number(said, "storage")
    room = f"{used // 2**20} of {most // 2**20} MiB of this account used" if most > 0 else "no limit for this account"
    report.ok("jetstream", f"enabled; {room}")
    return True


async def _mailbox(link: Link, boxes: Mailboxes, box: str, report: _Report, settings: RelaySettings) -> None:
    """Create a mailbox, put a bundle in, take it out, remove it."""
    try:
        await boxes.ensure(box, settings.limits)
    except CarrierFault as fault:
        no_room = any(str(x) in fault.what for x in NO_ROOM) or "insufficient" in fault.what
        if no_room:
            report.problem(
                "mailbox", fault.what,
                f"Give JetStream more room: an accord reserves two mailboxes of {settings.limits.mailbox_bytes} bytes "
                "(`max_file_store`, and the account's `max_file`).",
            )  # fmt: skip
        else:
            report.warn(
                "mailbox", "stations may not create their mailboxes", "Create two for each accord by hand "
                f"(`openline relay names`, docs/relay.md), or let them. {fault.what}",
            )  # fmt: skip
        return
    try:
        await _try_out(link, boxes, box, report, settings.connect_s)
    except CarrierFault as fault:
        report.problem("mailbox", fault.what, fault.next_step or "Look into the server's log.")
    finally:
        await _remove(boxes, box, report)


async def _try_out(link: Link, boxes: Mailboxes, box: str, report: _Report, timeout_s: float) -> None:
    it, bundle, loop = names(box), secrets.token_bytes(1000), asyncio.get_running_loop()
    began_s = loop.time()
    kept = read_answer((await link.request(it.keep, bundle, timeout_s)).payload)
    took_ms = (loop.time() - began_s) * 1000
    if not number(kept, "seq"):
        raise CarrierFault(f"the mailbox does not confirm what is put into it: {str(kept)[:200]}")
    mail: asyncio.Future[Message] = loop.create_future()
    link.subscribe(f"{link.inbox}.m.*", lambda x: None if mail.done() else mail.set_result(x))
    await boxes.attach(box)
    boxes.ask(box, f"{link.inbox}.m.0", timeout_s)
    try:
        async with asyncio.timeout(timeout_s):
            came = await mail
    except TimeoutError:
        raise CarrierFault("the mailbox did not hand over what was put into it") from None
    if came.payload != bundle:
        raise CarrierFault("the mailbox handed over other bytes than were put into it")
    link.publish(came.reply, b"+ACK")
    await link.ping(timeout_s)
    taking = await boxes.taking(box)
    report.ok("mailbox", f"created on disk, confirmed after {took_ms:.1f} ms, handed over, acknowledged")
    if taking is None or not taking.waiting:
        report.warn(
            "who is attached", "the server does not say who waits for mail: a pulled cable shows late",
            "Let stations ask for CONSUMER.INFO of both mailboxes (docs/relay.md).",
        )  # fmt: skip


async def _remove(boxes: Mailboxes, box: str, report: _Report) -> None:
    try:
        await boxes.call(f"STREAM.DELETE.{names(box).stream}")
    except CarrierFault:
        report.warn("tidying up", "we may not delete the mailbox that we tried", f"Delete {names(box).stream} by hand.")

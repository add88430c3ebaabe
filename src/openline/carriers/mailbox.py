"""A mailbox at a NATS server: the stream that keeps bundles for one side, and the consumer by which that side takes
them (spec 5.4.2, 5.4.3).

Rules of this file:
1. Nothing here knows a side or an accord: a mailbox is an opaque name.
2. A stream that is there is used as it is if it can be used without losing anything; it is never altered or deleted.
3. What only the operator can mend is said as what the operator has to do.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from openline.carriers.nats_link import NO_RESPONDERS, Link
from openline.carriers.nats_wire import MESSAGE_BYTES_MAX
from openline.wire.errors import CarrierFault, Misuse

CONSUMER: Final = "station"
IN_FLIGHT_MAX: Final = 32  # chosen: as many bundles as the station takes in at once; fills a fast line
ACK_WAIT_S: Final = 30  # chosen: what a station stalls at most before a bundle comes again
DAY_S: Final = 86_400
S_NS: Final = 10**9
STREAM_NOT_FOUND: Final = 10059
CONSUMER_NOT_FOUND: Final = 10014
STREAM_NAME_IN_USE: Final = 10058
_NAME: Final = re.compile(r"[0-9a-z]{8,64}")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a mailbox holds at most, for streams that we create: bytes, and days until the oldest is dropped."""

    mailbox_bytes: int = 256 * 1024 * 1024
    mailbox_days: int = 731


class Names(NamedTuple):
    """The names of one mailbox on the wire."""

    stream: str
    keep: str
    now: str
    inbox: str


def names(mailbox: str) -> Names:
    """
    Raises:
        Misuse: no name of a mailbox.
    """
    if not _NAME.fullmatch(mailbox):
        raise Misuse(f"{mailbox[:80]!r} is no name of a mailbox: 8 to 64 of 0-9 and a-z")
    head = f"openline.{mailbox}"
    return Names(f"OPENLINE_{mailbox}", f"{head}.keep", f"{head}.now", f"{head}.in")


class ApiFault(CarrierFault):
    """JetStream refused a request; `code` is the number that it gives its errors."""

    def __init__(self, code: int, what: str) -> None:
        super().__init__(what)
        self.code = code


class Found(NamedTuple):
    """A mailbox that is there: what the operator should read about it, what it holds, and at most (None: no limit)."""

    remarks: list[str]
    held_bytes: int
    max_bytes: int | None


class Taking(NamedTuple):
    """What the server says of a mailbox's consumer: requests for mail that wait there, and two counters that rise
    when something is handed over or acknowledged."""

    waiting: int
    delivered: int
    acknowledged: int


class Mailboxes:
    """JetStream's own interface, by requests on one connection."""

    def __init__(self, link: Link, *, timeout_s: float, domain: str = "") -> None:
        self.link = link
        self.timeout_s = timeout_s
        self.api = f"$JS.{domain}.API" if domain else "$JS.API"

    async def call(self, verb: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """
        Raises:
            ApiFault: JetStream says no.
            CarrierFault: no answer, or none that can be read.
        """
        payload = b"" if body is None else json.dumps(body).encode()
        answer = await self.link.request(f"{self.api}.{verb}", payload, self.timeout_s)
        if answer.status == NO_RESPONDERS:
            raise CarrierFault(
                "the server has no JetStream for this account: it can pass on, but keeps nothing",
                next_step="Enable `jetstream` with a `store_dir`, and for the account where there are accounts.",
            )
        said = read_answer(answer.payload)
        refused = said.get("error")
        if isinstance(refused, dict):
            raise ApiFault(number(refused, "err_code"), f"JetStream says: {str(refused.get('description'))[:200]}")
        return said

    async def ensure(self, mailbox: str, limits: Limits) -> Found:
        """Make sure that the mailbox is there, creating it where we may.

        Raises:
            CarrierFault: it is not there, or cannot be used; says what the operator has to do.
        """
        wanted = stream_config(mailbox, limits)
        try:
            said = await self.call(f"STREAM.INFO.{wanted['name']}")
        except ApiFault as fault:
            if fault.code != STREAM_NOT_FOUND:
                raise
            said = await self._create(wanted)
        config, state = part(said, "config"), part(said, "state")
        most = number(config, "max_bytes")
        return Found(judge(config, wanted), number(state, "bytes"), most if most > 0 else None)

    async def _create(self, wanted: dict[str, Any]) -> dict[str, Any]:
        try:
            return await self.call(f"STREAM.CREATE.{wanted['name']}", wanted)
        except CarrierFault as fault:
            if isinstance(fault, ApiFault) and fault.code == STREAM_NAME_IN_USE:  # the other side was quicker
                return await self.call(f"STREAM.INFO.{wanted['name']}")
            raise CarrierFault(
                f"the mailbox {wanted['name']} is not there and we could not create it: {fault.what}",
                next_step=f"Let the operator create this stream: {json.dumps(wanted)}",
            ) from None

    async def attach(self, mailbox: str) -> None:
        """Make the consumer anew, so that what an earlier connection took and never acknowledged comes again at once
        and in order, not after its wait is over.

        Raises:
            CarrierFault: it cannot be made.
        """
        at = f"{names(mailbox).stream}.{CONSUMER}"
        try:
            await self.call(f"CONSUMER.DELETE.{at}")
        except ApiFault as fault:
            if fault.code != CONSUMER_NOT_FOUND:
                raise
        config = {
            "durable_name": CONSUMER, "deliver_policy": "all", "ack_policy": "explicit", "replay_policy": "instant",
            "ack_wait": ACK_WAIT_S * S_NS, "max_deliver": -1, "max_ack_pending": IN_FLIGHT_MAX,
        }  # fmt: skip
        await self.call(f"CONSUMER.DURABLE.CREATE.{at}", {"stream_name": names(mailbox).stream, "config": config})

    def ask(self, mailbox: str, reply: str, expires_s: float) -> None:
        """Ask for mail; it comes to `reply` as it is there, for so long."""
        body = {"batch": IN_FLIGHT_MAX, "expires": int(expires_s * S_NS)}
        self.link.publish(
            f"{self.api}.CONSUMER.MSG.NEXT.{names(mailbox).stream}.{CONSUMER}", json.dumps(body).encode(), reply=reply
        )

    async def taking(self, mailbox: str) -> Taking | None:
        """What the server says of the consumer of this mailbox; None where there is none.

        Raises:
            CarrierFault: the server does not tell us.
        """
        try:
            said = await self.call(f"CONSUMER.INFO.{names(mailbox).stream}.{CONSUMER}")
        except ApiFault as fault:
            if fault.code in (CONSUMER_NOT_FOUND, STREAM_NOT_FOUND):
                return None
            raise
        taken, acknowledged = (number(part(said, x), "consumer_seq") for x in ("delivered", "ack_floor"))
        return Taking(number(said, "num_waiting"), taken, acknowledged)


def stream_config(mailbox: str, limits: Limits) -> dict[str, Any]:
    """The stream of a mailbox, as JetStream wants it written."""
    it = names(mailbox)
    return {
        "name": it.stream, "subjects": [it.keep], "storage": "file", "retention": "workqueue", "discard": "new",
        "max_bytes": limits.mailbox_bytes, "max_age": limits.mailbox_days * DAY_S * S_NS,
        "max_msg_size": MESSAGE_BYTES_MAX, "max_msgs": -1, "max_consumers": -1, "num_replicas": 1,
        "duplicate_window": 120 * S_NS,
    }  # fmt: skip


def judge(config: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    """What is to be said of a stream that somebody else created.

    Raises:
        CarrierFault: it cannot serve as a mailbox.
    """
    stream = wanted["name"]
    if config.get("subjects") != wanted["subjects"] or config.get("retention") != "workqueue":
        raise CarrierFault(
            f"the stream {stream} is there and is no mailbox: its subjects or its retention are others",
            next_step=f"Let the operator delete it and create this one: {json.dumps(wanted)}",
        )
    remarks = []
    if config.get("storage") != "file":
        remarks.append(f"the stream {stream} is in memory: a restart of the server loses what it keeps (storage: file)")
    if config.get("discard") != "new":
        remarks.append(f"the stream {stream} drops the oldest when it is full: it must refuse the new (discard: new)")
    return remarks


def read_answer(payload: bytes) -> dict[str, Any]:
    """
    Raises:
        CarrierFault: it is no JSON object.
    """
    try:
        said = json.loads(payload)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise CarrierFault("JetStream answered with something that cannot be read")
    return said


def part(said: dict[str, Any], key: str) -> dict[str, Any]:
    value = said.get(key)
    return value if isinstance(value, dict) else {}


def number(said: dict[str, Any], key: str) -> int:
    value = said.get(key)
    return value if isinstance(value, int) else 0
